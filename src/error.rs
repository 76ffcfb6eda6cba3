//! What can go wrong with a running system: one type an operation.

mod silent;

use std::any::Any;
use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{CoverageError, counted};
use silent::late;
pub use silent::{Missing, Silent};

/// Why a system did not start. Threads that had started by then are joined.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// A link was to hold no message at all.
    #[error(
        "{text} has a capacity of zero, so nothing could ever be sent on it: give it at least 1"
    )]
    ZeroCapacity {
        /// The link.
        link: LinkId,
        /// The link with the names of its ends.
        text: String,
    },
    /// A capacity was given for a link that is not there.
    #[error(
        "{link} is not in the topology, which has {}: set the capacity of one of these",
        counted(*.links, "link")
    )]
    UnknownLink {
        /// The link asked for.
        link: LinkId,
        /// How many links there are.
        links: usize,
    },
    /// No snapshot was to be under way at any time.
    #[error("max_in_flight is zero, so no snapshot could ever begin: allow at least 1")]
    NoneInFlight,
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
    /// The deadline passed first. The nodes that hold the snapshot up are named; it is over, and
    /// its markers, should they still come, change nothing.
    #[error("{}", late(*.snapshot, *.deadline, .missing))]
    DeadlinePassed {
        /// The snapshot.
        snapshot: SnapshotId,
        /// How long it was allowed to take.
        deadline: Duration,
        /// What it still waited for.
        missing: Silent,
    },
    /// Somebody has cancelled it.
    #[error("{snapshot} was cancelled: {missing}")]
    Cancelled {
        /// The snapshot.
        snapshot: SnapshotId,
        /// What it still waited for.
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
    /// The snapshot was complete, and the system no longer keeps its states and messages.
    #[error(
        "{snapshot} was complete, and its states and messages are no longer kept: hold the result of a wait, \
         subscribe, or have more kept than the last {kept} (SystemBuilder::keep_snapshots)"
    )]
    NotKept {
        /// The snapshot asked for.
        snapshot: SnapshotId,
        /// How many complete snapshots the system keeps.
        kept: usize,
    },
}

/// Why a system did not go on from a snapshot. Nothing was started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The topology has more nodes, or fewer.
    #[error(
        "the snapshot is of {}, and the topology has {given}: restore it into the topology it was taken of",
        counted(*.recorded, "node")
    )]
    OtherNodes {
        /// How many nodes the snapshot has.
        recorded: usize,
        /// How many the topology has.
        given: usize,
    },
    /// A link leads elsewhere.
    #[error(
        "the snapshot has {recorded}, and the topology {given}: restore it into the topology it was taken of"
    )]
    OtherLink {
        /// The link in the snapshot, in words.
        recorded: String,
        /// The link of that number in the topology, in words.
        given: String,
    },
    /// The snapshot was taken without a node, so there is nothing to go on from.
    #[error("the snapshot was taken without {}: restore from one in which every node takes part", .failure.as_subject())]
    NodeDown {
        /// The node and what it panicked with.
        failure: NodeFailure,
    },
    /// The snapshot has no such node.
    #[error("{node} is not in the snapshot, which has {}", counted(*.nodes, "node"))]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// The system could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
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
    /// Of a node, in words, whose thread or handler ended in this panic.
    pub(crate) fn of_panic(node: NodeId, text: String, panic: &(dyn Any + Send)) -> Self {
        NodeFailure { node, text, panic: words_of(panic) }
    }

    fn as_subject(&self) -> String {
        format!("{}, which panicked ({})", self.text, self.panic)
    }
}

/// The text of a panic.
pub(crate) fn words_of(panic: &(dyn Any + Send)) -> String {
    let words = panic.downcast_ref::<&str>().map(|words| (*words).to_owned());
    let words = words.or_else(|| panic.downcast_ref::<String>().cloned());
    words.unwrap_or_else(|| "a panic without a text".to_owned())
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
    #[error("{node} is not in the topology, which has {}: inject into one of these", counted(*.nodes, "node"))]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
        /// The message.
        message: M,
    },
    /// The node has panicked, or the system is being stopped or has ended.
    #[error(
        "{text} takes in nothing: it has panicked, or the system is being stopped or has ended"
    )]
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

/// Why a node was not stopped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StopError {
    /// The topology has no such node.
    #[error("{node} is not in the topology, which has {}: stop one of these", counted(*.nodes, "node"))]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// The node has panicked, or the system was shut down.
    #[error("{text} cannot be stopped: it has panicked, or the system was shut down")]
    Ended {
        /// The node asked for.
        node: NodeId,
        /// The node in words, with its name where it has one.
        text: String,
    },
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
