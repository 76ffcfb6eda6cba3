//! The messages that a process has sent out of the system.

use crate::id::NodeId;

/// A message that a node has [emitted](crate::Context::emit), as its taker gets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emitted<M> {
    /// The node.
    pub node: NodeId,
    /// The number of the message among the node's emitted messages, from 1. The numbers go on in a
    /// [restored](crate::SystemBuilder::restore) system.
    pub number: u64,
    /// The message.
    pub message: M,
}
