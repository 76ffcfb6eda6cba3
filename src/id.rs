//! Names of nodes, links, timers, replies and snapshots: numbers.

#[cfg(feature = "serde")]
mod serial;

use std::fmt;

/// A node: a process with its thread. The nodes of a topology are numbered from 0 without gaps.
///
/// ```
/// use consistent_cut::NodeId;
///
/// let node = NodeId::new(3);
/// assert_eq!(node.index(), 3);
/// assert_eq!(node.to_string(), "node 3");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeId(u32);

/// A directed FIFO link between two nodes. Parallel links between two nodes have different ids.
///
/// The links of a topology are numbered from 0 in the order in which they were given. The
/// environment links have the numbers after these. Each node has one environment link, through
/// which input from outside enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkId(u32);

/// A timer of a node, named by a number that the process chooses. Two nodes may use the same number
/// for different timers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TimerId(u64);

/// The address of a caller that waits for an answer. [`System::ask`](crate::System::ask) makes it
/// for a message to carry, and [`Context::reply`](crate::Context::reply) takes it. The value is a
/// number and shares nothing with the caller, so a snapshot or a file can hold it.
///
/// ```
/// use consistent_cut::ReplyTo;
///
/// let kept = ReplyTo::new(7).get();
/// assert_eq!(ReplyTo::new(kept).to_string(), "reply 7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReplyTo(u64);

/// One global snapshot. An id always names the same snapshot. Snapshots may complete in another
/// order than that of their ids.
///
/// An id has a number and a *life*. A newly started system is in life 0 and counts from 1. A system
/// that is [restored](crate::SystemBuilder::restore) counts on, in a new life. So two systems that
/// are restored from the same snapshot give out different ids.
///
/// ```
/// use consistent_cut::SnapshotId;
///
/// let first = SnapshotId::new(7);
/// assert_eq!((first.life(), first.number()), (0, 7));
/// assert_eq!(first.to_string(), "snapshot 7");
///
/// let restored = first.in_life(0x3f2a1b);
/// assert_eq!((restored.life(), restored.number()), (0x3f2a1b, 7));
/// assert_eq!(restored.to_string(), "snapshot 7 of life 3f2a1b");
/// assert_eq!(SnapshotId::new(restored.get()), restored);
/// ```
// The upper 28 bits are the life, the lower 36 the number. A marker carries the id, so the id must
// not grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(u64);

impl NodeId {
    /// The source of every environment link: the world outside the system. It is not a node of any
    /// topology.
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
    /// In an outbox: the exit for the messages that a node emits. It is not a link of any topology.
    pub(crate) const OUTPUT: LinkId = LinkId(u32::MAX);

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

impl ReplyTo {
    /// Makes the value again from the number that [`get`](Self::get) returned.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        ReplyTo(number)
    }

    /// The number, for storing.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl SnapshotId {
    /// How many bits of an id hold the number.
    const NUMBER_BITS: u32 = 36;
    const NUMBER: u64 = (1 << SnapshotId::NUMBER_BITS) - 1;
    /// The highest life.
    pub(crate) const LAST_LIFE: u32 = (1 << (u64::BITS - SnapshotId::NUMBER_BITS)) - 1;

    /// The snapshot with this number in life 0. A number from [`get`](Self::get), which may be 2^36
    /// or more, gives the same id again. An engine of your own that drives
    /// [`protocol`](crate::protocol) may use any numbers, each once.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        SnapshotId(number)
    }

    /// The snapshot of the same number in another life. Only the lower 28 bits of `life` count.
    #[must_use]
    pub const fn in_life(self, life: u32) -> Self {
        let life = (life & SnapshotId::LAST_LIFE) as u64;
        SnapshotId(life << SnapshotId::NUMBER_BITS | self.0 & SnapshotId::NUMBER)
    }

    /// Life and number in one value, for storing: [`new`](Self::new) makes the same id from it. In
    /// life 0 it equals the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The life of the system in which the snapshot was begun: 0 after a first start, and another
    /// number after each restore.
    #[must_use]
    pub const fn life(self) -> u32 {
        (self.0 >> SnapshotId::NUMBER_BITS) as u32
    }

    /// The snapshot's number within its life. A restored system counts on from the snapshot that it
    /// was restored from.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0 & SnapshotId::NUMBER
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

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            NodeId::ENVIRONMENT => f.write_str("NodeId(ENVIRONMENT)"),
            NodeId(index) => f.debug_tuple("NodeId").field(&index).finish(),
        }
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

impl fmt::Display for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "reply {}", self.0)
    }
}

impl fmt::Display for SnapshotId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "snapshot {}", self.number())?;
        match self.life() {
            0 => Ok(()),
            life => write!(f, " of life {life:x}"),
        }
    }
}
