//! The collector core: merges the records of nodes and links into global snapshots.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::message::{NodeRecord, Report};
use super::partial::Partial;
use super::seen::SeenIds;
use crate::error::{Missing, NodeFailure};
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::snapshot::GlobalSnapshot;
use crate::topology::{CoverageError, Failed, Topology};

/// Why a snapshot was not begun.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BeginError {
    /// The initiators do not reach every node, so the snapshot would never end.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// The id belongs to an earlier snapshot.
    #[error("{0} was begun before: give each snapshot an id of its own")]
    IdUsed(SnapshotId),
    /// An initiator has failed, or every node has.
    #[error("{} has failed and begins no snapshot: choose initiators among the others", .0.node)]
    NodeFailed(NodeFailure),
}

/// Merges what nodes report. Time is an argument: a duration since any start the driver likes, the
/// same for all calls and for [`NodeCore::tell_time`](super::NodeCore::tell_time).
pub struct CollectorCore<S, M> {
    topology: Arc<Topology>,
    live: BTreeMap<SnapshotId, Partial<S, M>>,
    begun: SeenIds,
    /// The nodes that later snapshots go without, in the order in which they failed.
    failures: Vec<NodeFailure>,
    failed: Failed,
    /// Of each link, how many messages it holds, for snapshots to tell.
    capacities: Box<[Option<u64>]>,
}

impl<S, M> CollectorCore<S, M> {
    /// A collector for systems of this topology.
    pub fn new(topology: Arc<Topology>) -> Self {
        CollectorCore {
            capacities: vec![None; topology.link_count()].into(),
            topology,
            live: BTreeMap::new(),
            begun: SeenIds::default(),
            failures: Vec::new(),
            failed: Failed::none(),
        }
    }

    /// One of the same system that no snapshot was begun with.
    pub(crate) fn without_snapshots(&self) -> Self {
        CollectorCore {
            topology: Arc::clone(&self.topology),
            live: BTreeMap::new(),
            begun: SeenIds::default(),
            failures: self.failures.clone(),
            failed: self.failed.clone(),
            capacities: self.capacities.clone(),
        }
    }

    /// Has snapshots tell how many messages a link [holds](crate::ChannelState::capacity), as
    /// [`NodeCore::set_capacity`](super::NodeCore::set_capacity) limits it at its sender.
    /// [`u64::MAX`] is no limit. A link that is not in the topology is passed over. Call it before
    /// the first snapshot.
    pub fn set_capacity(&mut self, link: LinkId, messages: u64) {
        if let Some(capacity) = self.capacities.get_mut(link.index()) {
            *capacity = (messages < u64::MAX).then_some(messages);
        }
    }

    /// Begins a snapshot. The driver then has each initiator call
    /// [`NodeCore::begin_snapshot`](super::NodeCore::begin_snapshot).
    ///
    /// # Errors
    /// If an initiator has failed, the initiators do not reach every other node, or the id was
    /// used before. Markers reach along links, and on links with a [capacity](Self::set_capacity)
    /// also back.
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

    /// As [`begin`](Self::begin), at initiators that are known to reach every node that is not
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
        self.live.insert(snapshot, partial);
        Ok(())
    }

    /// Checks initiators for an algorithm by which no marker goes back.
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

    /// Completes a set of initiators, so that it covers every node that has not failed along links;
    /// those that have failed, are left out. As [`Topology::cover_with`]. It does not count on markers
    /// that go back: each of the initiators is then as near to the nodes that it reaches as links
    /// allow.
    #[must_use]
    pub fn cover_with(&self, initiators: &[NodeId]) -> Vec<NodeId> {
        self.topology.cover_with_without(&self.failed, initiators)
    }

    /// Adds a record, which was made at the time `at`. Returns the snapshot if this was the last
    /// one missing.
    ///
    /// # Errors
    /// Hands the record back if its snapshot is not live, or it is there already, or it does not
    /// fit the topology; nothing has changed then.
    #[expect(clippy::result_large_err, reason = "a record is handed back by value, and rarely")]
    pub fn add(
        &mut self,
        report: Report<S, M>,
        at: Duration,
    ) -> Result<Option<GlobalSnapshot<S, M>>, Report<S, M>> {
        let snapshot = report.snapshot();
        let Some(partial) = self.live.get_mut(&snapshot) else { return Err(report) };
        if !fits(&report, &self.topology) {
            return Err(report);
        }
        partial.add(report, at)?;
        if !partial.is_complete() {
            return Ok(None);
        }
        let highest = self.begun.last().unwrap_or(snapshot);
        let complete = self.live.remove(&snapshot);
        Ok(complete.and_then(|complete| {
            complete.merge(snapshot, highest, &self.topology, &self.capacities)
        }))
    }

    /// Gives up a live snapshot and tells what it still waited for; `None` if it is not live. An id
    /// that was not begun will never be.
    pub fn abandon(&mut self, snapshot: SnapshotId) -> Option<Abandoned<S, M>> {
        self.begun.insert(snapshot);
        let missing = self.missing(snapshot)?;
        let records = self.live.remove(&snapshot)?.into_records(snapshot);
        Some(Abandoned { missing, records })
    }

    /// From now on snapshots go without this node. Those that are live and still [wait for
    /// it](Self::waits_for) can only be abandoned. A node that is not in the topology is passed
    /// over.
    pub fn node_failed(&mut self, failure: NodeFailure) {
        if self.topology.contains(failure.node.id) && self.failed.insert(failure.node.id) {
            self.failures.push(failure);
        }
    }

    /// The nodes that snapshots go without, in the order in which they failed.
    #[must_use]
    pub fn failures(&self) -> &[NodeFailure] {
        &self.failures
    }

    /// What a live snapshot still waits for, and which nodes hold it up; `None` if it is not live.
    /// Linear in nodes and links.
    #[must_use]
    pub fn missing(&self, snapshot: SnapshotId) -> Option<Missing> {
        self.live.get(&snapshot).map(|partial| partial.missing(&self.topology, &self.capacities))
    }

    /// Whether a live snapshot still waits for `node`: for its own record, or for one of its
    /// in-links.
    #[must_use]
    pub fn waits_for(&self, snapshot: SnapshotId, node: NodeId) -> bool {
        self.live.get(&snapshot).is_some_and(|partial| partial.waits_for(node, &self.topology))
    }

    /// The snapshots begun and neither complete nor abandoned, by id.
    #[must_use]
    pub fn live(&self) -> impl ExactSizeIterator<Item = SnapshotId> + DoubleEndedIterator {
        self.live.keys().copied()
    }
}

/// What is left of a snapshot that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abandoned<S, M> {
    /// What it still waited for.
    pub missing: Missing,
    /// What had come.
    pub records: Vec<Report<S, M>>,
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

impl<S, M> fmt::Debug for CollectorCore<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorCore").field("live", &self.live.keys()).finish_non_exhaustive()
    }
}
