//! The links that leave a node: the messages that gather on each, counts, and back-pressure.
//!
//! Back-pressure limits the messages that a node may have under way on a link. Every message leaves
//! at once, so the order on the link is the order of sending, and a marker needs no room. Messages
//! over a link's capacity *wait*: while any message waits, the sending node handles no event. A
//! message counts from the handler that sends it until the receiver has received it. So a link with
//! waiting messages behaves as if these messages stood in a queue at the sender.

mod batch_pool;
mod out_link;
mod pressure;

pub use batch_pool::BatchPool;

use crate::ends::Ends;
use crate::id::{LinkId, NodeId};
use crate::topology::{Link, Topology};
use out_link::{NONE_BEGUN, NOT_BEGUN, OutLink};
use pressure::Pressure;

/// The links that leave a node, by slot. Behind them stands the node's output, which leads out of
/// the system. Apart from its receiver, the output is like a link. Its end is made when it is first
/// needed.
// Every message reads the first fields, so these stand together.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct OutLinks<M> {
    links: Ends<OutLink<M>>,
    /// The slot of the output.
    output: u32,
    /// The slots of the open batches that were begun first and last. Each open batch names the next
    /// one. Some of these batches may be empty again.
    first_begun: u32,
    last_begun: u32,
    /// Whether a batch was filled since all were closed.
    has_full_batch: bool,
    /// A batch that holds this many messages is full, and is closed.
    most_in_a_batch: usize,
    spares: BatchPool<M>,
    /// The links with a limit; `None` if no link has one.
    pressure: Option<Box<Pressure>>,
}

/// What a caller may do with the open batch of a link that it was [lent](OutLinks::lend).
pub(crate) struct Terms {
    /// The link, or the output.
    pub(crate) link: LinkId,
    /// How many messages the batch may hold before the next call of
    /// [`prepare`](OutLinks::prepare).
    pub(crate) ready_for: usize,
    /// A batch of this many messages is full. The driver is called before the next handler runs.
    pub(crate) full_at: usize,
}

impl<M> OutLinks<M> {
    /// The out-links of a node, without limits.
    pub(crate) fn new(topology: &Topology, node: NodeId) -> Self {
        let links = topology.out_links(node);
        OutLinks {
            // A link has a number below that of the output, so the slot fits.
            output: links.len() as u32,
            links: Ends::new(links.iter().copied().map(OutLink::new)),
            first_begun: NONE_BEGUN,
            last_begun: NONE_BEGUN,
            has_full_batch: false,
            most_in_a_batch: usize::MAX,
            spares: BatchPool::none(),
            pressure: None,
        }
    }

    /// Reads a word of each cache line that a message touches. The value says nothing.
    #[inline]
    pub(crate) fn warm(&self) -> u64 {
        let first = self.links.first().map_or(0, |link| link.closed ^ u64::from(link.ready_for));
        first ^ self.most_in_a_batch as u64
    }

    /// Keeps the counts in memory that shares no cache line with that of other threads.
    pub(crate) fn keep_apart(&mut self) {
        self.links.keep_apart();
    }

    /// The slot of the node's output.
    #[inline]
    pub(crate) fn output(&self) -> usize {
        self.output as usize
    }

    /// The slot of a link; `None` if the link does not leave this node. The topology is asked only
    /// where there are many links.
    #[inline]
    pub(crate) fn slot_of(&self, topology: &Topology, link: LinkId) -> Option<usize> {
        let own = &self.links[..self.links.len().min(self.output())];
        if own.len() <= FEW {
            return own.iter().position(|end| end.id() == link);
        }
        let slot = topology.out_slot(link)?;
        own.get(slot).filter(|end| end.id() == link).map(|_| slot)
    }

    /// The link at a slot, or the output.
    fn end(&mut self, slot: usize) -> &mut OutLink<M> {
        if slot == self.links.len() {
            let (id, nowhere) = (LinkId::OUTPUT, NodeId::ENVIRONMENT);
            self.links.push(OutLink::new(Link { id, source: nowhere, target: nowhere }));
        }
        &mut self.links[slot]
    }

    /// Closes each batch that holds this many messages.
    pub(crate) fn limit_batches(&mut self, messages: usize) {
        self.most_in_a_batch = messages.max(1);
    }

    /// Sets the counts of a link of a restored system, some of whose messages were received before.
    pub(crate) fn restore(&mut self, slot: usize, sent: u64, received: u64) {
        if sent == 0 && slot == self.links.len() {
            return;
        }
        self.end(slot).closed = sent;
        self.acknowledge(slot, received);
        if self.links[slot].waiting() > 0 {
            self.pressure().full.push(slot);
        }
    }

    /// Whether the link at this slot, or the output, needs no [`prepare`](Self::prepare) for the
    /// next message.
    #[inline]
    pub(crate) fn is_ready(&self, slot: usize) -> bool {
        self.links.get(slot).is_some_and(OutLink::is_ready)
    }

    /// Lends the open batch of a link: exchanges it for the empty vector `open`. The caller must
    /// [give it back](Self::give_back) before any other call.
    #[inline]
    pub(crate) fn lend(&mut self, slot: usize, open: &mut Vec<M>) -> Terms {
        let link = &mut self.links[slot];
        std::mem::swap(&mut link.open, open);
        let (link, ready_for) = (link.link.id, link.ready_for as usize);
        Terms { link, ready_for, full_at: self.most_in_a_batch }
    }

    /// Takes the open batch of a link back.
    #[inline]
    pub(crate) fn give_back(&mut self, slot: usize, open: &mut Vec<M>) {
        let link = &mut self.links[slot];
        std::mem::swap(&mut link.open, open);
        self.has_full_batch |= link.open.len() >= self.most_in_a_batch;
    }

    /// Makes a link ready for the next message: begins a batch or gives it more memory, and notes
    /// whether the message will wait. Hands out the previous batch if it was full.
    #[inline]
    pub(crate) fn prepare(&mut self, slot: usize) -> Option<(LinkId, Vec<M>)> {
        let most = self.most_in_a_batch;
        match self.links.get_mut(slot) {
            // The first message of a batch, which does not wait.
            Some(link) if link.is_plain() => {
                if link.open.capacity() == 0 {
                    link.open = self.spares.take();
                    link.open.reserve(if link.fills { most } else { 1 });
                }
                let room = usize::try_from(link.limit - link.closed).unwrap_or(usize::MAX);
                let ready_for = link.open.capacity().min(most).min(room);
                link.ready_for = u32::try_from(ready_for).unwrap_or(u32::MAX);
                self.begin(slot);
                None
            }
            _ => self.prepare_with_care(slot),
        }
    }

    #[inline(never)]
    fn prepare_with_care(&mut self, slot: usize) -> Option<(LinkId, Vec<M>)> {
        let most = self.most_in_a_batch;
        let link = self.end(slot);
        let full = (link.open.len() >= most).then(|| link.close(most));
        if link.next_begun == NOT_BEGUN {
            self.begin(slot);
        }
        let link = &mut self.links[slot];
        if link.open.capacity() == 0 {
            link.open = self.spares.take();
        }
        let len = link.open.len();
        link.open.reserve(if link.fills { most - len } else { 1 });
        let room = link.limit.checked_sub(link.sent());
        // Without room, this message waits, or an earlier one does.
        let until_it_waits = room.filter(|&messages| messages > 0).unwrap_or(u64::MAX);
        let until_it_waits = usize::try_from(until_it_waits).unwrap_or(usize::MAX);
        let ready_for = link.open.capacity().min(most).min(len.saturating_add(until_it_waits));
        link.ready_for = u32::try_from(ready_for).unwrap_or(u32::MAX);
        if room == Some(0) {
            self.pressure().full.push(slot);
        }
        full
    }

    /// Puts a batch behind the other open ones.
    #[inline]
    fn begin(&mut self, slot: usize) {
        // A node has fewer links than there are numbers of links.
        let number = slot as u32;
        self.links[slot].next_begun = NONE_BEGUN;
        if self.first_begun == NONE_BEGUN {
            self.first_begun = number;
        } else {
            self.links[self.last_begun as usize].next_begun = number;
        }
        self.last_begun = number;
    }

    /// Closes the open batches, and hands them out.
    #[inline]
    pub(crate) fn close_batches(&mut self, mut each: impl FnMut(LinkId, Vec<M>)) {
        self.has_full_batch = false;
        while let Some(link) = self.links.get_mut(self.first_begun as usize) {
            self.first_begun = link.take_next_begun();
            link.ready_for = 0;
            if !link.open.is_empty() {
                let (id, messages) = link.close(self.most_in_a_batch);
                each(id, messages);
            }
        }
    }

    /// Closes the open batches, and lends them out to be emptied. Memory that is left in a batch
    /// goes to the spare ones, or stays here if these have no place for it.
    #[inline]
    pub(crate) fn empty_batches(&mut self, mut each: impl FnMut(Link, &mut Vec<M>)) {
        self.has_full_batch = false;
        while let Some(link) = self.links.get_mut(self.first_begun as usize) {
            self.first_begun = link.take_next_begun();
            link.note_closing(self.most_in_a_batch);
            if !link.open.is_empty() {
                each(link.link, &mut link.open);
                link.open.clear();
            }
            self.spares.put_if_there_is_a_place(&mut link.open);
        }
    }

    /// The open batch of a link, which holds the last messages sent.
    pub(crate) fn open_batch(&self, slot: usize) -> &[M] {
        &self.links[slot].open
    }

    /// Whether a batch is open. The batch may be empty again.
    #[inline]
    pub(crate) fn has_open_batch(&self) -> bool {
        self.first_begun != NONE_BEGUN
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
            from_closed(link.link.id)
        });
        self.look_whether_it_waits(slot, had_waiting);
        message
    }

    /// Notes that the receiver has received this many of the link's messages in all. Returns true
    /// if the number is new.
    pub(crate) fn acknowledge(&mut self, slot: usize, received: u64) -> bool {
        let limit = received.saturating_add(self.capacity(slot));
        let Some(link) = self.links.get_mut(slot) else { return false };
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
            self.pressure
                .iter_mut()
                .for_each(|pressure| pressure.full.retain(|&full| full != slot));
        }
        // The old value depended on the state before this change.
        link.ready_for = 0;
    }

    /// Whether a batch was filled since all were closed.
    #[inline]
    pub(crate) fn has_full_batch(&self) -> bool {
        self.has_full_batch
    }

    /// How many messages were sent on each link. The output is left out.
    pub(crate) fn sent(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links[..self.output()].iter().map(OutLink::sent)
    }

    pub(crate) fn sent_on(&self, slot: usize) -> u64 {
        self.links.get(slot).map_or(0, OutLink::sent)
    }

    /// The link with this id, which leaves the node.
    pub(crate) fn link(&self, id: LinkId) -> Option<Link> {
        self.links.iter().map(|end| end.link).find(|link| link.id == id)
    }

    /// The id of the link at this slot.
    #[inline]
    pub(crate) fn id(&self, slot: usize) -> LinkId {
        self.links[slot].link.id
    }

    /// Exchanges the spare batches.
    #[inline]
    pub(crate) fn swap_spares(&mut self, spares: &mut BatchPool<M>) {
        std::mem::swap(&mut self.spares, spares);
    }

    /// Takes an emptied batch to fill it again, unless it is too large or enough are kept.
    #[inline]
    pub(crate) fn reuse(&mut self, emptied: Vec<M>) {
        // A batch grows by doubling, so a useful one can have twice the memory that is needed.
        self.spares.put_at_most(emptied, self.most_in_a_batch.saturating_mul(2));
    }

    /// Gives back memory. Call this when the node has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.spares = BatchPool::none();
        let empty = self.links.iter_mut().filter(|link| link.open.is_empty());
        empty.for_each(|link| (link.open, link.ready_for) = (Vec::new(), 0));
    }

    /// Hands out the messages in open batches.
    pub(crate) fn into_messages(self) -> impl Iterator<Item = M> {
        self.links.into_vec().into_iter().flat_map(|link| link.open)
    }
}

/// With this many links or fewer, a look at each is faster than a question to the topology.
const FEW: usize = 4;

#[cfg(test)]
mod tests;
