//! The parts of a snapshot under way.
//!
//! Three records tell of a link: its own has the messages, its sender's has n, and its receiver's
//! has m. Mostly a node's records come one after the other. So what they tell of links is kept node
//! by node, and written in order. The [last step](Layout::finish) sorts it by link. It goes through
//! the memory of a large snapshot in random order, but only once. Messages in flight are rare, and
//! are kept in the order in which their records come.

use std::time::Duration;

use super::Ground;
use super::link_places::LinkPlaces;
use crate::driver::NodeFailure;
use crate::id::NodeId;
use crate::protocol::message::{LinkRecord, NodeRecord};
use crate::snapshot::{ChannelState, NodeTiming, OutputState, RecordedNode};
use crate::topology::Topology;

pub(super) struct Layout<S, M> {
    pub(super) nodes: Vec<Place<RecordedNode<S, M>>>,
    /// By node. Until the end the times are not spans: the start delay is the time at which the
    /// node was recorded, and the marker span is the time at which its last part was.
    timings: Vec<NodeTiming>,
    /// n of each link, sender by sender.
    sent: Vec<u64>,
    /// The count of acknowledged messages of each link, sender by sender; empty if no record has
    /// told of any.
    acknowledged: Vec<u64>,
    pub(super) link_places: LinkPlaces<M>,
    /// The links and then the environment links, by id. The links are filled in at the end.
    channels: Vec<ChannelState<M>>,
    /// How many records are still to come, of nodes and links together.
    pub(super) missing: usize,
}

/// A place for a record.
pub(super) enum Place<T> {
    /// The place of a node that has failed, or of a link that ends at such a node.
    Nothing,
    Missing,
    Recorded(T),
}

/// A record that has no place, or whose place is filled already, is handed back.
type Refused<T> = Result<(), T>;

impl<S, M> Layout<S, M> {
    pub(super) fn new(ground: Ground<'_>, failures: &[NodeFailure]) -> Self {
        let Ground { topology, capacities } = ground;
        let mut has_failed = vec![false; topology.node_count()];
        failures.iter().for_each(|failure| has_failed[failure.node.id.index()] = true);
        let nodes: Vec<_> =
            topology.nodes().map(|node| Place::of(has_failed[node.index()])).collect();
        let link_places = LinkPlaces::new(topology, &has_failed);
        let missing =
            nodes.iter().filter(|place| place.is_missing()).count() + link_places.missing();
        let mut channels = Vec::with_capacity(topology.link_count() + topology.node_count());
        let capacities = capacities.iter().copied().chain(std::iter::repeat(None));
        channels.extend(topology.all_links().zip(capacities).map(|(link, capacity)| {
            ChannelState::new(link, 0, 0, Vec::new()).with_capacity(capacity)
        }));
        Layout {
            nodes,
            timings: topology.nodes().map(untimed).collect(),
            sent: vec![0; topology.link_count()],
            acknowledged: Vec::new(),
            link_places,
            channels,
            missing,
        }
    }

    #[expect(clippy::result_large_err, reason = "a record is handed back by value, and rarely")]
    pub(super) fn add_node(
        &mut self,
        record: NodeRecord<S, M>,
        at: Duration,
        topology: &Topology,
    ) -> Refused<NodeRecord<S, M>> {
        let node = record.node;
        let Some(place @ Place::Missing) = self.nodes.get_mut(node.index()) else {
            return Err(record);
        };
        let NodeRecord { state, stopped, drains, sent, received, acknowledged, .. } = record;
        let timers = record.timers.iter().map(|timer| timer.pending(at)).collect();
        let output = OutputState::new(record.output.emitted, record.output.untaken.into_vec());
        *place = Place::Recorded(RecordedNode { node, state, stopped, drains, timers, output });
        let first = topology.first_out(node) as usize;
        copy_into(&mut self.sent[first..], &sent);
        if !acknowledged.is_empty() {
            self.acknowledged.resize(topology.link_count(), 0);
            copy_into(&mut self.acknowledged[first..], &acknowledged);
        }
        self.link_places.receive(node, &received, topology);
        let outside = &mut self.channels[topology.link_count() + node.index()];
        (outside.sent, outside.received) = (record.environment.sent, record.environment.received);
        outside.messages = record.environment.messages;
        let timing = &mut self.timings[node.index()];
        timing.start_delay = at;
        timing.marker_span = timing.marker_span.max(at);
        timing.messages += outside.messages.len();
        self.missing -= 1;
        Ok(())
    }

    pub(super) fn add_link(
        &mut self,
        record: LinkRecord<M>,
        at: Duration,
        topology: &Topology,
    ) -> Refused<LinkRecord<M>> {
        let messages = record.messages.len();
        let receiver = self.link_places.record(record, topology)?;
        let timing = &mut self.timings[receiver.index()];
        timing.marker_span = timing.marker_span.max(at);
        timing.messages += messages;
        self.missing -= 1;
        Ok(())
    }

    /// The states and messages that have come so far.
    pub(super) fn into_values(self) -> (Vec<S>, Vec<M>) {
        let (mut states, mut messages) = (Vec::new(), Vec::new());
        for mut node in self.nodes.into_iter().filter_map(Place::recorded) {
            states.push(node.state);
            messages.append(&mut node.output.untaken);
        }
        self.link_places.into_messages().for_each(|mut on_link| messages.append(&mut on_link));
        self.channels.into_iter().for_each(|mut channel| messages.append(&mut channel.messages));
        (states, messages)
    }

    /// The nodes, the links, the times of nodes, and the time of the last record. Every record has
    /// come.
    pub(super) fn finish(
        self,
        began: Duration,
        failures: &[NodeFailure],
        topology: &Topology,
    ) -> (Vec<RecordedNode<S, M>>, Vec<ChannelState<M>>, Vec<NodeTiming>, Duration) {
        let Layout { nodes, mut timings, sent, acknowledged, link_places, mut channels, .. } = self;
        for (link, sent) in topology.all_out_links().zip(sent) {
            channels[link.id.index()].sent = sent;
        }
        for (link, acknowledged) in topology.all_out_links().zip(acknowledged) {
            channels[link.id.index()].acknowledged = acknowledged;
        }
        link_places.fill_in(&mut channels, topology);
        complete_counts(&mut channels, failures, topology);
        if !failures.is_empty() {
            timings.retain(|timing| nodes[timing.node.index()].is_recorded());
        }
        let ended = timings.iter().map(|timing| timing.marker_span).fold(began, Duration::max);
        for timing in &mut timings {
            timing.marker_span = timing.marker_span.saturating_sub(timing.start_delay);
            timing.start_delay = timing.start_delay.saturating_sub(began);
        }
        (nodes.into_iter().filter_map(Place::recorded).collect(), channels, timings, ended)
    }
}

fn copy_into(places: &mut [u64], counts: &[u64]) {
    places[..counts.len()].copy_from_slice(counts);
}

/// Completes the counts of links at nodes that have failed.
fn complete_counts<M>(
    channels: &mut [ChannelState<M>],
    failures: &[NodeFailure],
    topology: &Topology,
) {
    for failure in failures {
        // A sender that has failed has sent exactly the messages that arrived.
        for link in topology.out_links(failure.node.id) {
            let channel = &mut channels[link.id.index()];
            channel.sent = channel.received + channel.messages.len() as u64;
        }
    }
    for failure in failures {
        // All messages sent to a target that has failed have drained away.
        for link in topology.in_links(failure.node.id) {
            let channel = &mut channels[link.id.index()];
            (channel.received, channel.acknowledged) = (channel.sent, 0);
        }
    }
}

fn untimed(node: NodeId) -> NodeTiming {
    let zero = Duration::ZERO;
    NodeTiming { node, start_delay: zero, marker_span: zero, messages: 0 }
}

impl<T> Place<T> {
    pub(super) fn of(has_failed: bool) -> Self {
        if has_failed { Place::Nothing } else { Place::Missing }
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(self, Place::Missing)
    }

    pub(super) fn is_recorded(&self) -> bool {
        matches!(self, Place::Recorded(_))
    }

    pub(super) fn recorded(self) -> Option<T> {
        match self {
            Place::Recorded(record) => Some(record),
            Place::Nothing | Place::Missing => None,
        }
    }
}
