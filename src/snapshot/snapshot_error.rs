//! Why there is no snapshot.

use std::time::Duration;

use thiserror::Error;

use super::silent::{Silent, late};
use crate::driver::{LostProcess, NodeFailure};
use crate::id::{NodeId, SnapshotId};
use crate::topology::CoverageError;

/// The reason why there is no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The given initiators do not reach every node. Nothing was started.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// A node that the snapshot needs has panicked.
    #[error("{snapshot} needs {}: a node that has failed takes part in no snapshot", .failure.as_subject())]
    NodeFailed {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The node and its panic message.
        failure: NodeFailure,
    },
    /// The timeout passed before the snapshot was complete. The error names the nodes that hold the
    /// snapshot up. The snapshot is over: its markers change nothing if they still come.
    #[error("{}", late(*.snapshot, *.timeout, .missing))]
    TimedOut {
        /// The snapshot.
        snapshot: SnapshotId,
        /// How long the snapshot was allowed to take.
        timeout: Duration,
        /// The parts that the snapshot still waited for.
        missing: Silent,
    },
    /// The snapshot was cancelled.
    #[error("{snapshot} was cancelled: {missing}")]
    Cancelled {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The parts that the snapshot still waited for.
        missing: Silent,
    },
    /// A value in the snapshot has changed after it was recorded
    /// ([`SystemBuilder::detect_shared_memory`](crate::SystemBuilder::detect_shared_memory)).
    #[error(
        "in {snapshot}, {what} has changed since it was recorded: it shares memory with a process, as through an \
         Arc<Mutex<_>>; let states and messages own their data"
    )]
    SharedMemory {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The node that recorded the value.
        node: NodeId,
        /// The state of the node or a message on a link, in words.
        what: String,
    },
    /// The system was shut down before the snapshot was complete, or before it was asked for.
    #[error("{snapshot} did not complete: the system was shut down")]
    ShutDown {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// A process of the cluster was lost before the snapshot was complete, or before it was asked
    /// for. A cluster whose processes start again goes on from an earlier snapshot.
    #[error(
        "{snapshot} did not complete, since {lost}; {missing}: start all processes again with a higher epoch, from the last \
         snapshot that was saved"
    )]
    ProcessLost {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The process.
        lost: Box<LostProcess>,
        /// The parts that the snapshot still waited for.
        missing: Silent,
    },
    /// A handler has waited for a snapshot of its own system. The handler's node takes part in a
    /// snapshot only after the handler has returned. The call returns at once and begins no
    /// snapshot.
    #[error(
        "{thread} cannot wait for a snapshot of its own system, which waits for the handler to return: request a snapshot by \
         Context::request_snapshot, or wait in another thread"
    )]
    InOwnHandler {
        /// The thread that made the call: the node in words, or the coordinator. It is the
        /// coordinator where a value of yours makes the call while it is dropped.
        thread: String,
    },
}
