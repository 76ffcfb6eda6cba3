//! Events that nodes send to the coordinator.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "timely")]
use super::recordings::Recordings;
use super::reports::Reports;
use crate::driver::NodeFailure;
use crate::id::NodeId;

/// An event of a node.
pub(crate) enum NodeEvent<S, M> {
    /// The node's process wants a snapshot with its node among the initiators.
    Requested(NodeId),
    /// The reports of the node's recordings, and their time.
    Reports(Reports<S, M>, Duration),
    /// Recordings of many nodes.
    #[cfg(feature = "timely")]
    Recorded(Recordings<S, M>),
    /// The node has stopped and will handle no more messages.
    Stopped(NodeId),
    /// The node has obeyed a command to halt. It had not stopped before. Each command to halt is
    /// answered once.
    Halted(NodeId),
    /// The node has panicked.
    Failed(NodeFailure),
}

/// Sends an event to the coordinator. If the coordinator is gone, the event is dropped: the system
/// is being shut down.
pub(crate) type Tell<S, M> = Arc<dyn Fn(NodeEvent<S, M>) + Send + Sync>;
