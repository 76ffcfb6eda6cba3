//! One event: a handler that ran.

use std::fmt;

use crate::id::{LinkId, NodeId, SnapshotId, TimerId};

/// The place of an event in its trace, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct EventId(pub(super) usize);

/// A handler that ran, with its cause and its sends. A message that a stopped node drops is an
/// event too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Event {
    /// The node at which the handler ran.
    pub node: NodeId,
    /// The number of the event among those of its node, from 0.
    pub nth: usize,
    /// The cause of the event.
    pub cause: Cause,
    /// The links on which the handler sent messages, in this order.
    pub sends: Vec<LinkId>,
}

/// An entry of a node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Logged {
    /// A handler ran.
    Handled {
        /// The cause of the event.
        cause: Cause,
        /// The links on which the handler sent messages, in this order.
        sends: Vec<LinkId>,
    },
    /// The node recorded its state.
    Recorded(SnapshotId),
    /// A marker arrived.
    Marker(SnapshotId, LinkId),
    /// A marker came back on a link with a capacity and made the node record. The link's receiver
    /// had recorded before.
    MarkerReturned(SnapshotId, LinkId),
    /// The node learnt how many messages of a link with a capacity the link's receiver had
    /// received. The number is [`u64::MAX`] if the receiver had failed: a link to a failed node has
    /// room for all messages.
    Acknowledged(LinkId, u64),
}

impl Logged {
    /// A handler ran, for this cause, and sent on these links.
    #[must_use]
    pub fn handled(cause: Cause, sends: impl IntoIterator<Item = LinkId>) -> Self {
        Logged::Handled { cause, sends: sends.into_iter().collect() }
    }
}

/// Something that happens at a node between its events and changes neither its state nor its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mark {
    /// The node.
    pub node: NodeId,
    /// How many events of the trace come before it.
    pub after: usize,
    /// The kind of the mark.
    pub kind: MarkKind,
}

/// What a [`Mark`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum MarkKind {
    /// The node records its state.
    Recorded(SnapshotId),
    /// A marker arrives. It left when the link's source recorded.
    Marker(SnapshotId, LinkId),
    /// A marker comes back to the link's source and makes it record. The marker left when the
    /// link's target recorded.
    MarkerReturned(SnapshotId, LinkId),
}

/// The cause of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Cause {
    /// The start of the node.
    Start,
    /// A message.
    Message {
        /// The link on which the message came.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
    },
    /// A timer.
    Timer(TimerId),
    /// A message that a node received and dropped: the node had stopped and was draining its
    /// in-links. No handler ran.
    Discarded {
        /// The link on which the message came.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
    },
}

impl Cause {
    /// The received message: its link, and its number on that link, from 1.
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
