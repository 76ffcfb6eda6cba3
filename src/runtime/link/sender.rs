//! The links that leave a node.

use std::sync::Arc;

use super::bell::Bell;
use super::channel::{Batch, Spares, full};
use super::gauge::Gauge;
use super::marks::Mark;
use crate::protocol::Envelope;
use crate::runtime::tuning::{CROWD, LOOK_AT_ONCE};
use crate::spaced::spaced;
use crate::sync::{IS_MODEL, Sender};

/// The sending end of a link.
pub(crate) struct LinkSender<M> {
    tx: Sender<Batch<M>>,
    /// What has been put and not handed over.
    open: Batch<M>,
    /// Whether the last batch was full when it was handed over.
    fills: bool,
    /// Whether the link is among those of [`Senders::touched`].
    is_touched: bool,
    target: Arc<Bell>,
    /// Whether the link ends where it begins. Its node is awake while it sends, and sees for
    /// itself.
    is_own: bool,
    /// For a target with many in-links.
    mark: Option<Mark>,
    gauge: Arc<Gauge>,
    /// How many messages were received when this node last looked.
    seen: u64,
}

impl<M> LinkSender<M> {
    pub(crate) fn new(
        tx: Sender<Batch<M>>,
        (target, is_own): (Arc<Bell>, bool),
        mark: Option<Mark>,
        gauge: Arc<Gauge>,
    ) -> Self {
        let (open, fills, is_touched) = (Batch::new(), false, false);
        LinkSender { tx, open, fills, is_touched, target, is_own, mark, gauge, seen: 0 }
    }

    #[cold]
    fn begin_batch(&mut self, spares: &mut Spares<M>) {
        self.open = if self.fills { spares.take_large() } else { spares.take() };
    }

    /// Hands over before the turn ends. The receiver of a full batch can begin with it, and is
    /// woken without a fence. That is right as far as a crossbeam channel's push and its `is_empty`
    /// are sequentially consistent, as the look at the bell is; they are, and do not promise it. So
    /// the end of the turn rings once more, behind a fence of our own, and nothing can be lost.
    #[cold]
    fn hand_over_early(&mut self, is_full: bool) {
        self.hand_over();
        if !is_full {
            self.target.ring_urgently();
        } else if LOOK_AT_ONCE {
            self.target.ring();
        }
    }

    /// Hands over what has gathered. Where the receiver is gone, it goes nowhere.
    fn hand_over(&mut self) {
        self.fills = self.open.len() >= full::<M>();
        let batch = std::mem::replace(&mut self.open, Batch::new());
        if let (Ok(()), Some(mark)) = (self.tx.send(batch), &self.mark) {
            mark.set();
        }
    }

    /// The count, if it is news.
    fn see(&mut self, received: u64) -> Option<u64> {
        let is_news = received != self.seen;
        self.seen = received;
        is_news.then_some(received)
    }
}

/// The sending ends of a node's links, by slot: as the topology orders them.
pub(crate) struct Senders<M> {
    // Written for each message.
    links: Vec<LinkSender<M>>,
    /// Slots of the links on which messages were put since the end of the last turn.
    touched: Vec<usize>,
}

impl<M> Senders<M> {
    /// Of a node from which so many links will leave.
    pub(crate) fn new(links: usize) -> Self {
        Senders { links: spaced(links), touched: Vec::new() }
    }

    /// Adds the next link.
    pub(crate) fn add(&mut self, link: LinkSender<M>) {
        self.links.push(link);
    }

    /// Puts an envelope on a link. A message waits in the open batch until that is full, or until
    /// the end of the turn ([`hand_over`](Self::hand_over)). All else is handed over at once,
    /// urgently, with what stands before it.
    #[inline]
    pub(crate) fn put(&mut self, slot: usize, envelope: Envelope<M>, spares: &mut Spares<M>) {
        let link = &mut self.links[slot];
        let is_message = envelope.is_message();
        if !link.open.has_memory() {
            link.begin_batch(spares);
        }
        link.open.push(envelope);
        if is_message && !link.is_touched {
            link.is_touched = true;
            self.touched.push(slot);
        }
        if !is_message || link.open.len() >= full::<M>() {
            link.hand_over_early(is_message);
        }
    }

    /// Whether messages were put since the end of the last turn.
    #[inline]
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Hands over every open batch. True if [`ring`](Self::ring) is due after a fence, and not only
    /// to show what was sent.
    #[inline]
    pub(crate) fn hand_over(&mut self) -> bool {
        let mut is_to_others = false;
        for &slot in &self.touched {
            let link = &mut self.links[slot];
            if !link.open.is_empty() {
                link.hand_over();
            }
            is_to_others |= !link.is_own;
        }
        is_to_others
    }

    /// Wakes those to whom something was handed over, if nobody has, and shows observers how much
    /// was sent, by slot. True if one of them does not keep up.
    #[inline]
    pub(crate) fn ring(&mut self, sent_on: impl Fn(usize) -> u64) -> bool {
        let mut is_crowded = false;
        for slot in self.touched.drain(..) {
            let link = &mut self.links[slot];
            link.is_touched = false;
            if !link.is_own {
                link.target.ring();
            }
            let sent = sent_on(slot);
            link.gauge.set_sent(sent);
            // Only who sends full batches can be too fast.
            is_crowded |=
                link.fills && !IS_MODEL && sent.saturating_sub(link.gauge.received()) > CROWD;
        }
        is_crowded
    }

    /// How many of a link's messages were received, if that is news.
    pub(crate) fn received(&mut self, slot: usize) -> Option<u64> {
        let link = &mut self.links[slot];
        let received = link.gauge.received();
        link.see(received)
    }

    /// As [`received`](Self::received), and the receiver will ring when the link has room for what
    /// was sent on it.
    pub(crate) fn await_room(&mut self, slot: usize, sent: u64) -> Option<u64> {
        let link = &mut self.links[slot];
        let wanted = sent.saturating_sub(link.gauge.capacity());
        let received = link.gauge.await_received(wanted);
        link.see(received)
    }

    /// Whether more was received since this node last looked.
    pub(crate) fn has_progress(&self, slot: usize) -> bool {
        let link = &self.links[slot];
        link.gauge.received() != link.seen
    }

    /// Says on every link that nothing more will come. That rings urgently, for all that was put
    /// there before as well.
    pub(crate) fn end(&mut self, sent_on: impl Fn(usize) -> u64) {
        let mut spares = Spares::new();
        for slot in 0..self.links.len() {
            self.put(slot, Envelope::End, &mut spares);
            self.links[slot].gauge.set_sent(sent_on(slot));
        }
    }
}
