//! The errors of a running system: one type per operation.

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

/// The reason why a system did not start. Threads that had started by then are joined.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// A link was given a capacity of zero messages.
    #[error(
        "{link} has a capacity of zero, so nothing could ever be sent on it: give it at least 1"
    )]
    ZeroCapacity {
        /// The link.
        link: NamedLink,
    },
    /// Nodes were given an output capacity of zero messages.
    #[error("output_capacity is zero, so no node could ever emit: give it at least 1")]
    ZeroOutputCapacity,
    /// A capacity was given for a link that is not in the topology.
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
    /// The limit of concurrent snapshots was zero.
    #[error("max_concurrent_snapshots is zero, so no snapshot could ever begin: allow at least 1")]
    NoConcurrentSnapshots,
    /// The operating system has no room for one thread per node. This is found out only on Linux,
    /// before any process is made. Memory maps count as in use. Where the limit holds for the whole
    /// machine, this program's own threads count as in use too.
    #[error(
        "{nodes} nodes need a thread each, and the coordinator needs one; {limit} is {most}, of which {in_use} are in use: {fitting} nodes fit; \
         {advice}, or start fewer nodes"
    )]
    NoRoomForThreads {
        /// How many nodes the topology has.
        nodes: usize,
        /// How many nodes would fit.
        fitting: usize,
        /// The limit's name.
        limit: &'static str,
        /// The limit, in threads or memory maps.
        most: u64,
        /// How much of the limit is taken. For memory maps, 1,024 are added as a reserve.
        in_use: u64,
        /// How to raise the limit.
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
        /// The number of the thread among the system's threads, from 1.
        nth: usize,
        /// How many threads the system needs.
        of: usize,
        /// The operating system's error.
        source: io::Error,
    },
}

/// A timeout in the text of an error. Zero is more likely a mistake than intended, so the text
/// names it.
pub(crate) struct Timeout(pub(crate) Duration);

impl fmt::Display for Timeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() { f.write_str("a timeout of zero") } else { write!(f, "{:?}", self.0) }
    }
}

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

/// The reason why a system did not go on from a snapshot. Nothing was started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The topology has more nodes than the snapshot, or fewer.
    #[error(
        "the snapshot is of {}, and the topology has {given}: restore it into the topology it was taken of",
        counted(*.recorded, "node")
    )]
    OtherNodes {
        /// How many nodes the snapshot has.
        recorded: usize,
        /// How many nodes the topology has.
        given: usize,
    },
    /// A link has other ends in the topology than in the snapshot.
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
        "{node} is named {recorded:?} in the snapshot and {given:?} in the topology{}: each node would get the state of another node; \
         restore it into a topology with the same numbers for the same names, or one without names", and_others(*others)
    )]
    OtherName {
        /// The first such node.
        node: NodeId,
        /// The node's name in the snapshot.
        recorded: String,
        /// The node's name in the topology.
        given: String,
        /// How many more nodes have other names.
        others: usize,
    },
    /// The snapshot was taken without a node, so that node has no state to go on from.
    #[error("the snapshot was taken without {}: restore from a snapshot in which every node takes part, or give the node a state by GlobalSnapshot::edit", .failure.as_subject())]
    NodeFailed {
        /// The node and its panic message.
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
    /// The panic message of the node.
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
