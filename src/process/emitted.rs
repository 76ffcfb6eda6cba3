//! What a process has let out of the system.

use crate::id::NodeId;

/// A message that a node has [emitted](crate::Context::emit), as whoever takes it gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emitted<M> {
    /// The node.
    pub node: NodeId,
    /// Which of the node's messages it is, from 1. The numbers go on in a system that is
    /// [restored](crate::SystemBuilder::restore).
    pub number: u64,
    /// The message.
    pub message: M,
}
