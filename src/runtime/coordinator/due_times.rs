//! The moments at which the times of snapshots are over.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::id::SnapshotId;

/// The due times of snapshots, counted from the system's start. This type knows nothing of states
/// and messages, so that its code is compiled once and not for each process.
#[derive(Default)]
pub(super) struct DueTimes(BTreeSet<(Duration, SnapshotId)>);

impl DueTimes {
    pub(super) fn insert(&mut self, due: Duration, id: SnapshotId) {
        self.0.insert((due, id));
    }

    pub(super) fn remove(&mut self, due: Duration, id: SnapshotId) {
        self.0.remove(&(due, id));
    }

    pub(super) fn first(&self) -> Option<Duration> {
        self.0.first().map(|&(due, _)| due)
    }

    /// The snapshots whose time is over, the most overdue first.
    pub(super) fn overdue(&self, now: Duration) -> Vec<SnapshotId> {
        self.0.iter().take_while(|(due, _)| *due <= now).map(|(_, id)| *id).collect()
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl ExactSizeIterator<Item = (Duration, SnapshotId)> {
        self.0.iter().copied()
    }
}
