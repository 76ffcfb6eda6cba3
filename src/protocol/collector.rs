//! The collector core: merges the records of nodes and links into global snapshots.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::message::{NodeRecord, Report};
use super::partial::{Ground, Partial};
use super::seen::SeenIds;
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::snapshot::{GlobalSnapshot, Missing};
use crate::topology::{CoverageError, Failed, Topology};

/// The reason why a snapshot was not begun.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BeginError {
    /// The initiators do not reach every node, so the snapshot would never end.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// The id belongs to an earlier snapshot.
    #[error("{0} was begun before: give each snapshot an id of its own")]
    IdUsed(SnapshotId),
    /// An initiator has failed, or every node has failed.
    #[error("{} has failed and cannot begin a snapshot: choose other initiators", .0.node)]
    NodeFailed(NodeFailure),
}

/// Merges the reports of nodes into snapshots. Each call takes the time as an argument: a duration
/// since a start that the driver chooses. The start is the same for all calls and for
/// [`NodeCore::tell_time`](super::NodeCore::tell_time).
pub struct CollectorCore<S, M> {
    topology: Arc<Topology>,
    /// By id. Few are live at a time. A map's code would be a tenth of all that is compiled for a
    /// process.
    live: Vec<(SnapshotId, Partial<S, M>)>,
    begun: SeenIds,
    /// The failed nodes, in the order in which they failed. Later snapshots leave them out.
    failures: Vec<NodeFailure>,
    failed: Failed,
    /// The capacity of each link in messages, which snapshots tell.
    capacities: Box<[Option<u64>]>,
}

impl<S, M> CollectorCore<S, M> {
    /// A collector for systems of this topology.
    pub fn new(topology: Arc<Topology>) -> Self {
        CollectorCore {
            capacities: vec![None; topology.link_count()].into(),
            topology,
            live: Vec::new(),
            begun: SeenIds::default(),
            failures: Vec::new(),
            failed: Failed::none(),
        }
    }

    /// A collector for the same system, with no snapshot begun.
    pub(crate) fn without_snapshots(&self) -> Self {
        CollectorCore {
            topology: Arc::clone(&self.topology),
            live: Vec::new(),
            begun: SeenIds::default(),
            failures: self.failures.clone(),
            failed: self.failed.clone(),
            capacities: self.capacities.clone(),
        }
    }

    /// Makes snapshots tell how many messages a link can [hold](crate::ChannelState::capacity).
    /// [`NodeCore::set_capacity`](super::NodeCore::set_capacity) sets the same limit at the link's
    /// sender. [`u64::MAX`] means no limit. A link that is not in the topology is ignored. Call
    /// this before the first snapshot.
    pub fn set_capacity(&mut self, link: LinkId, messages: u64) {
        if let Some(capacity) = self.capacities.get_mut(link.index()) {
            *capacity = (messages < u64::MAX).then_some(messages);
        }
    }

    /// Begins a snapshot. The driver then has each initiator call
    /// [`NodeCore::begin_snapshot`](super::NodeCore::begin_snapshot).
    ///
    /// # Errors
    /// If an initiator has failed, the initiators do not reach every other node, or the id was used
    /// before. Markers travel along links. On a link with a [capacity](Self::set_capacity) they
    /// also travel back.
    pub fn begin(
        &mut self,
        snapshot: SnapshotId,
        initiators: &[NodeId],
        now: Duration,
    ) -> Result<(), BeginError> {
        if self.failure_among(initiators).is_none() {
            let returns_markers = |link: LinkId| self.capacities[link.index()].is_some();
            self.topology.check_coverage_with(&self.failed, returns_markers, initiators)?;
        }
        self.begin_covering(snapshot, initiators, now)
    }

    /// As [`begin`](Self::begin), for initiators that are known to reach every node that has not
    /// failed.
    pub(crate) fn begin_covering(
        &mut self,
        snapshot: SnapshotId,
        initiators: &[NodeId],
        now: Duration,
    ) -> Result<(), BeginError> {
        if let Some(failure) = self.failure_among(initiators) {
            return Err(BeginError::NodeFailed(failure.clone()));
        }
        if !self.begun.insert(snapshot) {
            return Err(BeginError::IdUsed(snapshot));
        }
        let partial = Partial::new(initiators, &self.topology, &self.failures, now);
        let (Ok(place) | Err(place)) = self.place(snapshot);
        self.live.insert(place, (snapshot, partial));
        Ok(())
    }

    /// Checks initiators for an algorithm whose markers never travel back on a link.
    pub(crate) fn check_coverage_along_links(
        &self,
        initiators: &[NodeId],
    ) -> Result<(), CoverageError> {
        self.topology.check_coverage_with(&self.failed, |_| false, initiators)
    }

    fn failure_among(&self, initiators: &[NodeId]) -> Option<&NodeFailure> {
        let all_failed = self.failed.len() == self.topology.node_count();
        self.failures.iter().find(|failure| all_failed || initiators.contains(&failure.node.id))
    }

    /// The nodes that snapshots do not leave out, by id.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.topology.nodes().filter(|node| !self.failed.contains(*node))
    }

    /// Adds initiators until the set covers, along links, every node that has not failed.
    /// Initiators that have failed are left out. As [`Topology::cover_with`]. This does not count
    /// on markers that travel back on a link: so each initiator is as near to the nodes that it
    /// reaches as links allow.
    #[must_use]
    pub fn cover_with(&self, initiators: &[NodeId]) -> Vec<NodeId> {
        self.topology.cover_with_without(&self.failed, initiators)
    }

    /// Adds a record that was made at the time `at`. Returns the snapshot if this was the last
    /// missing record.
    ///
    /// # Errors
    /// The record is handed back if its snapshot is not live, if the snapshot has this record
    /// already, or if the record does not fit the topology. Nothing has changed then.
    #[expect(clippy::result_large_err, reason = "a record is handed back by value, and rarely")]
    pub fn add(
        &mut self,
        report: Report<S, M>,
        at: Duration,
    ) -> Result<Option<GlobalSnapshot<S, M>>, Report<S, M>> {
        let snapshot = report.snapshot();
        let Ok(place) = self.place(snapshot) else { return Err(report) };
        if !fits(&report, &self.topology) {
            return Err(report);
        }
        let ground = Ground { topology: &self.topology, capacities: &self.capacities };
        let (_, partial) = &mut self.live[place];
        partial.add(report, at, ground)?;
        if !partial.is_complete() {
            return Ok(None);
        }
        let highest = self.begun.last().unwrap_or(snapshot);
        let (_, complete) = self.live.remove(place);
        Ok(complete.merge(snapshot, highest, ground))
    }

    /// Gives up a live snapshot and tells which records were missing; `None` if the snapshot is not
    /// live. An id that was not begun cannot be begun afterwards.
    pub fn abandon(&mut self, snapshot: SnapshotId) -> Option<Abandoned<S, M>> {
        self.begun.insert(snapshot);
        let missing = self.missing(snapshot)?;
        let (_, partial) = self.live.remove(self.place(snapshot).ok()?);
        let (states, messages) = partial.into_values();
        Some(Abandoned { missing, states, messages })
    }

    /// Leaves this node out of snapshots from now on. Live snapshots that still [wait for the
    /// node](Self::waits_for) can only be abandoned. A node that is not in the topology is ignored.
    pub fn node_failed(&mut self, failure: NodeFailure) {
        if self.topology.contains(failure.node.id) && self.failed.insert(failure.node.id) {
            self.failures.push(failure);
        }
    }

    /// The nodes that snapshots leave out, in the order in which they failed.
    #[must_use]
    pub fn failures(&self) -> &[NodeFailure] {
        &self.failures
    }

    /// The records that a live snapshot still waits for, and the nodes that hold it up; `None` if
    /// it is not live. The cost is linear in nodes and links.
    #[must_use]
    pub fn missing(&self, snapshot: SnapshotId) -> Option<Missing> {
        self.partial(snapshot).map(|partial| partial.missing(self.ground()))
    }

    /// Whether a live snapshot still waits for `node`: for its own record, or for one of its
    /// in-links.
    #[must_use]
    pub fn waits_for(&self, snapshot: SnapshotId, node: NodeId) -> bool {
        self.partial(snapshot).is_some_and(|partial| partial.waits_for(node, self.ground()))
    }

    /// The place of a live snapshot, or the place for it.
    fn place(&self, snapshot: SnapshotId) -> Result<usize, usize> {
        self.live.binary_search_by_key(&snapshot, |(id, _)| *id)
    }

    fn partial(&self, snapshot: SnapshotId) -> Option<&Partial<S, M>> {
        self.place(snapshot).ok().map(|place| &self.live[place].1)
    }

    fn ground(&self) -> Ground<'_> {
        Ground { topology: &self.topology, capacities: &self.capacities }
    }

    /// The ids of the snapshots that were begun and are neither complete nor abandoned, ascending.
    #[must_use]
    pub fn live(&self) -> impl ExactSizeIterator<Item = SnapshotId> + DoubleEndedIterator {
        self.live.iter().map(|(id, _)| *id)
    }
}

/// The remains of a snapshot that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned<S, M> {
    /// The records that were still missing.
    pub missing: Missing,
    /// The states in the records that had come.
    pub states: Vec<S>,
    /// The messages in the records that had come.
    pub messages: Vec<M>,
}

fn fits<S, M>(report: &Report<S, M>, topology: &Topology) -> bool {
    match report {
        Report::Node(NodeRecord { node, sent, received, acknowledged, .. }) => {
            let links = topology.out_links(*node).len();
            let knows_room = acknowledged.len() == links || acknowledged.is_empty();
            knows_room && sent.len() == links && received.len() == topology.in_links(*node).len()
        }
        // An unknown link has no place, so `Partial::add` hands its record back.
        Report::Link(_) => true,
    }
}

impl<S, M> fmt::Debug for CollectorCore<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live: Vec<_> = self.live().collect();
        f.debug_struct("CollectorCore").field("live", &live).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_leave_out_a_node_that_has_failed() {
        let topology = Arc::new(Topology::ring(3).expect("nodes and links fit"));
        let mut collector = CollectorCore::<(), ()>::new(Arc::clone(&topology));
        let node = topology.named(NodeId::new(1));
        collector.node_failed(NodeFailure { node, panic: "it is over".to_owned() });
        assert!(collector.nodes().eq([0, 2].map(NodeId::new)));
    }

    #[test]
    fn markers_travel_back_only_on_a_link_with_a_limit() {
        let topology = Topology::line(2).expect("nodes and links fit");
        let mut collector = CollectorCore::<(), ()>::new(Arc::new(topology));
        let mut begin_at_the_end = |messages| {
            collector.set_capacity(LinkId::new(0), messages);
            collector.begin(SnapshotId::new(1), &[NodeId::new(1)], Duration::ZERO)
        };
        assert!(matches!(begin_at_the_end(u64::MAX), Err(BeginError::Coverage(_))));
        assert_eq!(begin_at_the_end(u64::MAX - 1), Ok(()));
        assert!(collector.check_coverage_along_links(&[NodeId::new(1)]).is_err());
    }
}
