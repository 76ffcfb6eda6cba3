//! The collector core: merges the records of nodes and links into global snapshots.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::message::{LinkRecord, NodeRecord, Report};
use super::seen::SeenIds;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::snapshot::{ChannelState, GlobalSnapshot, Parts, Timings};
use crate::topology::{CoverageError, Topology};

/// Why a snapshot was not begun.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BeginError {
    /// The initiators do not reach every node, so the snapshot would never end.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// The id belongs to an earlier snapshot.
    #[error("{0} was begun before: give each snapshot an id of its own")]
    IdUsed(SnapshotId),
}

/// What a snapshot that has not completed still waits for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    /// Nodes that have not recorded, ascending.
    pub nodes: Vec<NodeId>,
    /// Links that have not closed, ascending.
    pub links: Vec<LinkId>,
}

/// Merges what nodes report. Time is an argument: a duration since any start the driver likes, the same for all
/// calls.
pub struct CollectorCore<S, M> {
    topology: Arc<Topology>,
    live: BTreeMap<SnapshotId, Partial<S, M>>,
    begun: SeenIds,
}

/// A snapshot on its way.
struct Partial<S, M> {
    initiators: Vec<NodeId>,
    began: Duration,
    /// Of each node, its record and when it came.
    nodes: Vec<Option<(NodeRecord<S, M>, Duration)>>,
    /// Of each link, what was in flight and when it closed.
    links: Vec<Option<(Vec<M>, Duration)>>,
    /// Records still to come, of nodes and links together.
    missing: usize,
}

impl<S, M> CollectorCore<S, M> {
    /// A collector for systems of this topology.
    pub fn new(topology: Arc<Topology>) -> Self {
        CollectorCore { topology, live: BTreeMap::new(), begun: SeenIds::default() }
    }

    /// Begins a snapshot. The driver then has each initiator call
    /// [`NodeCore::begin_snapshot`](super::NodeCore::begin_snapshot).
    ///
    /// # Errors
    /// If the initiators do not reach every node, or the id was used before.
    pub fn begin(
        &mut self,
        snapshot: SnapshotId,
        initiators: &[NodeId],
        now: Duration,
    ) -> Result<(), BeginError> {
        self.topology.check_coverage(initiators)?;
        if !self.begun.insert(snapshot) {
            return Err(BeginError::IdUsed(snapshot));
        }
        let (nodes, links) = (self.topology.node_count(), self.topology.link_count());
        let partial = Partial {
            initiators: each_once(initiators),
            began: now,
            nodes: (0..nodes).map(|_| None).collect(),
            links: (0..links).map(|_| None).collect(),
            missing: nodes + links,
        };
        self.live.insert(snapshot, partial);
        Ok(())
    }

    /// Adds a record, which was made at the time `at`. Returns the snapshot if this was the last one missing.
    /// A record of a snapshot that is not live, one that is there already, and one that does not fit the topology
    /// change nothing.
    pub fn add(&mut self, report: Report<S, M>, at: Duration) -> Option<GlobalSnapshot<S, M>> {
        let snapshot = report.snapshot();
        let partial = self.live.get_mut(&snapshot)?;
        if fits(&report, &self.topology) {
            partial.add(report, at);
        }
        if partial.missing > 0 {
            return None;
        }
        let complete = self.live.remove(&snapshot)?;
        complete.merge(snapshot, &self.topology)
    }

    /// Gives up a live snapshot and tells what it still waited for; `None` if it is not live.
    pub fn abandon(&mut self, snapshot: SnapshotId) -> Option<Missing> {
        let missing = self.missing(snapshot);
        self.live.remove(&snapshot);
        missing
    }

    /// What a live snapshot still waits for; `None` if it is not live.
    #[must_use]
    pub fn missing(&self, snapshot: SnapshotId) -> Option<Missing> {
        let partial = self.live.get(&snapshot)?;
        let nodes = self.topology.nodes().zip(&partial.nodes);
        let links = self.topology.links().iter().zip(&partial.links);
        Some(Missing {
            nodes: nodes.filter(|(_, record)| record.is_none()).map(|(node, _)| node).collect(),
            links: links.filter(|(_, record)| record.is_none()).map(|(link, _)| link.id).collect(),
        })
    }

    /// Whether a live snapshot still waits for `node`: for its own record, or for one of its in-links.
    #[must_use]
    pub fn waits_for(&self, snapshot: SnapshotId, node: NodeId) -> bool {
        self.live.get(&snapshot).is_some_and(|partial| {
            let mut in_links = self.topology.in_links(node).iter();
            partial.nodes.get(node.index()).is_some_and(Option::is_none)
                || in_links.any(|link| partial.links[link.id.index()].is_none())
        })
    }

    /// The snapshots begun and neither complete nor abandoned, by id.
    #[must_use]
    pub fn live(&self) -> impl ExactSizeIterator<Item = SnapshotId> {
        self.live.keys().copied()
    }
}

impl<S, M> Partial<S, M> {
    fn add(&mut self, report: Report<S, M>, at: Duration) {
        let added = match report {
            Report::Node(record) => fill(&mut self.nodes, record.node.index(), (record, at)),
            Report::Link(LinkRecord { link, messages, .. }) => {
                fill(&mut self.links, link.index(), (messages, at))
            }
        };
        self.missing -= usize::from(added);
    }

    /// Puts the records together; `None` if one is missing.
    fn merge(self, id: SnapshotId, topology: &Arc<Topology>) -> Option<GlobalSnapshot<S, M>> {
        let mut parts = Parts {
            id,
            topology: Arc::clone(topology),
            initiators: self.initiators,
            states: Vec::with_capacity(self.nodes.len()),
            channels: Vec::with_capacity(self.links.len() + self.nodes.len()),
            timings: Timings { began: self.began, recorded: Vec::new(), ended: self.began },
        };
        let mut counts = Vec::with_capacity(self.nodes.len());
        let mut environment = Vec::with_capacity(self.nodes.len());
        for record in self.nodes {
            let (record, at) = record?;
            parts.timings.recorded.push(at);
            parts.timings.ended = parts.timings.ended.max(at);
            parts.states.push(record.state);
            counts.push((record.sent, record.received));
            environment.push(record.environment);
        }
        for (link, record) in topology.links().iter().zip(self.links) {
            let (messages, at) = record?;
            parts.timings.ended = parts.timings.ended.max(at);
            let sent = counts[link.source.index()].0[topology.out_slot(link.id)?];
            let received = counts[link.target.index()].1[topology.in_slot(link.id)?];
            parts.channels.push(ChannelState::new(*link, sent, received, messages));
        }
        for (node, record) in topology.nodes().zip(environment) {
            let link = topology.environment_link(node)?;
            let channel = ChannelState::new(link, record.sent, record.received, record.messages);
            parts.channels.push(channel);
        }
        Some(GlobalSnapshot::new(parts))
    }
}

/// In the order given.
fn each_once(nodes: &[NodeId]) -> Vec<NodeId> {
    let mut seen = BTreeSet::new();
    nodes.iter().copied().filter(|&node| seen.insert(node)).collect()
}

fn fits<S, M>(report: &Report<S, M>, topology: &Topology) -> bool {
    match report {
        Report::Node(NodeRecord { node, sent, received, .. }) => {
            sent.len() == topology.out_links(*node).len()
                && received.len() == topology.in_links(*node).len()
        }
        // There is no place for one of an unknown link.
        Report::Link(_) => true,
    }
}

/// Fills an empty place; false if there is no such place or it is taken.
fn fill<T>(places: &mut [Option<T>], index: usize, value: T) -> bool {
    match places.get_mut(index) {
        Some(place @ None) => {
            *place = Some(value);
            true
        }
        _ => false,
    }
}

impl<S, M> fmt::Debug for CollectorCore<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorCore").field("live", &self.live.keys()).finish_non_exhaustive()
    }
}
