//! The values that travel: on links ([`Envelope`]), out of a node ([`Output`]), and to the
//! collector ([`Report`]).

use std::time::Duration;

use crate::id::{LinkId, NodeId, ReplyTo, SnapshotId, TimerId};
use crate::snapshot::PendingTimer;

/// One item on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope<M> {
    /// A message of the application.
    Message(M),
    /// The marker of one snapshot. On its link the marker separates the messages sent before the
    /// sender recorded from the messages sent after.
    Marker(SnapshotId),
    /// The sender has failed, so this link delivers nothing more. A driver puts this on the link on
    /// behalf of the failed node.
    End,
}

/// A request of a node to its driver. A driver carries outputs out in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<S, M> {
    /// Put these messages on a link, in their order. The node sent them on this link one after the
    /// other, until it produced any other output or the [batch](super::NodeCore::limit_batches) was
    /// full.
    Messages {
        /// A link that leaves the node.
        link: LinkId,
        /// One message or more.
        messages: Vec<M>,
    },
    /// Put this marker on a link.
    Marker {
        /// A link that leaves the node.
        link: LinkId,
        /// The marker's snapshot.
        snapshot: SnapshotId,
    },
    /// Bring this marker back to the sender of an in-link ([`NodeCore::marker_returned`]). The
    /// marker must arrive ahead of the acknowledgement of every message that is received from now
    /// on.
    ///
    /// [`NodeCore::marker_returned`]: super::NodeCore::marker_returned
    Return {
        /// A link with a capacity that ends at the node.
        link: LinkId,
        /// The marker's snapshot.
        snapshot: SnapshotId,
    },
    /// Bring this report to the collector.
    Report(Report<S, M>),
    /// Let these messages out of the system, in their order. The process has
    /// [emitted](crate::Context::emit) them.
    Emitted(Vec<M>),
    /// Bring this message to the caller who asks, if there is such a caller
    /// ([`Context::reply`](crate::Context::reply)).
    Reply(ReplyTo, M),
    /// Drop this message. A node that [drains](super::NodeCore::stop_and_drain) its in-links has
    /// received the message and does not handle it.
    Discarded(M),
    /// The process asks for a snapshot with this node among its initiators.
    RequestSnapshot,
    /// This node handles nothing more, but still takes part in snapshots. The node has
    /// [stopped](super::NodeCore::is_stopped) permanently, or it [halts](super::NodeCore::halt)
    /// until it is told to [resume](super::NodeCore::resume). The node says so each time.
    Stopped,
}

/// A part of a snapshot, sent to the collector.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Report<S, M> {
    /// A node has recorded its state.
    Node(NodeRecord<S, M>),
    /// A link has closed: its marker has come.
    Link(LinkRecord<M>),
}

/// A node's record of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeRecord<S, M> {
    /// The snapshot that this record belongs to.
    pub snapshot: SnapshotId,
    /// The node that recorded.
    pub node: NodeId,
    /// The node's state.
    pub state: S,
    /// Whether the node had stopped.
    pub stopped: bool,
    /// Whether the node had stopped and drains its in-links.
    pub drains: bool,
    /// How many messages were sent before the recording, for each of the node's out-links in the
    /// topology's order.
    pub sent: Box<[u64]>,
    /// How many messages were received before the recording, for each of the node's in-links in the
    /// topology's order.
    pub received: Box<[u64]>,
    /// For each of the node's out-links, how many of its messages the node knew to be received when
    /// it recorded. The room on the link depends on this count. Zero for a link without a capacity.
    /// Empty if no out-link has one.
    pub acknowledged: Box<[u64]>,
    /// The node's pending timers, by id.
    pub timers: Vec<TimerRecord>,
    /// The node's emitted messages.
    pub output: OutputRecord<M>,
    /// The environment link. No marker comes from outside; the node closes this link when it
    /// records.
    pub environment: EnvironmentRecord<M>,
}

/// A timer that was pending when its node recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TimerRecord {
    /// The timer.
    pub timer: TimerId,
    /// The moment at which the timer is due, on the driver's clock.
    pub due: Duration,
    /// How long before the clock's zero the timer was due. Zero, except for a timer that was
    /// overdue when its node was restored.
    pub before_zero: Duration,
}

impl TimerRecord {
    /// The timer as a snapshot has it, whose node was recorded at this time.
    pub(crate) fn pending(&self, at: Duration) -> PendingTimer {
        let TimerRecord { timer, due, before_zero } = *self;
        let overdue = at.saturating_sub(due).saturating_add(before_zero);
        PendingTimer { timer, remaining: due.saturating_sub(at), overdue }
    }
}

/// The messages on a node's environment link when the node recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EnvironmentRecord<M> {
    /// How many messages were injected so far.
    pub sent: u64,
    /// How many of these messages the process has received.
    pub received: u64,
    /// The messages that the process has not received, in their order.
    pub messages: Vec<M>,
}

/// The emitted messages of a node when it recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct OutputRecord<M> {
    /// How many messages were emitted so far.
    pub emitted: u64,
    /// The last emitted messages, in their order, that were not taken. The core leaves this list
    /// empty. When the driver drains this record, the driver holds exactly the messages that were
    /// emitted before the record and not taken; so the driver fills in the list.
    pub untaken: Box<[M]>,
}

/// A node's record of one of its in-links.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct LinkRecord<M> {
    /// The snapshot that this record belongs to.
    pub snapshot: SnapshotId,
    /// The link. Its target recorded it.
    pub link: LinkId,
    /// The messages in flight, in their order.
    pub messages: Vec<M>,
}

/// The record of a node that has emitted nothing.
impl<M> Default for OutputRecord<M> {
    fn default() -> Self {
        OutputRecord { emitted: 0, untaken: Box::new([]) }
    }
}

impl<M> NodeRecord<(), M> {
    /// The record with its state.
    pub(super) fn with_state<S>(self, state: S) -> NodeRecord<S, M> {
        let NodeRecord { snapshot, node, state: (), stopped, drains, .. } = self;
        let NodeRecord { sent, received, acknowledged, timers, .. } = self;
        let NodeRecord { output, environment, .. } = self;
        NodeRecord {
            snapshot,
            node,
            state,
            stopped,
            drains,
            sent,
            received,
            acknowledged,
            timers,
            output,
            environment,
        }
    }
}

impl<S, M> Report<S, M> {
    /// The snapshot that this report belongs to.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        match self {
            Report::Node(record) => record.snapshot,
            Report::Link(record) => record.snapshot,
        }
    }
}

impl<M> Envelope<M> {
    /// Whether this is a message of the application, and not a marker or an end.
    #[inline]
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self, Envelope::Message(_))
    }
}
