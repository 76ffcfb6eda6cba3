//! How snapshots end.

use std::fmt;
use std::sync::Arc;

use crate::id::SnapshotId;
use crate::panics::discard_all;
use crate::snapshot::{GlobalSnapshot, SnapshotError};

/// A snapshot, or the error with which it failed. The snapshot is shared: every waiting caller,
/// every subscriber and the history get the same one.
pub(crate) type SnapshotResult<S, M> = Result<Arc<GlobalSnapshot<S, M>>, SnapshotError>;

/// How a snapshot ended.
#[derive(Debug)]
pub struct Outcome<S, M> {
    /// The snapshot.
    pub id: SnapshotId,
    /// The snapshot itself, or the error with which it failed.
    pub result: Result<Arc<GlobalSnapshot<S, M>>, SnapshotError>,
}

impl<S, M> Clone for Outcome<S, M> {
    fn clone(&self) -> Self {
        Outcome { id: self.id, result: self.result.clone() }
    }
}

/// Drops the parts of a snapshot one at a time, if no other thread holds the snapshot.
pub(crate) fn discard_result<S, M>(result: SnapshotResult<S, M>) {
    if let Ok(snapshot) = result {
        discard_snapshot(snapshot);
    }
}

/// As [`discard_result`].
pub(crate) fn discard_snapshot<S, M>(snapshot: Arc<GlobalSnapshot<S, M>>) {
    if let Some(snapshot) = Arc::into_inner(snapshot) {
        let (states, messages) = snapshot.into_values();
        discard_all(states);
        discard_all(messages);
    }
}

/// How many snapshots a system was asked for, and how they ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotCounts {
    /// Snapshots that callers asked for, one per call, and snapshots that were begun to answer
    /// nodes. One snapshot answers all the requests of nodes
    /// ([`Context::request_snapshot`](crate::Context::request_snapshot)) that waited when it began.
    /// A waiting request is not counted.
    pub asked: u64,
    /// Snapshots that were completed.
    pub completed: u64,
    /// Snapshots that were refused, since the initiators did not reach every node.
    pub refused: u64,
    /// Snapshots that failed because a node failed.
    pub node_failed: u64,
    /// Snapshots that failed at their timeout.
    pub timed_out: u64,
    /// Snapshots that were cancelled.
    pub cancelled: u64,
    /// Snapshots that failed because a recorded value has changed
    /// ([`SystemBuilder::detect_shared_memory`](crate::SystemBuilder::detect_shared_memory)).
    pub changed: u64,
    /// Snapshots that a shutdown ended, or the loss of a process of a cluster.
    pub shut_down: u64,
}

impl SnapshotCounts {
    /// How many snapshots were asked for and have not ended.
    #[must_use]
    pub fn under_way(&self) -> u64 {
        let failed =
            self.refused + self.node_failed + self.timed_out + self.cancelled + self.changed;
        self.asked - self.completed - failed - self.shut_down
    }

    /// Adds the end of a snapshot.
    pub(super) fn count<T>(&mut self, result: &Result<T, SnapshotError>) {
        let count = match result {
            Ok(_) => &mut self.completed,
            Err(SnapshotError::Coverage(_)) => &mut self.refused,
            Err(SnapshotError::NodeFailed { .. }) => &mut self.node_failed,
            Err(SnapshotError::TimedOut { .. }) => &mut self.timed_out,
            Err(SnapshotError::Cancelled { .. }) => &mut self.cancelled,
            Err(SnapshotError::SharedMemory { .. }) => &mut self.changed,
            // A shutdown, or a lost process. The others are answers to a caller and end no snapshot.
            Err(_) => &mut self.shut_down,
        };
        *count += 1;
    }
}

/// The end of a snapshot in a word, as metrics have it.
pub(super) fn word_for<T>(result: &Result<T, SnapshotError>) -> &'static str {
    match result {
        Ok(_) => "complete",
        Err(SnapshotError::Coverage(_)) => "refused",
        Err(SnapshotError::NodeFailed { .. }) => "node_failed",
        Err(SnapshotError::TimedOut { .. }) => "timed_out",
        Err(SnapshotError::Cancelled { .. }) => "cancelled",
        Err(SnapshotError::SharedMemory { .. }) => "changed",
        Err(_) => "shut_down",
    }
}

/// The counts in words. Counts of zero are left out, except the count of complete snapshots.
impl fmt::Display for SnapshotCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} asked for: {} complete", self.asked, self.completed)?;
        let others = [
            (self.under_way(), "under way"),
            (self.refused, "refused"),
            (self.node_failed, "failed with a node"),
            (self.timed_out, "timed out"),
            (self.cancelled, "cancelled"),
            (self.changed, "with a changed value"),
            (self.shut_down, "ended by a shutdown"),
        ];
        let mut there = others.iter().filter(|(count, _)| *count > 0);
        there.try_for_each(|(count, what)| write!(f, ", {count} {what}"))
    }
}
