//! Why a message from outside is not taken.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::ending::Ending;
use crate::id::NodeId;
use crate::topology::NamedNode;

/// The reason why an injected message was not taken. The error hands the message back.
#[derive(Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InjectError<M> {
    /// The topology has no such node.
    #[error("{node} is not in the topology, which has {nodes} nodes: inject into one of these")]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
        /// The message.
        message: M,
    },
    /// The node's environment link is full.
    #[error(
        "the environment link of {node} holds {capacity} messages that the node has not received, and there was no room {}: \
         wait longer (SystemBuilder::inject_timeout), or let it hold more (environment_capacity)",
        waited(*timeout)
    )]
    Full {
        /// The node asked for.
        node: NamedNode,
        /// How many messages the link holds.
        capacity: u64,
        /// How long the call has waited; zero for a call that does not wait.
        timeout: Duration,
        /// The message.
        message: M,
    },
    /// The node takes in no more messages.
    #[error("{node} takes in nothing more: {why}")]
    Ended {
        /// The node asked for.
        node: NamedNode,
        /// The reason.
        why: Ending,
        /// The message.
        message: M,
    },
}

impl<M> InjectError<M> {
    /// The message that was not taken.
    pub fn into_message(self) -> M {
        match self {
            InjectError::UnknownNode { message, .. }
            | InjectError::Full { message, .. }
            | InjectError::Ended { message, .. } => message,
        }
    }
}

impl<M> fmt::Debug for InjectError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, node): (_, &dyn fmt::Debug) = match self {
            InjectError::UnknownNode { node, .. } => ("UnknownNode", node),
            InjectError::Full { node, .. } => ("Full", node),
            InjectError::Ended { node, .. } => ("Ended", node),
        };
        f.debug_struct(name).field("node", node).finish_non_exhaustive()
    }
}

fn waited(timeout: Duration) -> String {
    if timeout.is_zero() { "at once".to_owned() } else { format!("within {timeout:?}") }
}
