//! The links that leave a node.

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
    /// How many messages were put since this node last looked for a crowd.
    put_since_look: usize,
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
        let (put_since_look, is_touched, seen) = (0, false, 0);
        LinkSender { tx, put_since_look, is_touched, target, is_own, mark, gauge, seen }
    }

    /// Where the receiver is gone, it goes nowhere.
    fn send(&mut self, batch: Batch<M>) {
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
    /// Slots of the links on which messages were put since [`Senders::ring`] was last called.
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

    /// Puts messages on a link, no more than make a batch. The receiver hears of it when
    /// [`ring`](Self::ring) is called.
    ///
    /// The receiver of a full batch can begin with it, and is woken at once, without a fence. That
    /// is right as far as a crossbeam channel's push and its `is_empty` are sequentially
    /// consistent, as the look at the bell is; they are, and do not promise it. So `ring` looks
    /// once more, behind a fence of our own, and nothing can be lost.
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

    /// Puts anything else on a link. That rings urgently, for all that was put there before as
    /// well.
    pub(crate) fn put_control(&mut self, slot: usize, control: Control) {
        let link = &mut self.links[slot];
        link.send(Batch::Control(control));
        link.target.ring_urgently();
    }

    /// Whether messages were put since [`ring`](Self::ring) was last called.
    #[inline]
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Whether [`ring`](Self::ring) is due behind a fence, and not only to show what was sent.
    #[inline]
    pub(crate) fn must_ring(&self) -> bool {
        self.touched.iter().any(|&slot| !self.links[slot].is_own)
    }

    /// Wakes those on whose links messages were put, if nobody has, and shows observers how much
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
            // The look costs a cache line of the receiver's.
            if !IS_MODEL && link.put_since_look >= LOOK_FOR_CROWD_EVERY {
                link.put_since_look = 0;
                is_crowded |= sent.saturating_sub(link.gauge.received()) > CROWD;
            }
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

    /// Says on every link that nothing more will come.
    pub(crate) fn end(&mut self, sent_on: impl Fn(usize) -> u64) {
        for slot in 0..self.links.len() {
            self.put_control(slot, Control::End);
            self.links[slot].gauge.set_sent(sent_on(slot));
        }
    }
}
