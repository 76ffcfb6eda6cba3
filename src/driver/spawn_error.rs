//! Why nodes do not start.

use std::io;

use thiserror::Error;

use crate::id::LinkId;
use crate::topology::{NamedLink, counted};

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
