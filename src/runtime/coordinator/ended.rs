//! A snapshot that has ended.

use std::sync::Arc;
use std::time::Duration;

use super::outcome::{Outcome, SnapshotResult, discard_result, discard_snapshot, word_for};
use super::promise::Promise;
use super::span::SnapshotSpan;
use crate::id::SnapshotId;
use crate::meters::snapshot_ended;
use crate::snapshot::{GlobalSnapshot, Timings};

/// A snapshot that has ended. The caller drops its values and tells others without the lock.
pub(crate) struct Ended<S, M> {
    pub(crate) id: SnapshotId,
    pub(crate) result: SnapshotResult<S, M>,
    pub(super) promise: Promise<SnapshotResult<S, M>>,
    pub(super) span: Option<SnapshotSpan>,
    /// Snapshots that were forgotten for this one.
    pub(super) forgotten: Vec<Arc<GlobalSnapshot<S, M>>>,
    pub(super) unread: Vec<Outcome<S, M>>,
    pub(crate) was_last: bool,
    /// The nodes must be told that all snapshots up to this one are over.
    pub(crate) over_up_to: Option<SnapshotId>,
}

/// The duration of a snapshot, and how many messages it has in flight.
fn numbers(timings: &Timings) -> (Duration, usize) {
    (timings.duration(), timings.nodes().iter().map(|node| node.messages).sum())
}

impl<S, M> Ended<S, M> {
    /// Wakes the waiting callers, after `tell` has told others. The callers find the snapshot in
    /// the history by then.
    pub(crate) fn deliver(self, tell: impl FnOnce()) {
        self.forgotten.into_iter().for_each(discard_snapshot);
        self.unread.into_iter().for_each(|outcome| discard_result(outcome.result));
        tell();
        SnapshotSpan::end(self.span, self.id, &self.result);
        let complete = self.result.as_ref().ok().map(|snapshot| numbers(snapshot.timings()));
        snapshot_ended(word_for(&self.result), complete);
        self.promise.keep(self.result.clone());
        // If no other thread holds the snapshot, its values are dropped here.
        discard_result(self.result);
    }
}
