//! What can go wrong with a running system: one type an operation.

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::id::{NodeId, SnapshotId};
use crate::topology::CoverageError;

/// Why a system did not start. Threads that had started by then are joined.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The operating system gave no thread.
    #[error(
        "no thread for {thread}, number {nth} of {of}: allow more threads or memory, \
         or ask for smaller stacks (SystemBuilder::stack_size)"
    )]
    Thread {
        /// The node, or the coordinator.
        thread: String,
        /// Which of the system's threads it was, from 1.
        nth: usize,
        /// How many threads the system wants.
        of: usize,
        /// What the operating system said.
        source: io::Error,
    },
}

/// Why there is no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The initiators asked for do not reach every node; nothing was started.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// A node that the snapshot needs has panicked.
    #[error("{snapshot} needs {}: a node that is down takes part in no snapshot", .failure.as_subject())]
    NodeDown {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The node and what it panicked with.
        failure: NodeFailure,
    },
    /// The system was shut down before the snapshot was complete, or before it was asked for.
    #[error("{snapshot} did not complete: the system was shut down")]
    ShutDown {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// The caller's time is up; the snapshot goes on, and waiting again is allowed.
    #[error("{snapshot} is not complete after {waited:?}; it goes on: wait again, or drop it")]
    NotYet {
        /// The snapshot.
        snapshot: SnapshotId,
        /// How long this call has waited.
        waited: Duration,
    },
    /// No such snapshot is under way or among those remembered.
    #[error(
        "{snapshot} is not known: it was never begun, or it is older than the last {remembered} \
         that the system remembers (SystemBuilder::history)"
    )]
    Unknown {
        /// The snapshot asked for.
        snapshot: SnapshotId,
        /// How many finished snapshots the system remembers.
        remembered: usize,
    },
}

/// A node that has panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFailure {
    /// The node.
    pub node: NodeId,
    /// The node in words, with its name where it has one.
    pub text: String,
    /// What it panicked with.
    pub panic: String,
}

impl NodeFailure {
    fn as_subject(&self) -> String {
        format!("{}, which panicked ({})", self.text, self.panic)
    }
}

impl fmt::Display for NodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} panicked: {}", self.text, self.panic)
    }
}

/// Why an injected message was not taken. It is handed back.
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
    /// The node has panicked, or the system was shut down.
    #[error("{text} takes in nothing more: it has panicked, or the system was shut down")]
    Ended {
        /// The node asked for.
        node: NodeId,
        /// The node in words, with its name where it has one.
        text: String,
        /// The message.
        message: M,
    },
}

impl<M> InjectError<M> {
    /// The message that was not taken.
    pub fn into_message(self) -> M {
        match self {
            InjectError::UnknownNode { message, .. } | InjectError::Ended { message, .. } => {
                message
            }
        }
    }
}

impl<M> fmt::Debug for InjectError<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, node) = match self {
            InjectError::UnknownNode { node, .. } => ("UnknownNode", node),
            InjectError::Ended { node, .. } => ("Ended", node),
        };
        f.debug_struct(name).field("node", node).finish_non_exhaustive()
    }
}

/// Why a shutdown did not hand back the processes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The system had been shut down before, or is being shut down by another thread, which may still wait for
    /// handlers to finish.
    #[error("the system was shut down before: one shutdown ends it and hands back the processes")]
    AlreadyShutDown,
    /// Nodes have panicked. All threads have ended.
    #[error("{}", list(failures))]
    NodesDown {
        /// The nodes, by id.
        failures: Vec<NodeFailure>,
    },
}

fn list(failures: &[NodeFailure]) -> String {
    failures.iter().map(NodeFailure::to_string).collect::<Vec<_>>().join("; ")
}
