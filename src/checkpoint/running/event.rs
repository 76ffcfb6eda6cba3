//! The reports of a thread that writes checkpoints.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::checkpoint::contents::save_error::SaveError;
use crate::checkpoint::store::record::Record;
use crate::driver::NodeFailure;
use crate::monitor::Reader;
use crate::snapshot::SnapshotError;

/// A report of a [`Checkpointer`](crate::checkpoint::Checkpointer).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum CheckpointEvent {
    /// A checkpoint is durable.
    Saved(Record),
    /// A snapshot failed, so no checkpoint was saved. The next snapshot begins at the next period.
    SnapshotFailed {
        /// Why the snapshot failed.
        error: SnapshotError,
        /// How many snapshots in a row have failed, this one included.
        in_a_row: u32,
    },
    /// A checkpoint was not written. The next one begins at the next period.
    SaveFailed {
        /// Why it was not written.
        error: Arc<SaveError>,
        /// How many checkpoints in a row were not written, this one included.
        in_a_row: u32,
    },
    /// A node has failed, and the system goes on without it. No checkpoint is written, since a
    /// system cannot be restored without the node.
    NodeFailed(NodeFailure),
    /// This many checkpoints were skipped, since the snapshot and the writing took longer than the
    /// period.
    Skipped(u64),
    /// The sink has not taken the released messages. The messages wait, and no further checkpoint
    /// is written before the sink has taken them. The sink is called again at the next period. If
    /// the sink has more messages of a node than the checkpoint has from which the system goes on,
    /// this never ends: the sink belongs to a newer checkpoint or to another store.
    ReleaseFailed {
        /// The error of the sink, or the node of which the sink has too many messages.
        error: String,
    },
}

impl fmt::Display for CheckpointEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CheckpointEvent::Saved(record) => write!(f, "saved {record}"),
            CheckpointEvent::SnapshotFailed { error, in_a_row } => {
                write!(f, "no snapshot, {in_a_row} in a row: {error}")
            }
            CheckpointEvent::SaveFailed { error, in_a_row } => {
                write!(f, "no checkpoint, {in_a_row} in a row: {error}")
            }
            CheckpointEvent::NodeFailed(failure) => write!(f, "no checkpoint: {failure}"),
            CheckpointEvent::Skipped(1) => {
                f.write_str("1 checkpoint was skipped: the last one took too long")
            }
            CheckpointEvent::Skipped(number) => {
                write!(f, "{number} checkpoints were skipped: the last one took too long")
            }
            CheckpointEvent::ReleaseFailed { error } => {
                write!(f, "the sink has not taken the released messages: {error}")
            }
        }
    }
}

/// The counts of a [`Checkpointer`](crate::checkpoint::Checkpointer), or of a supervision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckpointCounts {
    /// How many checkpoints were saved.
    pub saved: u64,
    /// How many snapshots failed.
    pub snapshots_failed: u64,
    /// How many checkpoints were not written.
    pub saves_failed: u64,
    /// How many checkpoints were skipped, since the ones before took longer than the period.
    pub skipped: u64,
    /// How many messages the sink has taken.
    pub released: u64,
    /// The size of the contents that were written, in bytes.
    pub new_bytes: u64,
    /// The total time that the saving took, failed attempts included.
    pub saving: Duration,
    /// The last checkpoint that was saved.
    pub last: Option<Record>,
}

impl CheckpointCounts {
    /// How old the last checkpoint is at this time; `None` if none was saved. Zero if the machine's
    /// clock was set back.
    #[must_use]
    pub fn age(&self, now: SystemTime) -> Option<Duration> {
        let last = self.last.as_ref()?;
        Some(now.duration_since(last.written).unwrap_or_default())
    }
}

/// Reports in their order. `next` waits for a report, and returns `None` when the thread that
/// reports has ended and all are read. Clones share the reports: each report goes to one of them.
/// The newest 1,024 unread reports are kept; older ones are dropped and counted.
///
/// Do not call `next` in a handler of the system: it waits there too, and snapshots wait for the
/// handler.
pub struct Reports<T> {
    unread: Reader<T>,
}

impl<T> Reports<T> {
    pub(crate) fn new(unread: Reader<T>) -> Self {
        Reports { unread }
    }

    /// The reports that are there, without waiting.
    pub fn ready(&self) -> impl Iterator<Item = T> + use<T> {
        self.unread.ready().into_iter()
    }

    /// How many reports were dropped because they were not read in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.unread.missed()
    }
}

impl<T> Iterator for Reports<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.unread.next()
    }
}

impl<T> Clone for Reports<T> {
    fn clone(&self) -> Self {
        Reports { unread: self.unread.clone() }
    }
}

impl<T> fmt::Debug for Reports<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reports").field("missed", &self.missed()).finish_non_exhaustive()
    }
}
