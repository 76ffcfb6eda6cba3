//! Orders to the first worker, from the coordinator and from callers.

#[cfg(feature = "checkpoint")]
use super::saving::SaveStep;
use crate::id::NodeId;
use crate::runtime::Command;

/// An order to the first worker. All orders come on one channel: a message that a caller has
/// injected before a last snapshot was asked for is ahead of the command to halt.
pub(super) enum Order<M> {
    /// Bring a message to a node, on its environment link.
    Inject(NodeId, M),
    ToNode(NodeId, Command),
    ToAll(Command),
    /// A step of a checkpoint, for all workers.
    #[cfg(feature = "checkpoint")]
    Save(SaveStep),
}
