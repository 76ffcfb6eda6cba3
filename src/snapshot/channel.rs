//! The recorded state of one link.

use crate::topology::Link;

/// The recorded state of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState<M> {
    pub(crate) link: Link,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) acknowledged: u64,
    pub(crate) messages: Vec<M>,
    /// [`u64::MAX`] if there is none. A large snapshot has millions of links, so each is small.
    capacity: u64,
}

impl<M> ChannelState<M> {
    /// The state of a link without a capacity, on which `sent` messages were sent and `received` of
    /// these received. `messages` are those in flight, in their order. The numbers are not checked
    /// here: [`GlobalSnapshot::from_parts`](crate::GlobalSnapshot::from_parts) checks that they fit
    /// together.
    #[must_use]
    pub fn new(link: Link, sent: u64, received: u64, messages: Vec<M>) -> Self {
        ChannelState { link, sent, received, acknowledged: 0, messages, capacity: u64::MAX }
    }

    /// The same state, with this many messages [acknowledged](Self::acknowledged).
    #[must_use]
    pub fn with_acknowledged(self, acknowledged: u64) -> Self {
        ChannelState { acknowledged, ..self }
    }

    /// The same state, with this [capacity](Self::capacity).
    #[must_use]
    pub fn with_capacity(self, capacity: Option<u64>) -> Self {
        ChannelState { capacity: capacity.unwrap_or(u64::MAX), ..self }
    }

    /// The link.
    #[must_use]
    pub fn link(&self) -> Link {
        self.link
    }

    /// n: how many messages had been sent on the link before its sender recorded.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// m: how many of these had been received before the link's receiver recorded.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.received
    }

    /// The messages in flight, m+1 to n, in their order.
    #[must_use]
    pub fn messages(&self) -> &[M] {
        &self.messages
    }

    /// How many messages may be sent on the link and not received before its sender has to wait;
    /// `None` if there is no limit.
    #[must_use]
    pub fn capacity(&self) -> Option<u64> {
        (self.capacity < u64::MAX).then_some(self.capacity)
    }

    /// How many of the link's messages the sender knew to be received when it recorded. The number
    /// is at most m, since an acknowledgement is a message too and does not cross the cut
    /// backwards. Zero for a link without a limit.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// How many of the link's messages wait for room: n - m less the capacity. The sender waited
    /// for room when it recorded. It goes on waiting after it has learnt that all m messages were
    /// received.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let under_way = self.sent.saturating_sub(self.received);
        self.capacity().map_or(0, |capacity| under_way.saturating_sub(capacity))
    }

    pub(super) fn obeys_the_law(&self) -> bool {
        self.sent.checked_sub(self.received) == Some(self.messages.len() as u64)
    }

    /// Whether the sender's room was made within the cut. By the channel law, all messages in
    /// flight beyond the capacity then waited at the sender.
    pub(super) fn obeys_its_capacity(&self) -> bool {
        self.capacity == u64::MAX || self.acknowledged <= self.received
    }
}
