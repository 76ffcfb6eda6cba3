//! Names of nodes, links and snapshots: small numbers, given out in order.

use std::fmt;

/// A node: a process with its thread. Nodes of a topology are numbered from 0 without gaps.
///
/// ```
/// use consistent_cut::NodeId;
///
/// let node = NodeId::new(3);
/// assert_eq!(node.index(), 3);
/// assert_eq!(node.to_string(), "node 3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

/// A directed FIFO link between two nodes. Parallel links between the same nodes have different ids.
///
/// The links of a topology are numbered from 0 in the order in which they were given. The environment
/// link of each node, through which input from outside enters, is numbered after all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(u32);

/// A timer of a node, by a number that its process chooses. Each node has its own; two nodes may use the same numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId(u64);

/// One global snapshot. Ids are never used twice within a system; they may complete out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(u64);

impl NodeId {
    /// The source of every environment link: the world outside the system. It is no node of any topology.
    pub const ENVIRONMENT: NodeId = NodeId(u32::MAX);

    /// The node with this number.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        NodeId(index)
    }

    /// The node's number, for indexing.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl LinkId {
    /// The link with this number.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        LinkId(index)
    }

    /// The link's number, for indexing.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl TimerId {
    /// The timer with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        TimerId(number)
    }

    /// The timer's number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl SnapshotId {
    /// The snapshot with this number. The runtime counts from 1; an engine of its own that drives
    /// [`protocol`](crate::protocol) may use any numbers it likes, each once.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        SnapshotId(number)
    }

    /// The snapshot's number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == NodeId::ENVIRONMENT {
            return f.write_str("the environment");
        }
        write!(f, "node {}", self.0)
    }
}

impl fmt::Display for LinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "link {}", self.0)
    }
}

impl fmt::Display for TimerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "timer {}", self.0)
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snapshot {}", self.0)
    }
}
