//! What the system knows of its snapshots: those under way, and the last that ended.

use std::collections::{BTreeMap, VecDeque};

use super::pending::PendingSnapshot;
use crate::error::SnapshotError;
use crate::id::SnapshotId;

/// Shared by handle and coordinator; no node ever touches it.
pub(super) struct Ledger<S, M> {
    live: BTreeMap<SnapshotId, PendingSnapshot<S, M>>,
    /// In the order in which they ended.
    ended: VecDeque<PendingSnapshot<S, M>>,
    /// How many ended ones are remembered.
    remembered: usize,
}

impl<S, M> Ledger<S, M> {
    pub(super) fn new(remembered: usize) -> Self {
        Ledger { live: BTreeMap::new(), ended: VecDeque::new(), remembered }
    }

    pub(super) fn open(&mut self, pending: PendingSnapshot<S, M>) {
        self.live.insert(pending.id(), pending);
    }

    /// Hands out what is forgotten for it, to be dropped when the lock is free: that runs the drop of a user's
    /// states and messages.
    #[must_use]
    pub(super) fn close(&mut self, id: SnapshotId) -> Option<PendingSnapshot<S, M>> {
        self.ended.push_back(self.live.remove(&id)?);
        if self.ended.len() > self.remembered { self.ended.pop_front() } else { None }
    }

    pub(super) fn find(&self, id: SnapshotId) -> Result<PendingSnapshot<S, M>, SnapshotError> {
        let ended = || self.ended.iter().find(|pending| pending.id() == id);
        let found = self.live.get(&id).or_else(ended).cloned();
        found.ok_or(SnapshotError::Unknown { snapshot: id, remembered: self.remembered })
    }

    pub(super) fn ended(&self) -> impl Iterator<Item = &PendingSnapshot<S, M>> {
        self.ended.iter()
    }
}
