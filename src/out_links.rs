//! The links that leave a node: the messages that gather on each, counts, and back-pressure.
//!
//! Back-pressure says how much a node may have under way on a link. Everything sent leaves at once,
//! so that order on the link is the order of sending and a marker needs no room. What is over a
//! link's capacity *waits*: as long as anything does, the sending node handles no event. A message
//! counts from the handler that sends it until the receiver has received it, so a link with waiting
//! messages behaves as one at whose sender they stand in line.

use crate::id::LinkId;
use crate::spaced::spaced;
use crate::topology::Link;

/// The links that leave a node, by slot; behind them its output, which leads out of the system and is
/// like a link in all but its receiver.
#[derive(Debug)]
pub(crate) struct OutLinks<M> {
    // Written for each message.
    links: Vec<OutLink<M>>,
    /// Slots of open batches in which something is, and perhaps of others.
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
    /// The open batch: what was sent last.
    open: Vec<M>,
    /// When the open batch holds this many messages, [`OutLinks::prepare`] must be called before
    /// the next: there is no memory for it, or it fills the batch, or it has to wait.
    ready_for: usize,
    /// Whether the last batch was full when it was closed.
    fills: bool,
    /// Messages that were sent before those of the open batch.
    closed: u64,
    /// How many may have been sent before the next one waits: those known to be received, and the
    /// capacity.
    limit: u64,
    capacity: u64,
}

impl<M> OutLinks<M> {
    /// Links without a limit.
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

    /// The place of the node's output.
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

    /// Sets the counts of a link whose messages were partly received in an earlier life.
    pub(crate) fn restore(&mut self, slot: usize, sent: u64, received: u64) {
        self.links[slot].closed = sent;
        self.acknowledge(slot, received);
        if self.links[slot].waiting() > 0 {
            self.full.push(slot);
        }
    }

    /// Whether the link at this place is that one, and needs no [`prepare`](Self::prepare) for the
    /// next message.
    #[inline]
    pub(crate) fn is_ready(&self, slot: usize, id: LinkId) -> bool {
        self.links.get(slot).is_some_and(|link| link.id == id && link.open.len() < link.ready_for)
    }

    /// Sends a message on a link that is ready for it.
    #[inline]
    pub(crate) fn send(&mut self, slot: usize, message: M) {
        self.links[slot].open.push(message);
    }

    /// Makes a link ready for the next message: begins a batch or lets it grow; notes that the
    /// message will fill the batch, or will wait. Hands out the batch that was full before.
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
            // One waits already.
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

    /// The open batch of a link: what was sent last.
    pub(crate) fn open_batch(&self, slot: usize) -> &[M] {
        &self.links[slot].open
    }

    /// Whether a batch is open, perhaps one that is empty again.
    #[inline]
    pub(crate) fn has_open_batch(&self) -> bool {
        !self.begun.is_empty()
    }

    /// Takes back the message that was sent last on a link. If it is in the open batch no more,
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

    /// The receiver has received this many of the link's messages in all. True if that is news.
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
        // That was so before.
        link.ready_for = 0;
    }

    /// How many messages more a link has room for; [`u64::MAX`] if any number. Whoever asks wants
    /// to hear of room in time.
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

    /// Whether messages wait for room, so that the node must not send more.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        !self.full.is_empty()
    }

    /// Whether a driver has something to do before the next handler: with a full batch, or about
    /// room.
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
    /// Without the output.
    pub(crate) fn acknowledged(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links[..self.output()].iter().map(|link| link.limit - link.capacity)
    }

    /// Without the output.
    pub(crate) fn sent(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links[..self.output()].iter().map(OutLink::sent)
    }

    pub(crate) fn sent_on(&self, slot: usize) -> u64 {
        self.links[slot].sent()
    }

    /// The link at this place.
    #[inline]
    pub(crate) fn id(&self, slot: usize) -> LinkId {
        self.links[slot].id
    }

    /// Takes a batch that was emptied, to fill it again, if it has a use for it.
    #[inline]
    pub(crate) fn reuse(&mut self, emptied: Vec<M>) {
        // A batch grows by doubling.
        let most = self.most_in_a_batch.saturating_mul(2).min(LARGE);
        let has_use = emptied.is_empty() && (1..=most).contains(&emptied.capacity());
        if self.spares.len() < SPARES && has_use {
            self.spares.push(emptied);
        }
    }

    /// Gives back memory, for a node that has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.spares = Vec::new();
    }

    /// Hands out what is in open batches.
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

/// Emptied batches that are kept, at most.
const SPARES: usize = 4;

/// Emptied batches with memory for more messages than this are not kept: a burst would leave its
/// memory behind.
const LARGE: usize = 1024;

#[cfg(test)]
mod tests;
