//! What travels: on links ([`Envelope`]), out of a node ([`Output`]), and to the collector
//! ([`Report`]).

use std::time::Duration;

use crate::id::{LinkId, NodeId, ReplyTo, SnapshotId, TimerId};

/// What a link carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope<M> {
    /// A message of the application.
    Message(M),
    /// The marker of one snapshot: it separates, on its link, what the sender sent before it
    /// recorded from what it sent after.
    Marker(SnapshotId),
    /// The sender has failed: nothing more comes on this link. A driver puts it there on behalf of a
    /// node that has failed.
    End,
}

/// What a node wants done. A driver carries outputs out in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output<S, M> {
    /// Put these messages on a link, in their order: what was sent on it one after the other, until
    /// the node wanted anything but sends, or the [batch](super::NodeCore::limit_batches) was full.
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
    /// Bring this marker back to the sender of an in-link ([`NodeCore::marker_returned`]) ahead of
    /// every acknowledgement of a message that is received from now on.
    ///
    /// [`NodeCore::marker_returned`]: super::NodeCore::marker_returned
    Return {
        /// A link with a capacity that ends at the node.
        link: LinkId,
        /// The marker's snapshot.
        snapshot: SnapshotId,
    },
    /// Bring this to the collector.
    Report(Report<S, M>),
    /// Let these messages out of the system, in their order: the process has
    /// [emitted](crate::Context::emit) them.
    Emitted(Vec<M>),
    /// Bring this message to whoever asks, if somebody does
    /// ([`Context::reply`](crate::Context::reply)).
    Reply(ReplyTo, M),
    /// Drop this message. A node that [drains](super::NodeCore::stop_and_drain) its in-links has
    /// received it and handles it no more.
    Discarded(M),
    /// The process asks for a snapshot with this node among its initiators.
    RequestSnapshot,
    /// This node handles nothing more, and still takes part in snapshots. It has
    /// [stopped](super::NodeCore::is_stopped) for good, or [halts](super::NodeCore::halt) until it
    /// is told to [resume](super::NodeCore::resume): it says so each time.
    Stopped,
}

/// A part of a snapshot, on its way to the collector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report<S, M> {
    /// A node has recorded its state.
    Node(NodeRecord<S, M>),
    /// A link has closed: its marker has come.
    Link(LinkRecord<M>),
}

/// What a node recorded of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeRecord<S, M> {
    /// The snapshot this belongs to.
    pub snapshot: SnapshotId,
    /// The node that recorded.
    pub node: NodeId,
    /// Its state.
    pub state: S,
    /// Whether it had stopped.
    pub stopped: bool,
    /// Whether it had stopped and drains its in-links.
    pub drains: bool,
    /// Messages sent before the recording, for each of the node's out-links in the topology's
    /// order.
    pub sent: Box<[u64]>,
    /// Messages received before the recording, for each of the node's in-links in the topology's
    /// order.
    pub received: Box<[u64]>,
    /// For each of the node's out-links, how many of its messages the node knew to be received when
    /// it recorded: what it owes its room to. Zero for a link without a capacity.
    pub acknowledged: Box<[u64]>,
    /// Its pending timers, by id.
    pub timers: Vec<TimerRecord>,
    /// What the node has let out of the system.
    pub output: OutputRecord<M>,
    /// The environment link. No marker comes from outside; the node closes this link when it
    /// records.
    pub environment: EnvironmentRecord<M>,
}

/// A timer that was pending when its node recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerRecord {
    /// The timer.
    pub timer: TimerId,
    /// When it is due, on the driver's clock.
    pub due: Duration,
    /// How long before the clock's zero it was due. Zero, except for a timer that was overdue when
    /// its node was restored.
    pub before_zero: Duration,
}

/// What lay on a node's environment link when the node recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRecord<M> {
    /// Messages injected so far.
    pub sent: u64,
    /// Messages of these that the process has received.
    pub received: u64,
    /// The messages it has not, in their order.
    pub messages: Vec<M>,
}

/// What a node had emitted when it recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputRecord<M> {
    /// Messages emitted so far.
    pub emitted: u64,
    /// The last of these, in their order: those that nobody has taken. The core hands out its
    /// record with none. Everything emitted before it is with the driver when this record is
    /// drained, and nothing emitted after it; so the driver then puts in what it has.
    pub untaken: Box<[M]>,
}

/// What a node recorded of one of its in-links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRecord<M> {
    /// The snapshot this belongs to.
    pub snapshot: SnapshotId,
    /// The link, recorded by its target.
    pub link: LinkId,
    /// The messages in flight, in their order.
    pub messages: Vec<M>,
}

/// Of a node that has emitted nothing.
impl<M> Default for OutputRecord<M> {
    fn default() -> Self {
        OutputRecord { emitted: 0, untaken: Box::new([]) }
    }
}

impl<M> NodeRecord<(), M> {
    /// The whole record.
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
    /// The snapshot this is a part of.
    #[must_use]
    pub fn snapshot(&self) -> SnapshotId {
        match self {
            Report::Node(record) => record.snapshot,
            Report::Link(record) => record.snapshot,
        }
    }
}

impl<M> Envelope<M> {
    /// Whether this is a message of the application, and no marker or end.
    #[inline]
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self, Envelope::Message(_))
    }
}
