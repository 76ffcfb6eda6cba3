//! The links that leave a node.

use std::sync::Arc;

use super::bell::Bell;
use super::channel::LinkSender;
use super::gauge::Gauge;
use super::marks::Mark;
use crate::protocol::Envelope;
use crate::runtime::discard::discard;
use crate::sync::{LOOK_AT_ONCE, give_way};

/// The sending end of a link.
// Cache lines of its own: written for each message.
#[repr(align(128))]
pub(crate) struct OutLink<M> {
    tx: LinkSender<Envelope<M>>,
    target: Arc<Bell>,
    /// For a target with many in-links.
    mark: Option<Mark>,
    gauge: Arc<Gauge>,
    /// Messages sent, of which observers hear at the end of a turn.
    sent: u64,
    /// How many messages were processed when this node last looked.
    seen: u64,
}

impl<M> OutLink<M> {
    /// The count, if it is news.
    fn see(&mut self, processed: u64) -> Option<u64> {
        let is_news = processed != self.seen;
        self.seen = processed;
        is_news.then_some(processed)
    }
}

/// The sending ends of a node's links, by slot: as the topology orders them, by which the core names them as well.
pub(crate) struct OutLinks<M> {
    links: Vec<OutLink<M>>,
    /// Links on which something was put, and whose targets' bells have not been rung.
    unrung: Vec<usize>,
}

impl<M> OutLinks<M> {
    pub(crate) fn new() -> Self {
        OutLinks { links: Vec::new(), unrung: Vec::new() }
    }

    pub(crate) fn add(
        &mut self,
        tx: LinkSender<Envelope<M>>,
        target: Arc<Bell>,
        mark: Option<Mark>,
        gauge: Arc<Gauge>,
    ) {
        let sent = gauge.sent();
        self.links.push(OutLink { tx, target, mark, gauge, sent, seen: 0 });
    }

    /// Puts an envelope on a link. Where the target has panicked, it goes nowhere.
    ///
    /// What a handler has sent should be received while the next one runs, so a target that is seen asleep is
    /// woken here, without a fence. That is right as far as a crossbeam channel's push and its `is_empty` are
    /// sequentially consistent, as this look is; they are, and do not promise it. So [`ring`](Self::ring),
    /// which stands on fences of our own, follows at the end of the turn, and nothing can be lost.
    #[inline]
    pub(crate) fn put(&mut self, slot: usize, envelope: Envelope<M>) {
        let link = &mut self.links[slot];
        let is_message = envelope.is_message();
        link.tx.send(envelope);
        if !is_message {
            return link.target.ring_urgently();
        }
        link.sent += 1;
        if let Some(mark) = &link.mark {
            mark.set();
        }
        if LOOK_AT_ONCE {
            link.target.ring();
        }
        if self.unrung.last() != Some(&slot) {
            self.unrung.push(slot);
        }
    }

    /// Wakes those on whose links messages were put, if nobody has. To be called at the end of a turn, after
    /// [`fence_between_push_and_ring`](super::bell::fence_between_push_and_ring).
    #[inline]
    pub(crate) fn ring(&mut self) {
        let mut is_crowded = false;
        for slot in self.unrung.drain(..) {
            let link = &self.links[slot];
            link.target.ring();
            link.gauge.set_sent(link.sent);
            is_crowded |= link.tx.is_crowded();
        }
        if is_crowded {
            // Those who are to receive have more to do than this node.
            give_way();
        }
    }

    /// Whether [`ring`](Self::ring) is due.
    #[inline]
    pub(crate) fn is_unrung(&self) -> bool {
        !self.unrung.is_empty()
    }

    /// How many messages of a link were processed by now, if that is more than at the last look.
    pub(crate) fn processed(&mut self, slot: usize) -> Option<u64> {
        let link = &mut self.links[slot];
        let processed = link.gauge.processed();
        link.see(processed)
    }

    /// As [`processed`](Self::processed); if the link has no room then either, its receiver rings when it has.
    pub(crate) fn await_room(&mut self, slot: usize) -> Option<u64> {
        let link = &mut self.links[slot];
        let wanted = link.sent.saturating_sub(link.gauge.capacity());
        let processed = link.gauge.await_processed(wanted);
        link.see(processed)
    }

    /// Whether more was processed since this node last looked.
    pub(crate) fn has_progress(&self, slot: usize) -> bool {
        let link = &self.links[slot];
        link.gauge.processed() != link.seen
    }

    /// Says on every link that nothing more will come. That rings urgently, for all that was put there before as well.
    pub(crate) fn end(&mut self) {
        for slot in 0..self.links.len() {
            self.put(slot, Envelope::End);
            self.links[slot].gauge.set_sent(self.links[slot].sent);
        }
    }
}

impl<M> Drop for OutLinks<M> {
    fn drop(&mut self) {
        // A message that came after its target had ended may still be there, and ends here, link by link.
        self.links.drain(..).for_each(discard);
    }
}
