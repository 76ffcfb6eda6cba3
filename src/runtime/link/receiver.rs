//! The receiving ends of the links to a node.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::channel::{Batch, Control, Messages};
use super::command::CommandPort;
use super::gauge::Gauge;
use super::marks::{Mark, Marks};
use crate::id::LinkId;
use crate::protocol::Envelope;
use crate::runtime::tuning::{EMPTIED_BATCHES, LOOK_AT_ONCE, MANY_LINKS};
use crate::spaced::spaced;
use crate::sync::Receiver;

/// The receiving end of a link.
pub(crate) struct LinkReceiver<M> {
    pub(crate) id: LinkId,
    rx: Receiver<Batch<M>>,
    /// The batch that is being read.
    current: Messages<M>,
    /// The control message behind the current batch.
    control: Option<Control>,
    /// How many more batches were there at the last look. They may be taken in this turn.
    there: usize,
    /// Whether the link is in [`Receivers::touched`].
    is_touched: bool,
    pub(crate) gauge: Arc<Gauge>,
    /// The way back to the sender, for markers and for waking it.
    pub(crate) sender: CommandPort,
}

impl<M> LinkReceiver<M> {
    pub(crate) fn new(
        id: LinkId,
        rx: Receiver<Batch<M>>,
        gauge: Arc<Gauge>,
        sender: CommandPort,
    ) -> Self {
        let (current, control, there, is_touched) = (Messages::new(), None, 0, false);
        LinkReceiver { id, rx, current, control, there, is_touched, gauge, sender }
    }

    /// Looks how many batches are there. At most `batches` of them, besides the current one, will
    /// be read before the next look.
    #[inline]
    pub(crate) fn look(&mut self, batches: usize) {
        self.there = self.rx.there().min(batches);
    }

    /// The next envelope that the last look found. The memory of messages goes to `emptied`.
    #[inline]
    pub(crate) fn next(&mut self, emptied: &mut Vec<Vec<M>>) -> Option<Envelope<M>> {
        match self.next_message(emptied) {
            Some(message) => Some(Envelope::Message(message)),
            None => self.control.take().map(Control::envelope),
        }
    }

    /// As [`next`](Self::next), if the next envelope is a message.
    #[inline]
    pub(crate) fn next_message(&mut self, emptied: &mut Vec<Vec<M>>) -> Option<M> {
        if self.current.is_empty() {
            self.refill(emptied);
        }
        self.current.pop()
    }

    #[cold]
    fn refill(&mut self, emptied: &mut Vec<Vec<M>>) {
        if self.there == 0 || self.control.is_some() {
            return;
        }
        self.there -= 1;
        match self.rx.take() {
            Some(Batch::Messages(messages)) => {
                self.tidy(emptied);
                self.current = messages;
            }
            Some(Batch::Control(control)) => self.control = Some(control),
            None => self.there = 0,
        }
    }

    /// Gives the memory of received messages to `emptied`, for messages that will be sent, if these
    /// can use it.
    fn tidy(&mut self, emptied: &mut Vec<Vec<M>>) {
        if self.current.is_empty() {
            let memory = self.current.take_memory();
            if memory.capacity() > 0 && emptied.len() < EMPTIED_BATCHES {
                emptied.push(memory);
            }
        }
    }

    /// Whether everything that the last look found was received.
    #[inline]
    pub(crate) fn is_read(&self) -> bool {
        self.there == 0 && self.current.is_empty() && self.control.is_none()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.current.is_empty() && self.control.is_none() && self.rx.is_empty()
    }
}

/// Messages that are sent after this are dropped.
impl<M> Drop for LinkReceiver<M> {
    fn drop(&mut self) {
        self.gauge.end();
    }
}

/// The receiving ends of a node's links, by slot, in the topology's order.
pub(crate) struct Receivers<M> {
    // These are written for each message.
    links: Vec<LinkReceiver<M>>,
    /// The links to look at.
    round: Round,
    /// Slots of the links on which messages were received since the last call of
    /// [`Receivers::ring`].
    touched: Vec<usize>,
}

/// The links to look at, one after the other. If a turn is interrupted, the next turn looks at the
/// rest.
enum Round {
    /// For a node with few in-links: all of them.
    All(Range<usize>),
    /// For a node with many in-links: the marked links, and links on which something was left.
    Marked(Marked),
}

struct Marked {
    marks: Arc<Marks>,
    /// Slots, each at most once.
    queue: VecDeque<usize>,
    /// By slot, whether it is in the queue.
    is_queued: Box<[bool]>,
    /// How many links of the queue this turn has still to look at.
    left: usize,
}

impl<M> Receivers<M> {
    /// Makes room for the receiving ends of `links` links.
    pub(crate) fn new(links: usize) -> Self {
        let round = match links > MANY_LINKS {
            true => Round::Marked(Marked::new(links)),
            false => Round::All(0..0),
        };
        Receivers { links: spaced(links), round, touched: Vec::new() }
    }

    /// Adds the next link, and returns the mark for its sender.
    pub(crate) fn add(&mut self, link: LinkReceiver<M>) -> Option<Mark> {
        let slot = self.links.len();
        self.links.push(link);
        match &self.round {
            Round::Marked(Marked { marks, .. }) => Some(Mark { marks: Arc::clone(marks), slot }),
            Round::All(_) => None,
        }
    }

    /// The capacity of the smallest link.
    pub(crate) fn least_capacity(&self) -> u64 {
        self.links.iter().map(|link| link.gauge.capacity()).min().unwrap_or(u64::MAX)
    }

    /// Gives room to every sender. For a node that fails: all messages to it are dropped.
    pub(crate) fn let_senders_go(&self) {
        self.links.iter().for_each(|link| link.gauge.drain(&link.sender.bell));
    }

    pub(crate) fn into_links(self) -> Vec<LinkReceiver<M>> {
        self.links
    }

    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<&LinkReceiver<M>> {
        self.links.get(slot)
    }

    #[inline]
    pub(crate) fn link(&mut self, slot: usize) -> &mut LinkReceiver<M> {
        &mut self.links[slot]
    }

    /// Begins a turn.
    #[inline]
    pub(crate) fn begin_turn(&mut self) {
        match &mut self.round {
            Round::All(slots) if slots.start == slots.end => *slots = 0..self.links.len(),
            Round::All(_) => {}
            Round::Marked(marked) => marked.begin_turn(),
        }
    }

    /// The next link to look at in this turn, with at most `batches` batches.
    #[inline]
    pub(crate) fn next_link(&mut self, batches: usize) -> Option<usize> {
        let slot = match &mut self.round {
            Round::All(slots) => slots.next(),
            Round::Marked(marked) => marked.next(),
        }?;
        self.links[slot].look(batches);
        Some(slot)
    }

    /// Ends this turn's share of a link.
    #[inline]
    pub(crate) fn leave(&mut self, slot: usize, emptied: &mut Vec<Vec<M>>) {
        let link = &mut self.links[slot];
        link.tidy(emptied);
        match &mut self.round {
            Round::Marked(marked) if !link.is_empty() => marked.enqueue(slot),
            _ => {}
        }
    }

    /// Begins a turn that looks at every link on which something may be, even if the last turn was
    /// interrupted.
    pub(crate) fn begin_full_turn(&mut self) {
        match &mut self.round {
            Round::All(slots) => *slots = 0..self.links.len(),
            Round::Marked(marked) => {
                marked.left = 0;
                marked.begin_turn();
            }
        }
    }

    /// Whether all links are empty. The look may miss the newest messages.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        match &self.round {
            Round::All(_) => self.links.iter().all(LinkReceiver::is_empty),
            Round::Marked(marked) => marked.queue.is_empty() && !marked.marks.is_any_set(),
        }
    }

    /// Notes that messages of a link were received. The sender is told by the next call of
    /// [`ring`](Self::ring). It is told at once if it is seen to want no more than `received`
    /// returns.
    #[inline]
    pub(crate) fn touch(&mut self, slot: usize, received: impl FnOnce() -> u64) {
        let link = &mut self.links[slot];
        if !link.is_touched {
            link.is_touched = true;
            self.touched.push(slot);
        }
        if LOOK_AT_ONCE && link.gauge.is_limited() {
            link.gauge.make_room(received(), &link.sender.bell);
        }
    }

    /// Whether messages were received since the last call of [`ring`](Self::ring).
    #[inline]
    pub(crate) fn is_touched(&self) -> bool {
        !self.touched.is_empty()
    }

    /// Shows how many messages were received on each link. If it returns true, the caller must pass
    /// a fence and then call [`ring`](Self::ring).
    #[inline]
    pub(crate) fn acknowledge(&self, received_on: impl Fn(LinkId) -> u64) -> bool {
        let mut is_limited = false;
        for &slot in &self.touched {
            let link = &self.links[slot];
            link.gauge.set_received(received_on(link.id));
            is_limited |= link.gauge.is_limited();
        }
        is_limited
    }

    /// Wakes the senders that wait for room which is now there.
    #[inline]
    pub(crate) fn ring(&mut self) {
        for slot in self.touched.drain(..) {
            let link = &mut self.links[slot];
            link.is_touched = false;
            if link.gauge.is_limited() {
                link.gauge.ring_if_wanted(&link.sender.bell);
            }
        }
    }
}

impl Marked {
    fn new(links: usize) -> Self {
        Marked {
            marks: Arc::new(Marks::new(links)),
            queue: VecDeque::new(),
            is_queued: vec![false; links].into(),
            left: 0,
        }
    }

    fn begin_turn(&mut self) {
        if self.left > 0 {
            return;
        }
        let Marked { marks, queue, is_queued, .. } = self;
        marks.take(|slot| {
            if !std::mem::replace(&mut is_queued[slot], true) {
                queue.push_back(slot);
            }
        });
        self.left = self.queue.len();
    }

    fn next(&mut self) -> Option<usize> {
        self.left = self.left.checked_sub(1)?;
        let slot = self.queue.pop_front()?;
        self.is_queued[slot] = false;
        Some(slot)
    }

    fn enqueue(&mut self, slot: usize) {
        if !std::mem::replace(&mut self.is_queued[slot], true) {
            self.queue.push_back(slot);
        }
    }
}
