//! The receiving ends of all links, in a snapshot under way.

use super::layout::Place;
use crate::id::{LinkId, NodeId};
use crate::protocol::message::LinkRecord;
use crate::snapshot::ChannelState;
use crate::topology::Topology;

/// The receiving end of each link, receiver by receiver, as [`Topology::all_in_links`] has them.
pub(super) struct InEnds<M> {
    ends: Vec<InEnd<M>>,
    /// The receiver of the link that was recorded last. Mostly its other links come next.
    last: NodeId,
}

struct InEnd<M> {
    /// m, once the receiver's record has come.
    received: u64,
    /// The messages in flight. There is no place where the receiver has failed.
    messages: Place<Vec<M>>,
}

impl<M> InEnds<M> {
    pub(super) fn new(topology: &Topology, has_failed: &[bool]) -> Self {
        let receivers = topology.all_in_links().map(|link| link.target);
        let end =
            |node: NodeId| InEnd { received: 0, messages: Place::of(has_failed[node.index()]) };
        InEnds { ends: receivers.map(end).collect(), last: NodeId::new(0) }
    }

    /// How many links have no record yet.
    pub(super) fn missing(&self) -> usize {
        self.ends.iter().filter(|end| end.messages.is_missing()).count()
    }

    /// The links that have no record yet.
    pub(super) fn missing_links(&self, topology: &Topology) -> Vec<LinkId> {
        let ends = topology.all_in_links().zip(&self.ends);
        let missing = ends.filter(|(_, end)| end.messages.is_missing());
        let mut links: Vec<_> = missing.map(|(link, _)| link.id).collect();
        links.sort_unstable();
        links
    }

    /// For each in-link of a node, whether it has no record yet.
    pub(super) fn are_missing(
        &self,
        node: NodeId,
        topology: &Topology,
    ) -> impl Iterator<Item = bool> {
        let links = topology.in_links(node).len();
        let ends = self.ends.iter().skip(topology.first_in(node) as usize).take(links);
        ends.map(|end| end.messages.is_missing())
    }

    /// Takes in m of each in-link of a node.
    pub(super) fn receive(&mut self, node: NodeId, received: &[u64], topology: &Topology) {
        let ends = &mut self.ends[topology.first_in(node) as usize..];
        for (end, received) in ends.iter_mut().zip(received) {
            end.received = *received;
        }
    }

    /// Takes in the record of a link, and returns the link's receiver. Hands the record back if it
    /// has no place, or if its place is filled already.
    pub(super) fn record(
        &mut self,
        record: LinkRecord<M>,
        topology: &Topology,
    ) -> Result<NodeId, LinkRecord<M>> {
        let Some(place) = self.place_of(record.link, topology) else { return Err(record) };
        let messages = &mut self.ends[place].messages;
        if !messages.is_missing() {
            return Err(record);
        }
        *messages = Place::Recorded(record.messages);
        Ok(self.last)
    }

    /// The place of a link of the topology. Its receiver is the last one from now on.
    fn place_of(&mut self, link: LinkId, topology: &Topology) -> Option<usize> {
        let slot_at = |node| topology.in_links(node).binary_search_by_key(&link, |one| one.id).ok();
        let next = NodeId::new((self.last.index() as u32).wrapping_add(1));
        let guessed = [self.last, next].into_iter().find_map(|node| Some((node, slot_at(node)?)));
        let (node, slot) = match guessed {
            Some(guessed) => guessed,
            None => {
                let receiver = topology.links().get(link.index())?.target;
                (receiver, slot_at(receiver)?)
            }
        };
        self.last = node;
        Some(topology.first_in(node) as usize + slot)
    }

    /// Fills in what receivers have told of their links.
    pub(super) fn fill_in(self, channels: &mut [ChannelState<M>], topology: &Topology) {
        for (link, end) in topology.all_in_links().zip(self.ends) {
            let channel = &mut channels[link.id.index()];
            channel.received = end.received;
            channel.messages = end.messages.recorded().unwrap_or_default();
        }
    }

    /// The messages that have come so far, link by link.
    pub(super) fn into_messages(self) -> impl Iterator<Item = Vec<M>> {
        self.ends.into_iter().filter_map(|end| end.messages.recorded())
    }
}
