//! What can go wrong with a running system: one type an operation.

mod silent;

use std::fmt;
use std::io;
use std::time::Duration;

use thiserror::Error;

use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{CoverageError, NamedLink, NamedNode, counted};
use silent::late;
pub use silent::{Missing, Silent};

mod refused;

pub use refused::{Ending, InjectError, ShutdownError, StopError};

/// Why a system did not start. Threads that had started by then are joined.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// A link was to hold no message at all.
    #[error(
        "{link} has a capacity of zero, so nothing could ever be sent on it: give it at least 1"
    )]
    ZeroCapacity {
        /// The link.
        link: NamedLink,
    },
    /// Nodes were to emit no message at all.
    #[error("output_capacity is zero, so no node could ever emit: give it at least 1")]
    ZeroOutputCapacity,
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
    #[error("max_concurrent_snapshots is zero, so no snapshot could ever begin: allow at least 1")]
    NoConcurrentSnapshots,
    /// The operating system has no room for a thread a node. Found out on Linux alone, before a
    /// process is made. Memory maps and, where the limit holds for the whole machine, this
    /// process's own threads count as in use.
    #[error(
        "{nodes} nodes take a thread each and one more, and {limit} is {most}, of which {in_use} are in use: {fitting} nodes fit; \
         {advice}, or start fewer nodes"
    )]
    NoRoomForThreads {
        /// How many nodes the topology has.
        nodes: usize,
        /// How many would fit.
        fitting: usize,
        /// The limit's name.
        limit: &'static str,
        /// The limit, in threads or memory maps.
        most: u64,
        /// How much of it is taken, with 1,024 memory maps to spare.
        in_use: u64,
        /// How to raise it.
        advice: &'static str,
    },
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

/// A timeout in the text of an error: zero is likelier a mistake than a wish, so it is named.
pub(crate) struct Timeout(pub(crate) Duration);

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() { f.write_str("a timeout of zero") } else { write!(f, "{:?}", self.0) }
    }
}

/// Why there is no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The initiators asked for do not reach every node; nothing was started.
    #[error(transparent)]
    Coverage(#[from] CoverageError),
    /// A node that the snapshot needs has panicked.
    #[error("{snapshot} needs {}: a node that has failed takes part in no snapshot", .failure.as_subject())]
    NodeFailed {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The node and what it panicked with.
        failure: NodeFailure,
    },
    /// Its time was up first. The nodes that hold the snapshot up are named; it is over, and
    /// its markers, should they still come, change nothing.
    #[error("{}", late(*.snapshot, *.timeout, .missing))]
    TimedOut {
        /// The snapshot.
        snapshot: SnapshotId,
        /// How long it was allowed to take.
        timeout: Duration,
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
    /// A handler has waited for a snapshot of its own system, which its node takes part in only
    /// after the handler has returned. The call returns at once; a snapshot that it would have
    /// begun was not begun.
    #[error(
        "{thread} cannot wait for a snapshot of its own system, which waits for the handler to return: ask for one by \
         Context::request_snapshot, or wait in another thread"
    )]
    InOwnHandler {
        /// The node in words, or the coordinator, where a value of yours makes the call as it is
        /// dropped.
        thread: String,
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
    /// A node has another name, so it would get the state of another node. A topology without names
    /// fits by number.
    #[error(
        "{node} is named {recorded:?} in the snapshot and {given:?} in the topology{}: each would become what the other was; \
         restore it into a topology with the same numbers for the same names, or one without names", and_others(*others)
    )]
    OtherName {
        /// The first such node.
        node: NodeId,
        /// Its name in the snapshot.
        recorded: String,
        /// Its name in the topology.
        given: String,
        /// How many more nodes have other names.
        others: usize,
    },
    /// The snapshot was taken without a node, so there is nothing to go on from.
    #[error("the snapshot was taken without {}: restore from one in which every node takes part, or give the node a state by GlobalSnapshot::edit", .failure.as_subject())]
    NodeFailed {
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

fn and_others(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => ", and 1 more node has another name".to_owned(),
        others => format!(", and {others} more nodes have other names"),
    }
}

/// A node that has panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFailure {
    /// The node.
    pub node: NamedNode,
    /// What it panicked with.
    pub panic: String,
}

impl NodeFailure {
    fn as_subject(&self) -> String {
        format!("{}, which panicked ({})", self.node, self.panic)
    }
}

impl fmt::Display for NodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} panicked: {}", self.node, self.panic)
    }
}
