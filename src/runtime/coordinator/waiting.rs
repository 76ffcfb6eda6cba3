//! Who waits for which snapshot.

use std::collections::{BTreeMap, BTreeSet};

use super::pending::SnapshotResult;
use super::promise::Promise;
use crate::id::SnapshotId;

/// The promises of the snapshots that the coordinator has heard of and that have not ended.
///
/// A snapshot is in the books before the coordinator hears of it, and so it can be cancelled by somebody who has found it there before.
/// Such a word waits for its snapshot.
pub(crate) struct Waiting<S, M> {
    promises: BTreeMap<SnapshotId, Promise<SnapshotResult<S, M>>>,
    cancelled: BTreeSet<SnapshotId>,
}

impl<S, M> Waiting<S, M> {
    pub(crate) fn new() -> Self {
        Waiting { promises: BTreeMap::new(), cancelled: BTreeSet::new() }
    }

    pub(crate) fn add(&mut self, id: SnapshotId, promise: Promise<SnapshotResult<S, M>>) {
        self.promises.insert(id, promise);
    }

    pub(crate) fn contains(&self, id: SnapshotId) -> bool {
        self.promises.contains_key(&id)
    }

    pub(crate) fn first(&self) -> Option<SnapshotId> {
        self.promises.first_key_value().map(|(id, _)| *id)
    }

    pub(crate) fn remove(&mut self, id: SnapshotId) -> Option<Promise<SnapshotResult<S, M>>> {
        self.promises.remove(&id)
    }

    /// One is cancelled that has not been heard of, and will be.
    pub(crate) fn cancel_ahead(&mut self, id: SnapshotId) {
        self.cancelled.insert(id);
    }

    /// Whether one that is heard of now was cancelled before.
    pub(crate) fn was_cancelled(&mut self, id: SnapshotId) -> bool {
        self.cancelled.remove(&id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::promise::promise;
    use super::*;

    #[test]
    fn a_word_that_came_first_waits_for_its_snapshot_once() {
        // A promise is made of locks, which loom has only in a model.
        crate::sync::model(|| {
            let mut waiting = Waiting::<(), ()>::new();
            let [one, other] = [1, 2].map(SnapshotId::new);
            waiting.cancel_ahead(one);
            assert!(!waiting.contains(one) && !waiting.was_cancelled(other));
            let (promise, _promised) = promise();
            waiting.add(one, promise);
            assert!(waiting.contains(one) && waiting.first() == Some(one));
            assert!(waiting.was_cancelled(one) && !waiting.was_cancelled(one));
            assert!(waiting.remove(one).is_some() && !waiting.contains(one));
        });
    }
}
