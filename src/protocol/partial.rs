//! A snapshot under way: the records that have come, and the records that are missing.

use std::sync::Arc;
use std::time::Duration;

use super::message::{LinkRecord, NodeRecord, Report, TimerRecord};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::snapshot::{
    ChannelState, GlobalSnapshot, Missing, NodeTiming, OutputState, PendingTimer, RecordedNode,
    SnapshotParts, Timings,
};
use crate::topology::{Link, Topology};

/// A place for a record of each node that has not failed, and of each link that ends at such a
/// node.
pub(super) struct Partial<S, M> {
    initiators: Vec<NodeId>,
    failures: Vec<NodeFailure>,
    began: Duration,
    nodes: Vec<Place<NodeRecord<S, M>>>,
    links: Vec<Place<Vec<M>>>,
    /// How many records are still to come, of nodes and links together.
    missing: usize,
}

/// How many links are [warmed](Merger::warm) at a time.
const WARMED: usize = 16;

/// A place for a record, with the time at which the record was made.
enum Place<T> {
    /// The place of a node that has failed, or of a link that ends at such a node.
    Nothing,
    Missing,
    Recorded(T, Duration),
}

impl<S, M> Partial<S, M> {
    pub(super) fn new(
        initiators: &[NodeId],
        topology: &Topology,
        failures: &[NodeFailure],
        now: Duration,
    ) -> Self {
        let mut has_failed = vec![false; topology.node_count()];
        failures.iter().for_each(|failure| has_failed[failure.node.id.index()] = true);
        let nodes: Vec<_> =
            topology.nodes().map(|node| Place::of(has_failed[node.index()])).collect();
        let targets = topology.links().iter().map(|link| link.target);
        let links: Vec<_> = targets.map(|node| Place::of(has_failed[node.index()])).collect();
        let missing = nodes.iter().filter(|place| place.is_missing()).count()
            + links.iter().filter(|place| place.is_missing()).count();
        let initiators = each_once(initiators, topology.node_count());
        Partial { initiators, failures: failures.to_vec(), began: now, nodes, links, missing }
    }

    /// Adds a record. Hands the record back if it has no place, or if its place is filled already.
    #[expect(clippy::result_large_err, reason = "a record is handed back by value, and rarely")]
    pub(super) fn add(&mut self, report: Report<S, M>, at: Duration) -> Result<(), Report<S, M>> {
        match report {
            Report::Node(record) => match self.nodes.get_mut(record.node.index()) {
                Some(place @ Place::Missing) => *place = Place::Recorded(record, at),
                _ => return Err(Report::Node(record)),
            },
            Report::Link(record) => match self.links.get_mut(record.link.index()) {
                Some(place @ Place::Missing) => *place = Place::Recorded(record.messages, at),
                _ => return Err(Report::Link(record)),
            },
        }
        self.missing -= 1;
        Ok(())
    }

    /// Brings the places of links into the cache. The processor then waits for the memory of all of
    /// them at once.
    #[cfg(feature = "timely")]
    pub(super) fn warm(&self, links: impl Iterator<Item = LinkId>) {
        let missing =
            links.filter(|link| self.links.get(link.index()).is_some_and(Place::is_missing));
        std::hint::black_box(missing.count());
    }

    pub(super) fn is_complete(&self) -> bool {
        self.missing == 0
    }

    pub(super) fn missing(&self, topology: &Topology, capacities: &[Option<u64>]) -> Missing {
        let nodes = topology.nodes().zip(&self.nodes);
        let links = topology.links().iter().zip(&self.links);
        Missing {
            nodes: nodes.filter(|(_, place)| place.is_missing()).map(|(node, _)| node).collect(),
            links: links.filter(|(_, place)| place.is_missing()).map(|(link, _)| link.id).collect(),
            suspects: self.suspects(topology, capacities),
        }
    }

    /// The nodes that a command or a marker has reached and that have not acted on it. There is at
    /// least one while a record is missing.
    fn suspects(&self, topology: &Topology, capacities: &[Option<u64>]) -> Vec<NodeId> {
        let mut is_reached = vec![false; topology.node_count()];
        for initiator in &self.initiators {
            is_reached[initiator.index()] = self.nodes[initiator.index()].is_missing();
        }
        for ((link, place), capacity) in topology.links().iter().zip(&self.links).zip(capacities) {
            let [source, target] = [link.source, link.target].map(|end| &self.nodes[end.index()]);
            // A node that has recorded has put its marker on the link, and a node that has failed
            // has put its end there.
            let is_at_door = !source.is_missing() && target.is_recorded() && place.is_missing();
            if is_at_door || (source.is_recorded() && target.is_missing()) {
                is_reached[link.target.index()] = true;
            }
            // On a link with a capacity a marker also goes back to the sender.
            if capacity.is_some() && target.is_recorded() && source.is_missing() {
                is_reached[link.source.index()] = true;
            }
        }
        topology.nodes().filter(|node| is_reached[node.index()]).collect()
    }

    pub(super) fn waits_for(&self, node: NodeId, topology: &Topology) -> bool {
        let mut in_links = topology.in_links(node).iter();
        self.nodes.get(node.index()).is_some_and(Place::is_missing)
            || in_links.any(|link| self.links[link.id.index()].is_missing())
    }

    /// The records that have come so far.
    pub(super) fn into_records(self, snapshot: SnapshotId) -> Vec<Report<S, M>> {
        let nodes = self.nodes.into_iter().filter_map(Place::recorded);
        let links = self.links.into_iter().enumerate();
        let links = links.filter_map(|(index, place)| place.recorded().map(|found| (index, found)));
        let link = |index: usize| LinkId::new(index as u32);
        nodes
            .map(|(record, _)| Report::Node(record))
            .chain(links.map(|(index, (messages, _))| {
                Report::Link(LinkRecord { snapshot, link: link(index), messages })
            }))
            .collect()
    }

    /// Puts the records together; `None` if a record is missing.
    pub(super) fn merge(
        self,
        id: SnapshotId,
        highest_id: SnapshotId,
        topology: &Arc<Topology>,
        capacities: &[Option<u64>],
    ) -> Option<GlobalSnapshot<S, M>> {
        if !self.is_complete() {
            return None;
        }
        let mut merger = Merger::new(self.began, self.nodes);
        let mut channels = Vec::with_capacity(topology.link_count() + topology.node_count());
        let mut places = self.links.into_iter().zip(capacities);
        for row in topology.links().chunks(WARMED) {
            merger.warm(row);
            for (link, (place, capacity)) in row.iter().zip(&mut places) {
                let channel = merger.link(*link, place.recorded(), topology)?;
                channels.push(channel.with_capacity(*capacity));
            }
        }
        for node in topology.nodes() {
            channels.push(merger.environment(topology.environment_link(node)?));
        }
        let (nodes, timings) = merger.finish();
        Some(GlobalSnapshot::new(SnapshotParts {
            id,
            highest_id,
            topology: Arc::clone(topology),
            initiators: self.initiators,
            nodes,
            failures: self.failures,
            channels,
            timings,
            is_edited: false,
        }))
    }
}

impl<T> Place<T> {
    fn of(has_failed: bool) -> Self {
        if has_failed { Place::Nothing } else { Place::Missing }
    }

    fn is_missing(&self) -> bool {
        matches!(self, Place::Missing)
    }

    fn is_recorded(&self) -> bool {
        matches!(self, Place::Recorded(..))
    }

    fn recorded(self) -> Option<(T, Duration)> {
        match self {
            Place::Recorded(record, at) => Some((record, at)),
            Place::Nothing | Place::Missing => None,
        }
    }
}

/// Takes the records of nodes and links apart and puts them together as a snapshot has them.
struct Merger<S, M> {
    began: Duration,
    /// The parts by node; `None` for a node that has failed.
    nodes: Vec<Option<Part<S, M>>>,
}

/// A node's record, with the time at which the node's last part was made.
struct Part<S, M> {
    record: NodeRecord<S, M>,
    recorded: Duration,
    closed: Duration,
    messages: usize,
}

impl<S, M> Merger<S, M> {
    fn new(began: Duration, nodes: Vec<Place<NodeRecord<S, M>>>) -> Self {
        let part = |(record, at): (NodeRecord<S, M>, Duration)| {
            let messages = record.environment.messages.len();
            Part { record, recorded: at, closed: at, messages }
        };
        Merger { began, nodes: nodes.into_iter().map(|place| place.recorded().map(part)).collect() }
    }

    /// Brings the records at the ends of links into the cache. In a large system they are far
    /// apart, and the processor would wait for the memory of each of them in turn.
    fn warm(&self, links: &[Link]) {
        let first = |counts: &[u64]| counts.first().copied().unwrap_or(0);
        let record = |node: NodeId| self.nodes[node.index()].as_ref().map(|part| &part.record);
        let ends = links.iter().map(|link| {
            let sent = record(link.source).map_or(0, |record| first(&record.sent));
            sent ^ record(link.target).map_or(0, |record| first(&record.received))
        });
        std::hint::black_box(ends.fold(0, |all, end| all ^ end));
    }

    /// The state of a link, from the counts at its ends. `None` if a record lacks the link's count.
    fn link(
        &mut self,
        link: Link,
        recorded: Option<(Vec<M>, Duration)>,
        topology: &Topology,
    ) -> Option<ChannelState<M>> {
        let sender = self.nodes[link.source.index()].as_ref();
        let at_sender = |counts: &[u64]| counts.get(topology.out_slot(link.id)?).copied();
        let sent = sender.and_then(|part| at_sender(&part.record.sent));
        let acknowledged = sender.and_then(|part| at_sender(&part.record.acknowledged));
        let Some((messages, at)) = recorded else {
            // The target has failed, so all messages sent to it have drained away.
            let sent = sent.unwrap_or(0);
            return Some(ChannelState::new(link, sent, sent, Vec::new()));
        };
        let receiver = self.nodes[link.target.index()].as_mut()?;
        receiver.closed = receiver.closed.max(at);
        receiver.messages += messages.len();
        let received = *receiver.record.received.get(topology.in_slot(link.id)?)?;
        // A sender that has failed has sent exactly the messages that arrived.
        let sent = sent.unwrap_or(received + messages.len() as u64);
        let channel = ChannelState::new(link, sent, received, messages);
        Some(channel.with_acknowledged(acknowledged.unwrap_or(0)))
    }

    fn environment(&mut self, link: Link) -> ChannelState<M> {
        match &mut self.nodes[link.target.index()] {
            Some(part) => {
                let environment = &mut part.record.environment;
                let messages = std::mem::take(&mut environment.messages);
                ChannelState::new(link, environment.sent, environment.received, messages)
            }
            None => ChannelState::new(link, 0, 0, Vec::new()),
        }
    }

    fn finish(self) -> (Vec<RecordedNode<S, M>>, Timings) {
        let began = self.began;
        let mut timings =
            Timings { began, nodes: Vec::with_capacity(self.nodes.len()), ended: began };
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for Part { record, recorded, closed, messages } in self.nodes.into_iter().flatten() {
            let node = record.node;
            timings.ended = timings.ended.max(closed);
            timings.nodes.push(NodeTiming {
                node,
                start_delay: recorded.saturating_sub(began),
                marker_span: closed.saturating_sub(recorded),
                messages,
            });
            let timers = record.timers.into_iter().map(|timer| pending(timer, recorded));
            nodes.push(RecordedNode {
                node,
                state: record.state,
                stopped: record.stopped,
                drains: record.drains,
                timers: timers.collect(),
                output: OutputState::new(record.output.emitted, record.output.untaken.into_vec()),
            });
        }
        (nodes, timings)
    }
}

fn pending(TimerRecord { timer, due, before_zero }: TimerRecord, at: Duration) -> PendingTimer {
    let overdue = at.saturating_sub(due).saturating_add(before_zero);
    PendingTimer { timer, remaining: due.saturating_sub(at), overdue }
}

/// Drops repeated nodes, and nodes that are not among the first `count`; keeps the order.
fn each_once(nodes: &[NodeId], count: usize) -> Vec<NodeId> {
    let mut is_new = vec![true; count];
    let mut is_first = |node: NodeId| is_new.get_mut(node.index()).is_some_and(std::mem::take);
    nodes.iter().copied().filter(|&node| is_first(node)).collect()
}
