//! One event: a handler that ran.

use std::fmt;

use crate::id::{LinkId, NodeId, SnapshotId, TimerId};

/// The place of an event in its trace, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub(super) usize);

impl EventId {
    /// The place, as an index.
    #[must_use]
    pub fn index(self) -> usize {
        self.0
    }
}

/// A handler that ran: one event in, any number of sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Where it ran.
    pub node: NodeId,
    /// Which of the node's events it is, from 0.
    pub nth: usize,
    /// What made it run.
    pub cause: Cause,
    /// The links on which it sent a message, in this order.
    pub sends: Vec<LinkId>,
}

/// An entry of a node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logged {
    /// A handler ran.
    Handled {
        /// What made it run.
        cause: Cause,
        /// The links on which it sent a message, in this order.
        sends: Vec<LinkId>,
    },
    /// The node recorded its state.
    Recorded(SnapshotId),
    /// A marker came.
    Marker(SnapshotId, LinkId),
    /// A marker came back on a link with a capacity, whose receiver had recorded, and made the node record.
    MarkerReturned(SnapshotId, LinkId),
    /// The node learnt how many messages of a link with a capacity its receiver had received; [`u64::MAX`] if that had failed,
    /// so that all drains.
    Acknowledged(LinkId, u64),
}

/// What happens at a node between its events, and changes nothing there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark {
    /// Where.
    pub node: NodeId,
    /// How many events of the trace come before it.
    pub after: usize,
    /// What happens.
    pub kind: MarkKind,
}

/// What a [`Mark`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkKind {
    /// The node records its state.
    Recorded(SnapshotId),
    /// A marker comes. It left when the link's source recorded.
    Marker(SnapshotId, LinkId),
    /// A marker comes back to the link's source and makes it record. The marker left when the link's target
    /// recorded.
    MarkerReturned(SnapshotId, LinkId),
}

/// What makes a handler run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The start of the node.
    Start,
    /// A message.
    Message {
        /// The link it came on.
        link: LinkId,
        /// Which of the link's messages it is, from 1.
        number: u64,
    },
    /// A timer.
    Timer(TimerId),
    /// A message that a node received and dropped: the node had stopped and drains its in-links. No handler ran.
    Discarded {
        /// The link it came on.
        link: LinkId,
        /// Which of the link's messages it is, from 1.
        number: u64,
    },
}

impl Cause {
    /// The message that was received: its link, and which of the link's messages it is, from 1.
    #[must_use]
    pub fn received(self) -> Option<(LinkId, u64)> {
        match self {
            Cause::Message { link, number } | Cause::Discarded { link, number } => {
                Some((link, number))
            }
            Cause::Start | Cause::Timer(_) => None,
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Start => f.write_str("start"),
            Cause::Message { link, number } => write!(f, "message {number} of {link}"),
            Cause::Discarded { link, number } => {
                write!(f, "message {number} of {link}, dropped by a node that has stopped")
            }
            Cause::Timer(timer) => timer.fmt(f),
        }
    }
}
