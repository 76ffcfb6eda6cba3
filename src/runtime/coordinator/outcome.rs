//! How snapshots end.

use std::fmt;
use std::sync::Arc;

use crate::id::SnapshotId;
use crate::panics::discard_all;
use crate::snapshot::GlobalSnapshot;
use crate::snapshot::SnapshotError;

/// A snapshot, or why there is none. The snapshot is shared: every waiter, subscriber and the
/// history get the same.
pub type SnapshotResult<S, M> = Result<Arc<GlobalSnapshot<S, M>>, SnapshotError>;

/// How a snapshot ended.
#[derive(Debug)]
pub struct Outcome<S, M> {
    /// The snapshot.
    pub id: SnapshotId,
    /// It, or why there is none.
    pub result: SnapshotResult<S, M>,
}

impl<S, M> Clone for Outcome<S, M> {
    fn clone(&self) -> Self {
        Outcome { id: self.id, result: self.result.clone() }
    }
}

/// Drops the parts of a snapshot by themselves, if nobody else has it.
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
    /// Asked for by callers, each call one, and begun to answer nodes. One snapshot answers all the
    /// requests of nodes ([`Context::request_snapshot`](crate::Context::request_snapshot)) that
    /// waited when it began: a request that waits is not counted.
    pub asked: u64,
    /// Complete.
    pub completed: u64,
    /// Refused, since the initiators did not reach every node.
    pub refused: u64,
    /// Failed with a node.
    pub node_failed: u64,
    /// Failed since their time was up.
    pub timed_out: u64,
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
            self.refused + self.node_failed + self.timed_out + self.cancelled + self.changed;
        self.asked - self.completed - failed - self.shut_down
    }

    pub(super) fn count<T>(&mut self, result: &Result<T, SnapshotError>) {
        let count = match result {
            Ok(_) => &mut self.completed,
            Err(SnapshotError::Coverage(_)) => &mut self.refused,
            Err(SnapshotError::NodeFailed { .. }) => &mut self.node_failed,
            Err(SnapshotError::TimedOut { .. }) => &mut self.timed_out,
            Err(SnapshotError::Cancelled { .. }) => &mut self.cancelled,
            Err(SnapshotError::SharedMemory { .. }) => &mut self.changed,
            // The others are answers to a caller and end no snapshot.
            Err(_) => &mut self.shut_down,
        };
        *count += 1;
    }
}

/// In words: those that there were none of are left out, but for the complete ones.
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
