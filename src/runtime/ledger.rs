//! What the system knows of its snapshots: those under way, and the last that ended.

use std::collections::{BTreeMap, VecDeque};

use super::discard::discard_snapshot;
use super::pending::{PendingSnapshot, SnapshotResult};
use crate::error::{NodeFailure, SnapshotError};
use crate::id::SnapshotId;

/// Shared by handle and coordinator; no node ever touches it.
pub(super) struct Ledger<S, M> {
    /// The id of the next snapshot.
    next_id: u64,
    live: BTreeMap<SnapshotId, PendingSnapshot<S, M>>,
    /// In the order in which they ended.
    ended: VecDeque<PendingSnapshot<S, M>>,
    /// How many ended ones are remembered.
    remembered: usize,
    counts: SnapshotCounts,
    /// In the order in which they failed.
    failures: Vec<NodeFailure>,
}

/// How many snapshots a system was asked for, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotCounts {
    /// Asked for by callers, each call one, and begun to answer nodes. One snapshot answers all the requests of nodes
    /// ([`Context::request_snapshot`](crate::Context::request_snapshot)) that waited when it began: a request that waits is not
    /// counted. A call that returns an error instead of a [`PendingSnapshot`] is not counted either.
    pub asked: u64,
    /// Complete.
    pub completed: u64,
    /// Refused, since the initiators did not reach every node.
    pub refused: u64,
    /// Failed with a node.
    pub node_down: u64,
    /// Failed by their deadline.
    pub deadline_passed: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Ended by a shutdown.
    pub shut_down: u64,
}

impl SnapshotCounts {
    /// Asked for and not ended.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        let failed = self.refused + self.node_down + self.deadline_passed + self.cancelled;
        self.asked - self.completed - failed - self.shut_down
    }

    fn count<T>(&mut self, result: &Result<T, SnapshotError>) {
        let count = match result {
            Ok(_) => &mut self.completed,
            Err(SnapshotError::Coverage(_)) => &mut self.refused,
            Err(SnapshotError::NodeDown { .. }) => &mut self.node_down,
            Err(SnapshotError::DeadlinePassed { .. }) => &mut self.deadline_passed,
            Err(SnapshotError::Cancelled { .. }) => &mut self.cancelled,
            // The others are answers to a caller and end no snapshot.
            Err(_) => &mut self.shut_down,
        };
        *count += 1;
    }
}

impl<S, M> Ledger<S, M> {
    pub(super) fn new(first_id: u64, remembered: usize) -> Self {
        Ledger {
            next_id: first_id,
            live: BTreeMap::new(),
            ended: VecDeque::new(),
            remembered,
            counts: SnapshotCounts::default(),
            failures: Vec::new(),
        }
    }

    /// Gives a new snapshot the next id.
    pub(super) fn open(
        &mut self,
        pending: impl FnOnce(SnapshotId) -> PendingSnapshot<S, M>,
    ) -> PendingSnapshot<S, M> {
        let id = SnapshotId::new(self.next_id);
        self.next_id += 1;
        self.counts.asked += 1;
        let pending = pending(id);
        self.live.insert(id, pending.clone());
        pending
    }

    /// The highest id up to which every snapshot has ended.
    pub(super) fn last_of_those_over(&self) -> Option<SnapshotId> {
        let first = self.live.first_key_value().map_or(self.next_id, |(id, _)| id.get());
        first.checked_sub(1).map(SnapshotId::new)
    }

    /// Hands out what is forgotten for it, to be dropped when the lock is free: that runs the drop of a user's
    /// states and messages.
    #[must_use]
    pub(super) fn close(
        &mut self,
        id: SnapshotId,
        result: &SnapshotResult<S, M>,
    ) -> Option<PendingSnapshot<S, M>> {
        let pending = self.live.remove(&id)?;
        self.counts.count(result);
        self.ended.push_back(pending);
        if self.ended.len() > self.remembered { self.ended.pop_front() } else { None }
    }

    /// Whether a snapshot is in the books and has not ended.
    pub(super) fn is_live(&self, id: SnapshotId) -> bool {
        self.live.contains_key(&id)
    }

    /// The snapshots that have not ended.
    pub(super) fn live(&self) -> Vec<SnapshotId> {
        self.live.keys().copied().collect()
    }

    pub(super) fn find(&self, id: SnapshotId) -> Result<PendingSnapshot<S, M>, SnapshotError> {
        let ended = || self.ended.iter().find(|pending| pending.id() == id);
        let found = self.live.get(&id).or_else(ended).cloned();
        found.ok_or(SnapshotError::Unknown { snapshot: id, remembered: self.remembered })
    }

    pub(super) fn add_failure(&mut self, failure: NodeFailure) {
        self.failures.push(failure);
    }

    pub(super) fn failures(&self) -> &[NodeFailure] {
        &self.failures
    }

    pub(super) fn counts(&self) -> SnapshotCounts {
        self.counts
    }

    pub(super) fn ended(&self) -> impl Iterator<Item = &PendingSnapshot<S, M>> {
        self.ended.iter()
    }
}

impl<S, M> Drop for Ledger<S, M> {
    fn drop(&mut self) {
        self.ended.drain(..).for_each(|pending| discard_snapshot(Some(pending)));
    }
}
