//! One link that leaves a node.

use crate::id::LinkId;
use crate::topology::Link;

#[derive(Debug)]
pub(super) struct OutLink<M> {
    /// The open batch, which holds the last messages sent. Empty while a handler's context holds
    /// it.
    pub(super) open: Vec<M>,
    /// How many messages were sent before the messages of the open batch.
    pub(super) closed: u64,
    /// How many messages may have been sent before the next one waits: the number known to be
    /// received, plus the capacity.
    pub(super) limit: u64,
    pub(super) link: Link,
    /// When the open batch holds this many messages,
    /// [`OutLinks::prepare`](super::OutLinks::prepare) must be called before the next message. Then
    /// the batch is full or has no memory for that message, or the message has to wait.
    pub(super) ready_for: u32,
    /// The slot of the batch that was begun next, if this batch is open.
    pub(super) next_begun: u32,
    /// Whether the last batch was full when it was closed.
    pub(super) fills: bool,
}

/// In place of a slot: the batch is not open.
pub(super) const NOT_BEGUN: u32 = u32::MAX;
/// In place of a slot: no batch was begun later.
pub(super) const NONE_BEGUN: u32 = u32::MAX - 1;

impl<M> OutLink<M> {
    pub(super) fn new(link: Link) -> Self {
        OutLink {
            open: Vec::new(),
            closed: 0,
            limit: u64::MAX,
            link,
            ready_for: 0,
            next_begun: NOT_BEGUN,
            fills: false,
        }
    }

    pub(super) fn id(&self) -> LinkId {
        self.link.id
    }

    #[inline]
    pub(super) fn is_ready(&self) -> bool {
        self.open.len() < self.ready_for as usize
    }

    /// Whether no batch is open, and the next message has room.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        self.next_begun == NOT_BEGUN && self.limit > self.closed
    }

    /// The slot of the batch that was begun next. This batch is not open from now on.
    #[inline]
    pub(super) fn take_next_begun(&mut self) -> u32 {
        std::mem::replace(&mut self.next_begun, NOT_BEGUN)
    }

    pub(super) fn sent(&self) -> u64 {
        self.closed + self.open.len() as u64
    }

    pub(super) fn waiting(&self) -> u64 {
        self.sent().saturating_sub(self.limit)
    }

    pub(super) fn close(&mut self, most: usize) -> (LinkId, Vec<M>) {
        self.note_closing(most);
        (self.link.id, std::mem::take(&mut self.open))
    }

    /// Counts the messages of the open batch, which leave now.
    #[inline]
    pub(super) fn note_closing(&mut self, most: usize) {
        self.closed = self.sent();
        (self.fills, self.ready_for) = (self.open.len() >= most, 0);
    }
}
