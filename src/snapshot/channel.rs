//! The recorded state of one link.

use crate::topology::Link;

/// The recorded state of one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelState<M> {
    pub(super) link: Link,
    pub(super) sent: u64,
    pub(super) received: u64,
    pub(super) messages: Vec<M>,
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

    pub(super) fn obeys_the_law(&self) -> bool {
        self.sent.checked_sub(self.received) == Some(self.messages.len() as u64)
    }
}
