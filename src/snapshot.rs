//! A [`GlobalSnapshot`]: the recorded state of every node and every link.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{Link, Topology};

/// The recorded global state S\*: the state of every node, and of every link the messages in flight.
///
/// What it means (Chandy and Lamport 1985, section 4): S\* is reachable from the real global state in which the
/// snapshot began, and the one in which it ended is reachable from S\*. S\* itself need not have occurred.
/// So a stable property that holds in S\* holds from the snapshot's end on; one that does not hold in S\*
/// did not hold when the snapshot began; and an invariant that does not hold in S\* is not an invariant.
///
/// `Display` prints it for a person: every node's state, and every link that is not empty.
#[derive(Clone, Debug)]
pub struct GlobalSnapshot<S, M>(Parts<S, M>);

/// What a snapshot is made of, for the collector to fill in.
#[derive(Clone, Debug)]
pub(crate) struct Parts<S, M> {
    pub(crate) id: SnapshotId,
    pub(crate) topology: Arc<Topology>,
    pub(crate) initiators: Vec<NodeId>,
    pub(crate) states: Vec<S>,
    /// By `LinkId`: the links of the topology, and behind them the environment links.
    pub(crate) channels: Vec<ChannelState<M>>,
    pub(crate) timings: Timings,
}

/// The recorded state of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState<M> {
    link: Link,
    sent: u64,
    received: u64,
    messages: Vec<M>,
}

/// When the parts of a snapshot were recorded. Times are since the system's start; they are measured on the
/// machine's monotonic clock and decide nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    pub(crate) began: Duration,
    pub(crate) recorded: Vec<Duration>,
    pub(crate) ended: Duration,
}

impl<S, M> GlobalSnapshot<S, M> {
    pub(crate) fn new(parts: Parts<S, M>) -> Self {
        GlobalSnapshot(parts)
    }

    /// The snapshot's id.
    #[must_use]
    pub fn id(&self) -> SnapshotId {
        self.0.id
    }

    /// The topology of the system it was taken of.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.0.topology
    }

    /// The nodes that were asked to start it. One that a marker had reached by then followed like the others.
    #[must_use]
    pub fn initiators(&self) -> &[NodeId] {
        &self.0.initiators
    }

    /// The recorded state of a node.
    ///
    /// # Panics
    /// If the node is not in the topology.
    #[must_use]
    pub fn state(&self, node: NodeId) -> &S {
        self.0.states.get(node.index()).unwrap_or_else(|| {
            panic!("{node} is not in this snapshot's topology, which has {}", self.0.topology)
        })
    }

    /// All nodes with their recorded states, by id.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = (NodeId, &S)> {
        self.0.topology.nodes().zip(&self.0.states)
    }

    /// The recorded state of a link.
    ///
    /// # Panics
    /// If the link is neither in the topology nor an environment link of it.
    #[must_use]
    pub fn channel(&self, link: LinkId) -> &ChannelState<M> {
        self.0.channels.get(link.index()).unwrap_or_else(|| {
            panic!("{link} is not in this snapshot's topology, which has {}", self.0.topology)
        })
    }

    /// All links with their recorded states, by id; behind the topology's links the environment links.
    #[must_use]
    pub fn channels(&self) -> &[ChannelState<M>] {
        &self.0.channels
    }

    /// Every message in flight with the link it is on: by link, and for each link in its order.
    pub fn in_flight(&self) -> impl Iterator<Item = (Link, &M)> {
        self.0
            .channels
            .iter()
            .flat_map(|channel| channel.messages.iter().map(move |message| (channel.link, message)))
    }

    /// When its parts were recorded.
    #[must_use]
    pub fn timings(&self) -> &Timings {
        &self.0.timings
    }

    /// Checks the channel law: with n messages sent before the sender recorded, and m received before the
    /// receiver recorded, a link holds n - m messages. A snapshot that this crate has handed out passes; an
    /// engine of your own that loses or doubles envelopes at the cut is found out here.
    ///
    /// The law is checked by number. That the messages are the right ones, m+1 to n in their order, can only be
    /// checked by somebody who can tell them apart; the crate's own tests do.
    ///
    /// # Errors
    /// With every link that breaks the law.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let broken = self.0.channels.iter().filter(|channel| !channel.obeys_the_law());
        let violations: Vec<_> = broken
            .map(|channel| Violation {
                link: channel.link.id,
                text: self.0.topology.describe_link(channel.link.id),
                sent: channel.sent,
                received: channel.received,
                recorded: channel.messages.len(),
            })
            .collect();
        if violations.is_empty() {
            return Ok(());
        }
        Err(VerifyError { snapshot: self.0.id, violations })
    }
}

impl<M> ChannelState<M> {
    pub(crate) fn new(link: Link, sent: u64, received: u64, messages: Vec<M>) -> Self {
        ChannelState { link, sent, received, messages }
    }

    /// The link.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// n: how many messages had been sent on it before its sender recorded.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// m: how many of them had been received before its receiver recorded.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The messages in flight, m+1 to n, in their order.
    #[must_use]
    pub fn messages(&self) -> &[M] {
        &self.messages
    }

    fn obeys_the_law(&self) -> bool {
        self.sent.checked_sub(self.received) == Some(self.messages.len() as u64)
    }
}

impl Timings {
    /// When the snapshot began.
    #[must_use]
    pub fn began(&self) -> Duration {
        self.began
    }

    /// When each node recorded its state, by node.
    #[must_use]
    pub fn recorded(&self) -> &[Duration] {
        &self.recorded
    }

    /// When its last part was recorded.
    #[must_use]
    pub fn ended(&self) -> Duration {
        self.ended
    }

    /// From its beginning to its last part.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }
}

/// Links of a snapshot that break the channel law.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{snapshot} breaks the channel law: {}", list(violations))]
pub struct VerifyError {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// The links, by id.
    pub violations: Vec<Violation>,
}

/// One link that breaks the channel law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The link.
    pub link: LinkId,
    /// The link with the names of its ends.
    pub text: String,
    /// n, the messages sent before the sender recorded.
    pub sent: u64,
    /// m, the messages received before the receiver recorded.
    pub received: u64,
    /// How many messages were recorded; the law wants n - m.
    pub recorded: usize,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { text, sent, received, recorded, .. } = self;
        write!(f, "{text} has {sent} sent, {received} received, {recorded} recorded")
    }
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("; ")
}

impl<S: fmt::Debug, M: fmt::Debug> fmt::Display for GlobalSnapshot<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topology = self.topology();
        let initiators: Vec<_> = self.initiators().iter().map(|&n| topology.label(n)).collect();
        writeln!(
            f,
            "{} of {topology}, started at {} by {}, took {:.1?}",
            self.id(),
            format_args!("{:.1?}", self.timings().began()),
            initiators.join(", "),
            self.timings().duration(),
        )?;
        for (node, state) in self.states() {
            writeln!(f, "  {}: {state:?}", topology.label(node))?;
        }
        for channel in self.channels().iter().filter(|channel| !channel.messages.is_empty()) {
            let Link { source, target, .. } = channel.link;
            let source = match source {
                NodeId::ENVIRONMENT => "(outside)".to_owned(),
                node => topology.label(node),
            };
            let target = topology.label(target);
            writeln!(f, "  {source} -> {target}: {:?}", channel.messages)?;
        }
        let empty =
            self.0.channels.iter().filter(|c| c.messages.is_empty() && !c.link.is_environment());
        write!(f, "  {} of {} links empty", empty.count(), topology.link_count())
    }
}
