//! The calls that a running system refuses: one error per operation.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::{NodeFailure, Timeout};
use crate::id::NodeId;
use crate::topology::{NamedNode, some_of};

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

/// The reason why a node takes in no more messages.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Ending {
    /// The node has panicked.
    #[error("it has panicked (System::failures has the panic message)")]
    Panicked,
    /// Another node has panicked, and the system has stopped with it
    /// ([`OnFailure::Stop`](crate::OnFailure::Stop)).
    #[error("the system has stopped, since {0}")]
    StoppedWith(NodeFailure),
    /// A last snapshot is being taken or was taken. The system takes in no message unless that
    /// snapshot fails.
    #[error("a last snapshot was asked for (snapshot_and_stop)")]
    LastSnapshot,
    /// The system is shut down, or will be at once.
    #[error("the system is shut down")]
    ShutDown,
}

/// The reason why a node was not stopped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StopError {
    /// The topology has no such node.
    #[error("{node} is not in the topology, which has {nodes} nodes: stop one of these")]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// The node has ended.
    #[error("{node} cannot be stopped: {why}")]
    Ended {
        /// The node asked for.
        node: NamedNode,
        /// The reason.
        why: Ending,
    },
}

/// The reason why a shutdown did not hand back the processes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The system was shut down before, or another thread is shutting it down. That thread may
    /// still wait for handlers to finish.
    #[error("the system was shut down before: only the first shutdown hands back the processes")]
    AlreadyShutDown,
    /// A handler has called for the end of its own system. The system's threads end only after the
    /// handler has returned. Nothing has happened.
    #[error(
        "{thread} cannot wait for the end of its own system, which waits for the handler to return: end the system from another thread, \
         or stop the node by Context::stop"
    )]
    InOwnHandler {
        /// The thread that made the call: the node in words, or the coordinator. It is the
        /// coordinator where a value of yours makes the call while it is dropped.
        thread: String,
    },
    /// Threads have not ended within the timeout, since handlers have not returned. The threads
    /// were given up: each thread ends by itself when its handler returns. All other threads have
    /// ended.
    #[error(
        "after {} {} had not ended: look there for a handler that does not return",
        Timeout(*.waited), given_up(nodes)
    )]
    NotEnded {
        /// The nodes, by id. Empty where a value of yours holds up the coordinator in its drop.
        nodes: Vec<NamedNode>,
        /// How long the shutdown has waited.
        waited: Duration,
        /// The nodes that have panicked, by id.
        failures: Vec<NodeFailure>,
    },
    /// Nodes have panicked. All threads have ended.
    #[error("{}", list(failures))]
    NodesFailed {
        /// The nodes, by id.
        failures: Vec<NodeFailure>,
    },
}

fn given_up(nodes: &[NamedNode]) -> String {
    if nodes.is_empty() { "the coordinator".to_owned() } else { some_of(nodes) }
}

fn list(failures: &[NodeFailure]) -> String {
    failures.iter().map(NodeFailure::to_string).collect::<Vec<_>>().join("; ")
}
