//! The sending ends of the links from a node.

use std::sync::Arc;

use super::bell::Bell;
use super::channel::{Batch, Control, full};
use super::gauge::Gauge;
use super::marks::Mark;
use crate::runtime::tuning::{CROWD, LOOK_AT_ONCE, LOOK_FOR_CROWD_EVERY};
use crate::spaced::spaced;
use crate::sync::{IS_MODEL, Sender};

/// The sending end of a link.
pub(crate) struct LinkSender<M> {
    tx: Sender<Batch<M>>,
    /// How many messages were put since this node last checked for a crowd.
    put_since_look: usize,
    /// Whether the link is in [`Senders::touched`].
    is_touched: bool,
    target: Arc<Bell>,
    /// Whether the link leads from its node to the same node. The node is awake while it sends, and
    /// sees its messages itself.
    is_own: bool,
    /// The mark to set, if the target has many in-links.
    mark: Option<Mark>,
    gauge: Arc<Gauge>,
    /// How many messages were received at this node's last look.
    seen: u64,
}

impl<M> LinkSender<M> {
    pub(crate) fn new(
        tx: Sender<Batch<M>>,
        (target, is_own): (Arc<Bell>, bool),
        mark: Option<Mark>,
        gauge: Arc<Gauge>,
    ) -> Self {
        let (put_since_look, is_touched, seen) = (0, false, 0);
        LinkSender { tx, put_since_look, is_touched, target, is_own, mark, gauge, seen }
    }

    /// Sends a batch. If the receiver is gone, the batch is dropped.
    fn send(&mut self, batch: Batch<M>) {
        if let (Ok(()), Some(mark)) = (self.tx.send(batch), &self.mark) {
            mark.set();
        }
    }

    /// The count, if it has changed.
    fn see(&mut self, received: u64) -> Option<u64> {
        let is_news = received != self.seen;
        self.seen = received;
        is_news.then_some(received)
    }
}

/// The sending ends of a node's links, by slot, in the topology's order.
pub(crate) struct Senders<M> {
    // These are written for each message.
    links: Vec<LinkSender<M>>,
    /// Slots of the links on which messages were put since the last call of [`Senders::ring`].
    touched: Vec<usize>,
}

impl<M> Senders<M> {
    /// Makes room for the sending ends of `links` links.
    pub(crate) fn new(links: usize) -> Self {
        Senders { links: spaced(links), touched: Vec::new() }
    }

    /// Adds the next link.
    pub(crate) fn add(&mut self, link: LinkSender<M>) {
        self.links.push(link);
    }

    /// Puts messages on a link, at most one batch. The receiver is told by the next call of
    /// [`ring`](Self::ring).
    ///
    /// The receiver of a full batch can begin with it, and is woken at once, without a fence. This
    /// look is correct if a crossbeam channel's push and its `is_empty` are sequentially
    /// consistent, as the look at the bell is. They are, but crossbeam does not promise it. `ring`
    /// therefore looks again, after a fence of this crate, so that no message is missed.
    #[inline]
    pub(crate) fn put(&mut self, slot: usize, messages: Vec<M>) {
        let link = &mut self.links[slot];
        let is_full = messages.len() >= full::<M>();
        link.put_since_look += messages.len();
        link.send(Batch::Messages(messages.into()));
        if is_full && LOOK_AT_ONCE {
            link.target.ring();
        }
        if !link.is_touched {
            link.is_touched = true;
            self.touched.push(slot);
        }
    }

    /// Puts a control message on a link. It rings urgently, for all messages that were put before
    /// it too.
    pub(crate) fn put_control(&mut self, slot: usize, control: Control) {
        let link = &mut self.links[slot];
        link.send(Batch::Control(control));
        link.target.ring_urgently();
    }

    /// Whether messages were put since the last call of [`ring`](Self::ring).
    #[inline]
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Whether the call of [`ring`](Self::ring) must wake receivers and needs a fence before it.
    /// Otherwise it only shows counts.
    #[inline]
    pub(crate) fn must_ring(&self) -> bool {
        self.touched.iter().any(|&slot| !self.links[slot].is_own)
    }

    /// Wakes the receivers of the links on which messages were put, if they still sleep. Shows
    /// observers how many messages were sent, by slot. True if a receiver does not keep up.
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
            // The look costs a cache line of the receiver.
            if !IS_MODEL && link.put_since_look >= LOOK_FOR_CROWD_EVERY {
                link.put_since_look = 0;
                is_crowded |= sent.saturating_sub(link.gauge.received()) > CROWD;
            }
        }
        is_crowded
    }

    /// How many of a link's messages were received, if the number has changed.
    pub(crate) fn received(&mut self, slot: usize) -> Option<u64> {
        let link = &mut self.links[slot];
        let received = link.gauge.received();
        link.see(received)
    }

    /// Returns [`received`](Self::received), and makes the receiver ring when the link has room for
    /// all messages that were sent on it.
    pub(crate) fn await_room(&mut self, slot: usize, sent: u64) -> Option<u64> {
        let link = &mut self.links[slot];
        let wanted = sent.saturating_sub(link.gauge.capacity());
        let received = link.gauge.await_received(wanted);
        link.see(received)
    }

    /// Whether more messages were received since this node's last look.
    pub(crate) fn has_progress(&self, slot: usize) -> bool {
        let link = &self.links[slot];
        link.gauge.received() != link.seen
    }

    /// Puts the end of the link on every link.
    pub(crate) fn end(&mut self, sent_on: impl Fn(usize) -> u64) {
        for slot in 0..self.links.len() {
            self.put_control(slot, Control::End);
            self.links[slot].gauge.set_sent(sent_on(slot));
        }
    }
}
