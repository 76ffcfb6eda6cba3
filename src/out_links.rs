//! The links that leave a node: the messages that gather on each, counts, and back-pressure.
//!
//! Back-pressure limits the messages that a node may have under way on a link. Every message leaves
//! at once, so the order on the link is the order of sending, and a marker needs no room. Messages
//! over a link's capacity *wait*: while any message waits, the sending node handles no event. A
//! message counts from the handler that sends it until the receiver has received it. So a link with
//! waiting messages behaves as if these messages stood in a queue at the sender.

use crate::id::LinkId;
use crate::spaced::spaced;
use crate::topology::Link;

/// The links that leave a node, by slot. Behind them stands the node's output, which leads out of
/// the system. Apart from its receiver, the output is like a link.
#[derive(Debug)]
pub(crate) struct OutLinks<M> {
    // Every message writes here.
    links: Vec<OutLink<M>>,
    /// Slots of the open batches. Some of these batches may be empty again.
    begun: Vec<usize>,
    /// Slots of the links on which messages wait.
    full: Vec<usize>,
    /// Slots of the links with a limit whose room the process has asked for.
    watched: Vec<usize>,
    /// A batch that holds this many messages is full, and is closed.
    most_in_a_batch: usize,
    /// Whether a batch was filled since all were closed.
    has_full_batch: bool,
    /// Emptied batches, to be filled again.
    spares: Vec<Vec<M>>,
}

#[derive(Debug)]
struct OutLink<M> {
    id: LinkId,
    /// The open batch, which holds the last messages sent.
    open: Vec<M>,
    /// When the open batch holds this many messages, [`OutLinks::prepare`] must be called before
    /// the next message. Then the batch has no memory for that message, or the message fills the
    /// batch, or the message has to wait.
    ready_for: usize,
    /// Whether the last batch was full when it was closed.
    fills: bool,
    /// How many messages were sent before the messages of the open batch.
    closed: u64,
    /// How many messages may have been sent before the next one waits: the number known to be
    /// received, plus the capacity.
    limit: u64,
    capacity: u64,
}

impl<M> OutLinks<M> {
    /// The out-links of a node, without limits.
    pub(crate) fn new(links: &[Link]) -> Self {
        let mut ends = spaced(links.len() + 1);
        let ids = links.iter().map(|link| link.id);
        ends.extend(ids.chain([LinkId::OUTPUT]).map(OutLink::new));
        OutLinks {
            links: ends,
            begun: Vec::new(),
            full: Vec::new(),
            watched: Vec::new(),
            most_in_a_batch: usize::MAX,
            has_full_batch: false,
            spares: Vec::new(),
        }
    }

    /// The slot of the node's output.
    #[inline]
    pub(crate) fn output(&self) -> usize {
        self.links.len() - 1
    }

    pub(crate) fn set_capacity(&mut self, slot: usize, capacity: u64) {
        self.links[slot].capacity = capacity;
        self.links[slot].limit = capacity;
    }

    /// Closes each batch that holds this many messages.
    pub(crate) fn limit_batches(&mut self, messages: usize) {
        self.most_in_a_batch = messages.max(1);
    }

    /// Sets the counts of a link of a restored system, some of whose messages were received before.
    pub(crate) fn restore(&mut self, slot: usize, sent: u64, received: u64) {
        self.links[slot].closed = sent;
        self.acknowledge(slot, received);
        if self.links[slot].waiting() > 0 {
            self.full.push(slot);
        }
    }

    /// Whether the link at this slot has this id, and needs no [`prepare`](Self::prepare) for the
    /// next message.
    #[inline]
    pub(crate) fn is_ready(&self, slot: usize, id: LinkId) -> bool {
        let is_ready = |link: &OutLink<M>| link.id == id && link.open.len() < link.ready_for;
        id != LinkId::OUTPUT && self.links.get(slot).is_some_and(is_ready)
    }

    /// Whether the output needs no [`prepare`](Self::prepare) for the next message.
    #[inline]
    pub(crate) fn is_output_ready(&self) -> bool {
        self.links.last().is_some_and(|output| output.open.len() < output.ready_for)
    }

    /// Sends a message on a link. The link must be ready for it.
    #[inline]
    pub(crate) fn send(&mut self, slot: usize, message: M) {
        self.links[slot].open.push(message);
    }

    /// Makes a link ready for the next message: begins a batch or gives it more memory, and notes
    /// whether the message will fill the batch or will wait. Hands out the previous batch if it was
    /// full.
    pub(crate) fn prepare(&mut self, slot: usize) -> Option<(LinkId, Vec<M>)> {
        let (link, most) = (&mut self.links[slot], self.most_in_a_batch);
        let full = (link.open.len() >= most).then(|| link.close(most));
        if link.open.is_empty() && full.is_none() {
            self.begun.push(slot);
        }
        if link.open.capacity() == 0 {
            link.open = self.spares.pop().unwrap_or_default();
        }
        let len = link.open.len();
        link.open.reserve(if link.fills { most - len } else { 1 });
        let fills = len + 1 == most;
        self.has_full_batch |= fills;
        let until_it_waits = match link.limit.checked_sub(link.sent()) {
            Some(0) => {
                self.full.push(slot);
                u64::MAX
            }
            Some(messages) => messages,
            // A message waits already.
            None => u64::MAX,
        };
        let until_it_waits = usize::try_from(until_it_waits).unwrap_or(usize::MAX);
        let until_it_fills = if fills { most } else { most - 1 };
        let ready_for = link.open.capacity().min(until_it_fills);
        link.ready_for = ready_for.min(len.saturating_add(until_it_waits));
        full
    }

    /// Closes the open batches, and hands them out.
    #[inline]
    pub(crate) fn close_batches(&mut self, mut each: impl FnMut(LinkId, Vec<M>)) {
        self.has_full_batch = false;
        for &slot in &self.begun {
            let link = &mut self.links[slot];
            link.ready_for = 0;
            if !link.open.is_empty() {
                let (id, messages) = link.close(self.most_in_a_batch);
                each(id, messages);
            }
        }
        self.begun.clear();
    }

    /// The open batch of a link, which holds the last messages sent.
    pub(crate) fn open_batch(&self, slot: usize) -> &[M] {
        &self.links[slot].open
    }

    /// Whether a batch is open. The batch may be empty again.
    #[inline]
    pub(crate) fn has_open_batch(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Takes back the last message sent on a link. If the message is no longer in the open batch,
    /// `from_closed` hands it out.
    pub(crate) fn take_back(
        &mut self,
        slot: usize,
        from_closed: impl FnOnce(LinkId) -> Option<M>,
    ) -> Option<M> {
        let link = &mut self.links[slot];
        let had_waiting = link.waiting() > 0;
        let message = link.open.pop().or_else(|| {
            link.closed -= 1;
            from_closed(link.id)
        });
        self.look_whether_it_waits(slot, had_waiting);
        message
    }

    /// Notes that the receiver has received this many of the link's messages in all. Returns true
    /// if the number is new.
    pub(crate) fn acknowledge(&mut self, slot: usize, received: u64) -> bool {
        let link = &mut self.links[slot];
        let limit = received.saturating_add(link.capacity);
        if limit <= link.limit {
            return false;
        }
        let had_waiting = link.waiting() > 0;
        link.limit = limit;
        self.look_whether_it_waits(slot, had_waiting);
        true
    }

    fn look_whether_it_waits(&mut self, slot: usize, had_waiting: bool) {
        let link = &mut self.links[slot];
        if had_waiting && link.waiting() == 0 {
            self.full.retain(|&full| full != slot);
        }
        // The old value depended on the state before this change.
        link.ready_for = 0;
    }

    /// How many more messages a link has room for; [`u64::MAX`] if it has no limit. The link is
    /// watched from then on, so that the driver acknowledges in time.
    pub(crate) fn room(&mut self, slot: usize) -> u64 {
        let link = &self.links[slot];
        if link.capacity == u64::MAX {
            return u64::MAX;
        }
        if !self.watched.contains(&slot) {
            self.watched.push(slot);
        }
        link.limit.saturating_sub(link.sent())
    }

    /// Whether a message waits for room, so that the node must not send more.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        !self.full.is_empty()
    }

    /// Whether a driver has work to do before the next handler: with a full batch, or about room.
    #[inline]
    pub(crate) fn calls_driver(&self) -> bool {
        self.has_full_batch || !self.full.is_empty() || !self.watched.is_empty()
    }

    /// Whether a batch was filled since all were closed.
    #[inline]
    pub(crate) fn has_full_batch(&self) -> bool {
        self.has_full_batch
    }

    /// Slots of the links whose room the process asks for.
    #[inline]
    pub(crate) fn watched(&self) -> &[usize] {
        &self.watched
    }

    /// Slots of the links on which messages wait.
    pub(crate) fn full(&self) -> &[usize] {
        &self.full
    }

    /// How many of each link's messages are known to be received; zero for a link without a limit.
    /// The output is left out.
    pub(crate) fn acknowledged(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links[..self.output()].iter().map(|link| link.limit - link.capacity)
    }

    /// How many messages were sent on each link. The output is left out.
    pub(crate) fn sent(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links[..self.output()].iter().map(OutLink::sent)
    }

    pub(crate) fn sent_on(&self, slot: usize) -> u64 {
        self.links[slot].sent()
    }

    /// The id of the link at this slot.
    #[inline]
    pub(crate) fn id(&self, slot: usize) -> LinkId {
        self.links[slot].id
    }

    /// Takes an emptied batch to fill it again, unless it is too large or enough are kept.
    #[inline]
    pub(crate) fn reuse(&mut self, emptied: Vec<M>) {
        // A batch grows by doubling, so a useful one can have twice the memory that is needed.
        let most = self.most_in_a_batch.saturating_mul(2).min(LARGE);
        let has_use = emptied.is_empty() && (1..=most).contains(&emptied.capacity());
        if self.spares.len() < SPARES && has_use {
            self.spares.push(emptied);
        }
    }

    /// Gives back memory. Call this when the node has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.spares = Vec::new();
    }

    /// Hands out the messages in open batches.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = M> {
        self.links.into_iter().flat_map(|link| link.open)
    }
}

impl<M> OutLink<M> {
    fn new(id: LinkId) -> Self {
        OutLink {
            id,
            open: Vec::new(),
            ready_for: 0,
            fills: false,
            closed: 0,
            limit: u64::MAX,
            capacity: u64::MAX,
        }
    }

    fn sent(&self) -> u64 {
        self.closed + self.open.len() as u64
    }

    fn waiting(&self) -> u64 {
        self.sent().saturating_sub(self.limit)
    }

    fn close(&mut self, most: usize) -> (LinkId, Vec<M>) {
        self.closed = self.sent();
        (self.fills, self.ready_for) = (self.open.len() >= most, 0);
        (self.id, std::mem::take(&mut self.open))
    }
}

/// The most emptied batches that are kept.
const SPARES: usize = 4;

/// Emptied batches with memory for more messages than this are not kept. Otherwise the memory of a
/// burst would stay allocated.
const LARGE: usize = 1024;

#[cfg(test)]
mod tests;
