//! The places for what receivers tell of their links, in a snapshot under way.

use super::layout::Place;
use crate::id::{LinkId, NodeId};
use crate::protocol::message::LinkRecord;
use crate::snapshot::ChannelState;
use crate::topology::Topology;

/// With more in-links than these, a node's links are not compared with a link: the topology is
/// asked for it.
const COMPARED: usize = 16;

/// A place for each link, receiver by receiver, as [`Topology::all_in_links`] has them. There are
/// many links, and nearly all are empty. So messages are kept apart from the places.
pub(super) struct LinkPlaces<M> {
    /// A link whose receiver has failed has no record.
    states: Vec<Place<()>>,
    /// m of each link, once the receiver's record has come.
    received: Vec<u64>,
    /// The messages in flight, of each link that is not empty.
    messages: Vec<(LinkId, Vec<M>)>,
    /// The receiver of the link that was recorded last. Mostly its other links come next, and then
    /// those of the next node.
    last: NodeId,
}

impl<M> LinkPlaces<M> {
    pub(super) fn new(topology: &Topology, has_failed: &[bool]) -> Self {
        let receivers = topology.all_in_links().map(|link| link.target);
        let states = receivers.map(|receiver| Place::of(has_failed[receiver.index()]));
        LinkPlaces {
            states: states.collect(),
            received: vec![0; topology.link_count()],
            messages: Vec::new(),
            last: NodeId::new(0),
        }
    }

    /// How many links have no record yet.
    pub(super) fn missing(&self) -> usize {
        self.states.iter().filter(|state| state.is_missing()).count()
    }

    /// The links that have no record yet, by id.
    pub(super) fn missing_links(&self, topology: &Topology) -> Vec<LinkId> {
        let links = topology.links().iter().map(|link| link.id);
        let is_missing = |link: &LinkId| {
            let state = find(*link, topology).and_then(|(_, at)| self.states.get(at));
            state.is_some_and(Place::is_missing)
        };
        links.filter(is_missing).collect()
    }

    /// For each in-link of a node, whether it has no record yet.
    pub(super) fn are_missing(
        &self,
        node: NodeId,
        topology: &Topology,
    ) -> impl Iterator<Item = bool> {
        let links = topology.in_links(node).len();
        let states = self.states.iter().skip(topology.first_in(node) as usize).take(links);
        states.map(Place::is_missing)
    }

    /// Takes in m of each in-link of a node.
    pub(super) fn receive(&mut self, node: NodeId, received: &[u64], topology: &Topology) {
        let first = topology.first_in(node) as usize;
        self.received[first..][..received.len()].copy_from_slice(received);
    }

    /// Takes in the record of a link, and returns the link's receiver. Hands the record back if it
    /// has no place, or if its place is filled already.
    pub(super) fn record(
        &mut self,
        record: LinkRecord<M>,
        topology: &Topology,
    ) -> Result<NodeId, LinkRecord<M>> {
        let link = record.link;
        let found = self.find_near(link, topology).or_else(|| find(link, topology));
        let Some((receiver, at)) = found else { return Err(record) };
        let state = &mut self.states[at];
        if !state.is_missing() {
            return Err(record);
        }
        *state = Place::Recorded(());
        if !record.messages.is_empty() {
            self.messages.push((link, record.messages));
        }
        self.last = receiver;
        Ok(receiver)
    }

    /// As [`find`], for a link of the last receiver or of the node behind it. Their links are in
    /// the cache.
    fn find_near(&self, link: LinkId, topology: &Topology) -> Option<(NodeId, usize)> {
        let next = NodeId::new((self.last.index() as u32).wrapping_add(1));
        [self.last, next].into_iter().find_map(|node| {
            let links = topology.in_links(node);
            if links.len() > COMPARED {
                return None;
            }
            let slot = links.iter().position(|other| other.id == link)?;
            Some((node, topology.first_in(node) as usize + slot))
        })
    }

    /// Fills in the received counts and the messages.
    pub(super) fn fill_in(self, channels: &mut [ChannelState<M>], topology: &Topology) {
        for (link, received) in topology.all_in_links().zip(self.received) {
            channels[link.id.index()].received = received;
        }
        for (link, messages) in self.messages {
            channels[link.index()].messages = messages;
        }
    }

    /// The messages that have come so far, each link's together.
    pub(super) fn into_messages(self) -> impl Iterator<Item = Vec<M>> {
        self.messages.into_iter().map(|(_, messages)| messages)
    }
}

/// The receiver and the place of a link of the topology.
fn find(link: LinkId, topology: &Topology) -> Option<(NodeId, usize)> {
    let receiver = topology.links().get(link.index())?.target;
    let slot = topology.in_slot(link)?;
    Some((receiver, topology.first_in(receiver) as usize + slot))
}
