//! The open batch that a running handler holds.

use crate::id::LinkId;
use crate::out_links::Terms;

/// The open batch of the link on which the running handler has sent last, taken out of its place
/// among the node's links. So the next message of this link needs one comparison, and no search.
///
/// The context of a row of handlers holds the batch, and puts it back before anything else is done
/// with the outbox. Outside of such a row every batch is in its place.
#[derive(Debug)]
pub(crate) struct Held<M> {
    /// The owner of the batch: the number of its link, or a number that no link has.
    owner: u64,
    pub(super) messages: Vec<M>,
    /// How many messages the batch may have before the next call of
    /// [`turn_to`](super::Outbox::turn_to).
    ready_for: usize,
    /// With this many messages the batch is full.
    full_at: usize,
    /// How many of the messages were sent by handlers that have returned.
    committed: usize,
}

const OUTPUT: u64 = 1 << 32;
const NO_OWNER: u64 = 2 << 32;

impl<M> Held<M> {
    /// No batch.
    #[inline]
    pub(crate) fn none() -> Self {
        Held {
            owner: NO_OWNER,
            messages: Vec::new(),
            ready_for: 0,
            full_at: usize::MAX,
            committed: 0,
        }
    }

    /// The batch is that of a link, or of the output, from now on.
    #[inline]
    pub(super) fn begin(&mut self, terms: &Terms) {
        self.owner = if terms.link == LinkId::OUTPUT { OUTPUT } else { number(terms.link) };
        (self.ready_for, self.full_at) = (terms.ready_for, terms.full_at);
        self.committed = self.messages.len();
    }

    /// The batch has no owner from now on. Returns how many of its messages the running handler has
    /// sent; `None` if it had no owner before.
    #[inline]
    pub(super) fn end(&mut self) -> Option<usize> {
        let owner = std::mem::replace(&mut self.owner, NO_OWNER);
        (owner != NO_OWNER).then(|| self.messages.len() - self.committed)
    }

    /// Sends a message for the running handler if this is the batch of the link, and the batch is
    /// ready for the message. Otherwise hands the message back.
    #[inline]
    pub(crate) fn send(&mut self, link: LinkId, message: M) -> Result<(), M> {
        self.push_on(number(link), message)
    }

    /// As [`send`](Self::send), for a message that leaves the system.
    #[inline]
    pub(crate) fn emit(&mut self, message: M) -> Result<(), M> {
        self.push_on(OUTPUT, message)
    }

    #[inline]
    fn push_on(&mut self, owner: u64, message: M) -> Result<(), M> {
        if self.owner != owner || self.messages.len() >= self.ready_for {
            return Err(message);
        }
        self.messages.push(message);
        Ok(())
    }

    /// Sends a message for the running handler. The batch must be ready for it.
    #[inline]
    pub(crate) fn push(&mut self, message: M) {
        self.messages.push(message);
    }

    /// The link of the batch, once for each message that the running handler has sent since the
    /// batch was taken out. The output is left out.
    #[inline]
    pub(crate) fn sends(&self) -> impl Iterator<Item = LinkId> + Clone {
        let sent = if self.owner < OUTPUT { self.messages.len() - self.committed } else { 0 };
        // The number of a link fits.
        std::iter::repeat_n(LinkId::new(self.owner as u32), sent)
    }

    /// Notes that the running handler has returned. False if the batch is full, so that the driver
    /// has something to do.
    #[inline]
    pub(crate) fn commit(&mut self) -> bool {
        self.committed = self.messages.len();
        self.committed < self.full_at
    }
}

#[inline]
fn number(link: LinkId) -> u64 {
    link.index() as u64
}
