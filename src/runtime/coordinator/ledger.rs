//! What the system knows of its snapshots: those under way, and the last that ended.

use std::collections::{BTreeMap, VecDeque};

use super::history::PastSnapshot;
use super::pending::{PendingSnapshot, SnapshotResult, discard_result, discard_snapshot};
use super::subscribers::Subscribers;
use super::subscription::Outcome;
use crate::error::{NodeFailure, SnapshotError};
use crate::id::SnapshotId;

/// Shared by handle and coordinator; no node ever touches it.
pub(crate) struct Ledger<S, M> {
    /// The id of the next snapshot.
    next_id: SnapshotId,
    live: BTreeMap<SnapshotId, PendingSnapshot<S, M>>,
    /// In the order in which they ended.
    ended: VecDeque<Ended<S, M>>,
    /// The complete ones among them whose states and messages are kept, in the same order.
    kept: VecDeque<PendingSnapshot<S, M>>,
    memory: Memory,
    pub(crate) subscribers: Subscribers<S, M>,
    counts: SnapshotCounts,
    /// In the order in which they failed.
    failures: Vec<NodeFailure>,
}

/// How many ended snapshots are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// With their outcomes and timings.
    pub(crate) outcomes: usize,
    /// Of these, how many with their states and messages.
    pub(crate) values: usize,
}

/// What makes room for a snapshot that has ended.
pub(crate) struct Forgotten<S, M> {
    kept: Vec<PendingSnapshot<S, M>>,
    unread: Vec<Outcome<S, M>>,
}

impl<S, M> Forgotten<S, M> {
    pub(crate) fn discard(self) {
        self.kept.into_iter().for_each(discard_snapshot);
        self.unread.into_iter().for_each(|outcome| discard_result(outcome.result));
    }
}

impl<S, M> Default for Forgotten<S, M> {
    fn default() -> Self {
        Forgotten { kept: Vec::new(), unread: Vec::new() }
    }
}

/// A snapshot that has ended.
struct Ended<S, M> {
    past: PastSnapshot<S, M>,
    /// Of one that failed, which keeps no values.
    failed: Option<PendingSnapshot<S, M>>,
}

/// How many snapshots a system was asked for, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotCounts {
    /// Asked for by callers, each call one, and begun to answer nodes. One snapshot answers all the
    /// requests of nodes ([`Context::request_snapshot`](crate::Context::request_snapshot)) that
    /// waited when it began: a request that waits is not counted. A call that returns an error
    /// instead of a [`PendingSnapshot`] is not counted either.
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
    /// Failed since a recorded value has changed
    /// ([`SystemBuilder::detect_shared_memory`](crate::SystemBuilder::detect_shared_memory)).
    pub changed: u64,
    /// Ended by a shutdown.
    pub shut_down: u64,
}

impl SnapshotCounts {
    /// Asked for and not ended.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        let failed =
            self.refused + self.node_down + self.deadline_passed + self.cancelled + self.changed;
        self.asked - self.completed - failed - self.shut_down
    }

    fn count<T>(&mut self, result: &Result<T, SnapshotError>) {
        let count = match result {
            Ok(_) => &mut self.completed,
            Err(SnapshotError::Coverage(_)) => &mut self.refused,
            Err(SnapshotError::NodeDown { .. }) => &mut self.node_down,
            Err(SnapshotError::DeadlinePassed { .. }) => &mut self.deadline_passed,
            Err(SnapshotError::Cancelled { .. }) => &mut self.cancelled,
            Err(SnapshotError::SharedMemory { .. }) => &mut self.changed,
            // The others are answers to a caller and end no snapshot.
            Err(_) => &mut self.shut_down,
        };
        *count += 1;
    }
}

impl<S, M> Ledger<S, M> {
    pub(crate) fn new(first_id: SnapshotId, memory: Memory) -> Self {
        Ledger {
            next_id: first_id,
            live: BTreeMap::new(),
            ended: VecDeque::new(),
            kept: VecDeque::new(),
            memory,
            subscribers: Subscribers::new(),
            counts: SnapshotCounts::default(),
            failures: Vec::new(),
        }
    }

    /// Gives a new snapshot the next id.
    pub(crate) fn open(
        &mut self,
        pending: impl FnOnce(SnapshotId) -> PendingSnapshot<S, M>,
    ) -> PendingSnapshot<S, M> {
        let id = self.next_id;
        self.next_id = SnapshotId::new(id.get() + 1);
        self.counts.asked += 1;
        let pending = pending(id);
        self.live.insert(id, pending.clone());
        pending
    }

    /// The highest id up to which every snapshot has ended.
    pub(crate) fn last_of_those_over(&self) -> Option<SnapshotId> {
        let first = self.live.first_key_value().map_or(self.next_id, |(id, _)| *id);
        first.get().checked_sub(1).map(SnapshotId::new)
    }

    /// Tells the subscribers too. Hands out what is forgotten for it, to be dropped when the lock
    /// is free: that runs the drop of a user's states and messages.
    #[must_use]
    pub(crate) fn close(
        &mut self,
        id: SnapshotId,
        result: &SnapshotResult<S, M>,
    ) -> Forgotten<S, M> {
        let Some(pending) = self.live.remove(&id) else { return Forgotten::default() };
        self.counts.count(result);
        let past = PastSnapshot::without_values(id, result);
        let failed = if result.is_ok() {
            self.kept.push_back(pending);
            None
        } else {
            Some(pending)
        };
        self.ended.push_back(Ended { past, failed });
        let unread = if self.subscribers.is_empty() {
            Vec::new()
        } else {
            self.subscribers.tell(&Outcome { id, result: result.clone() })
        };
        Forgotten { kept: self.forget(), unread }
    }

    /// Keeps no more than is to be remembered.
    fn forget(&mut self) -> Vec<PendingSnapshot<S, M>> {
        let mut forgotten = Vec::new();
        if self.kept.len() > self.memory.values {
            forgotten.extend(self.kept.pop_front());
        }
        if self.ended.len() > self.memory.outcomes {
            let oldest = self.ended.pop_front().map(|ended| ended.past.id);
            let is_kept = self.kept.front().is_some_and(|kept| Some(kept.id()) == oldest);
            forgotten.extend(if is_kept { self.kept.pop_front() } else { None });
        }
        forgotten
    }

    /// Whether a snapshot is in the books and has not ended.
    pub(crate) fn is_live(&self, id: SnapshotId) -> bool {
        self.live.contains_key(&id)
    }

    /// The snapshots that have not ended.
    pub(crate) fn live(&self) -> Vec<SnapshotId> {
        self.live.keys().copied().collect()
    }

    pub(crate) fn find(&self, id: SnapshotId) -> Result<PendingSnapshot<S, M>, SnapshotError> {
        let kept = || self.kept.iter().find(|pending| pending.id() == id);
        if let Some(found) = self.live.get(&id).or_else(kept) {
            return Ok(found.clone());
        }
        let Memory { outcomes: remembered, values: kept } = self.memory;
        match self.ended.iter().find(|ended| ended.past.id == id) {
            Some(Ended { failed: Some(failed), .. }) => Ok(failed.clone()),
            Some(_) => Err(SnapshotError::NotKept { snapshot: id, kept }),
            None => Err(SnapshotError::Unknown { snapshot: id, remembered }),
        }
    }

    pub(crate) fn add_failure(&mut self, failure: NodeFailure) {
        self.failures.push(failure);
    }

    pub(crate) fn failures(&self) -> &[NodeFailure] {
        &self.failures
    }

    pub(crate) fn counts(&self) -> SnapshotCounts {
        self.counts
    }

    /// The snapshots that ended, without values.
    pub(crate) fn ended(&self) -> Vec<PastSnapshot<S, M>> {
        self.ended.iter().map(|ended| ended.past.clone()).collect()
    }

    /// Those of them whose values are kept, in the same order.
    pub(crate) fn kept(&self) -> Vec<PendingSnapshot<S, M>> {
        self.kept.iter().cloned().collect()
    }
}

impl<S, M> Drop for Ledger<S, M> {
    fn drop(&mut self) {
        self.kept.drain(..).for_each(discard_snapshot);
    }
}
