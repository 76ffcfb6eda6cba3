//! Items on their way to nodes, and nodes that handle what has arrived.

use super::{MESSAGES_IN_A_ROW, TIME_OF_A_TURN, Worker};
use crate::cluster::parcel::{ALL, Item, Visit, Visits};
use crate::cluster::post::ROW;
use crate::cluster::regions::Regions;
use crate::id::LinkId;
use crate::panics::{discard, discard_all};
use crate::process::Process;
use crate::protocol::Envelope;

/// Why a core accepts every arrival.
const PLACED: &str = "items go to the worker of the node at which their link ends";

/// A turn ends when this many messages wait for other workers, so that these workers can begin.
const FULL: usize = 1024;

/// The memory of this many nodes is brought into the cache at a time.
const WARMED: usize = 16;

impl<P: Process> Worker<P> {
    /// Puts items from another worker or from outside where they have to wait. After the end they
    /// are dropped.
    pub(super) fn sort_all(&mut self, mut all: Visits<P::Message>) {
        let (visits, mut in_rows) = all.drain();
        for Visit { at, item } in visits {
            match item {
                Item::RowApart { link, messages } if !self.has_ended() => {
                    self.sort_row(at, link, in_rows.by_ref().take(messages as usize));
                }
                item => self.sort(at, item),
            }
        }
        discard_all(in_rows);
        self.post.reuse(all);
    }

    /// Puts messages of a link where they have to wait.
    fn sort_row(
        &mut self,
        at: u32,
        link: LinkId,
        messages: impl ExactSizeIterator<Item = P::Message>,
    ) {
        if messages.len() < ROW {
            return messages.for_each(|message| self.sort(at, Item::Message { link, message }));
        }
        let mut row = self.batches.take();
        row.extend(messages);
        self.post.put_row(at, link, row);
    }

    #[inline(always)]
    fn sort(&mut self, at: u32, item: Item<P::Message>) {
        match item {
            item if self.has_ended() => discard(item),
            Item::ToNode(_) => self.post.regions.command(at, item),
            item if at != ALL => self.post.regions.put(at, item),
            Item::ToAll(command) => self.obey(*command),
            #[cfg(feature = "checkpoint")]
            Item::Save(step) => self.save_step(*step),
            _ => {}
        }
    }

    /// Does what waits in regions, up to the bound of a turn.
    pub(super) fn go_through_regions(&mut self) {
        while self.budget > 0
            && let Some(region) = self.post.regions.enter()
        {
            self.region = Some(region);
            self.stay_in(region);
            self.leave_region();
        }
    }

    /// Leaves the region in which the worker is. A panic of a node delays this to the next call.
    pub(super) fn leave_region(&mut self) {
        if let Some(region) = self.region.take() {
            self.post.regions.leave(region);
        }
    }

    /// Does what waits in a region: commands first, then one visit to a node after another. After a
    /// command to all nodes comes a stay for visits, however many commands wait.
    fn stay_in(&mut self, region: u32) {
        let is_for_visits = self.post.regions.takes_visits(region);
        let mut warm = 0_usize;
        while self.budget > 0 {
            let command = (!is_for_visits).then(|| self.post.regions.next_command(region));
            match command.flatten() {
                // Other regions have the same to do first. Then their markers are here too, and the
                // memory of this region's nodes is needed once for all of them.
                Some(Visit { at, item: Item::ToAll(command) }) => {
                    self.post.regions.visit_next_time(region);
                    return self.begin_sweep(*command, at);
                }
                Some(Visit { at, item: Item::ToNode(command) }) => {
                    self.spend(1);
                    self.tell_node(at, *command);
                    continue;
                }
                _ => {}
            }
            if warm == 0 {
                warm = self.warm_next(region);
            }
            let Some(at) = self.post.regions.next_node(region) else { return };
            warm = warm.saturating_sub(1);
            self.visit(at);
        }
    }

    /// Brings the memory of the next nodes of a region into the cache. Returns how many.
    fn warm_next(&self, region: u32) -> usize {
        let next = self.post.regions.next_positions(region, WARMED);
        next.map(|at| self.slots[at as usize].core.warm()).count()
    }

    /// Notes that this many items were done, and ends the turn if its time is over.
    #[inline]
    pub(super) fn spend(&mut self, items: usize) {
        self.budget = self.budget.saturating_sub(items);
        if self.post.leaving() >= FULL {
            self.budget = 0;
        }
        if self.pace.passes(items) {
            let now = self.clock.now();
            self.pace.look(now);
            if now >= self.now + TIME_OF_A_TURN {
                self.budget = 0;
            }
        }
    }

    /// Lets a node do what waits at it, up to a bound. A node that never stops sending to itself
    /// does not keep others waiting.
    fn visit(&mut self, at: u32) {
        self.current = at;
        if self.marks[at as usize].has_failed {
            return self.discard_mail(at);
        }
        self.lend_batches(at);
        if self.slots[at as usize].core.waiting() > 0 {
            // A marker may overtake what waits in the core.
            self.take_in_mail(at);
            self.flush(at);
            self.in_a_row(at, Self::handle_row);
        } else {
            self.in_a_row(at, Self::do_first);
        }
        self.flush(at);
        self.take_batches_back(at);
    }

    /// Lends the worker's batches to a node while it runs.
    #[inline]
    fn lend_batches(&mut self, at: u32) {
        self.slots[at as usize].core.swap_batches(&mut self.batches);
        self.are_batches_lent = true;
    }

    /// Takes the worker's batches back, if this node has them.
    #[inline]
    pub(super) fn take_batches_back(&mut self, at: u32) {
        if std::mem::take(&mut self.are_batches_lent) {
            self.slots[at as usize].core.swap_batches(&mut self.batches);
        }
    }

    /// Does something at a node again and again, up to the bound of a visit. It is told how many
    /// items it may do, and returns how many it has done.
    #[inline(always)]
    fn in_a_row(&mut self, at: u32, does: impl Fn(&mut Self, u32, usize) -> usize) {
        let mut left = MESSAGES_IN_A_ROW;
        while left > 0 && self.budget > 0 {
            let items = does(self, at, left);
            if items == 0 {
                return;
            }
            self.spend(items);
            left = left.saturating_sub(items);
        }
    }

    /// Lets a node handle messages that have waited in its core. Returns how many.
    fn handle_row(&mut self, at: u32, most: usize) -> usize {
        let slot = &mut self.slots[at as usize];
        if slot.core.meet_markers() {
            self.flush(at);
        }
        let mut in_a_row = 1..most.min(self.pace.left());
        let row = self.slots[at as usize].core.process_row(|| in_a_row.next().is_some());
        let Some((link, handled)) = row else { return 0 };
        self.flush(at);
        self.tell_sender(at, link);
        handled
    }

    /// Lets a node do the first item of its mailbox, or the first messages of a row. Returns how
    /// many items or messages it has done, and zero if the mailbox is empty.
    #[inline]
    fn do_first(&mut self, at: u32, most: usize) -> usize {
        if self.slots[at as usize].core.is_output_mixed()
            && let Some(Item::Message { .. } | Item::Row { .. }) = self.post.regions.first_item(at)
        {
            // Markers leave before the handler runs.
            self.flush(at);
        }
        let (link, handled) = match self.post.regions.first_item(at) {
            Some(Item::Row { link, messages }) => {
                let mut left = 0..most.min(self.pace.left());
                let next = || left.next().and_then(|_| messages.pop_front());
                let core = &mut self.slots[at as usize].core;
                let (link, handled) = (*link, core.process_from(*link, next).expect(PLACED));
                if messages.is_empty() {
                    self.take_empty_row(at);
                }
                (link, handled)
            }
            Some(Item::Message { link, .. }) => {
                let (link, mut first) = (*link, Some(()));
                let regions = &mut self.post.regions;
                let next = || first.take().and_then(|()| take_message(regions, at));
                let core = &mut self.slots[at as usize].core;
                (link, core.process_from(link, next).expect(PLACED))
            }
            Some(_) => {
                self.take_in_first(at);
                return 1;
            }
            None => return 0,
        };
        if handled == 0 {
            // The node cannot handle it now.
            return self.take_in_first(at);
        }
        let is_flushed = self.marks[at as usize].is_limited && self.note_arrival(at, link, handled);
        if !is_flushed && self.slots[at as usize].core.is_output_mixed() {
            self.flush(at);
        }
        handled
    }

    /// Delivers what is in a node's mailbox to its core, and lets the node handle nothing.
    pub(super) fn take_in_mail(&mut self, at: u32) {
        while self.take_in_first(at) > 0 {}
    }

    /// Delivers the first item of a node's mailbox to its core. Returns how many items or messages
    /// there were.
    fn take_in_first(&mut self, at: u32) -> usize {
        let core = &mut self.slots[at as usize].core;
        if let Some(Item::Row { link, messages }) = self.post.regions.first_item(at) {
            let (link, all) = (*link, std::iter::from_fn(|| messages.pop_front()));
            let arrived = core.arrive_all(link, all).expect(PLACED);
            self.take_empty_row(at);
            self.note_arrival(at, link, arrived);
            return arrived;
        }
        match self.post.regions.take_item(at) {
            Some(Item::Message { link, message }) => {
                core.arrive(link, Envelope::Message(message)).expect(PLACED);
                self.note_arrival(at, link, 1);
            }
            Some(Item::Marker { link, snapshot }) => {
                core.arrive(link, Envelope::Marker(snapshot)).expect(PLACED);
            }
            Some(Item::End(link)) => core.arrive(link, Envelope::End).expect(PLACED),
            Some(Item::Returned { link, snapshot }) => core.marker_returned(link, snapshot),
            Some(Item::Acknowledged { link, received }) => core.acknowledge(link, received),
            Some(Item::Injected { node, message }) => {
                if let Some(link) = self.topology.environment_link(node) {
                    core.arrive(link.id, Envelope::Message(message)).expect(PLACED);
                }
            }
            Some(_) => {}
            None => return 0,
        }
        1
    }

    /// Takes the first item out of a node's mailbox, which is a row without messages.
    fn take_empty_row(&mut self, at: u32) {
        if let Some(Item::Row { messages, .. }) = self.post.regions.take_item(at) {
            let memory = self.post.memory_of(messages);
            if self.are_batches_lent {
                self.slots[at as usize].core.reuse_batch(memory);
            } else {
                self.batches.put(memory);
            }
        }
    }

    /// Drops what is in a node's mailbox: the node has failed.
    pub(super) fn discard_mail(&mut self, at: u32) {
        while let Some(item) = self.post.regions.take_item(at) {
            discard_item(item);
        }
    }

    /// Notes that messages of a link with a limit have arrived, flushes the node, and tells the
    /// link's sender if it must know. False if the link has no limit: then nothing is done.
    #[inline]
    fn note_arrival(&mut self, at: u32, link: LinkId, messages: usize) -> bool {
        let Some(limited) = self.slots[at as usize].limited(link) else { return false };
        limited.arrive(messages as u64);
        self.flush(at);
        self.tell_sender(at, link);
        true
    }

    /// Tells the sender of a link with a limit what was received, if the sender must know. The
    /// node's output has left before: markers go back ahead of the acknowledgements behind them.
    fn tell_sender(&mut self, at: u32, link: LinkId) {
        if !self.marks[at as usize].is_limited {
            return;
        }
        let slot = &mut self.slots[at as usize];
        let received = slot.core.received_on(link).unwrap_or(0);
        let Some(limited) = slot.limited(link) else { return };
        if limited.must_tell(received) {
            self.post.send_to_source(link, Item::Acknowledged { link, received });
        } else if limited.must_note(received) {
            self.untold.push((at, link));
        }
    }

    /// Tells senders at the end of a turn of what they were not told before. A process that looks
    /// at the room of its links sees it grow then.
    pub(super) fn tell_rest(&mut self) {
        for (at, link) in std::mem::take(&mut self.untold) {
            let Some(slot) = self.slots.get_mut(at as usize) else { return };
            let received = slot.core.received_on(link).unwrap_or(0);
            if slot.limited(link).is_some_and(|limited| limited.tell(received)) {
                self.post.send_to_source(link, Item::Acknowledged { link, received });
            }
        }
    }
}

/// Drops an item. Users' values are dropped one by one.
pub(super) fn discard_item<M>(item: Item<M>) {
    match item {
        Item::Row { messages, .. } => discard_all(*messages),
        item => discard(item),
    }
}

/// Takes the first item out of a node's mailbox, which is a message.
#[inline]
fn take_message<M>(regions: &mut Regions<M>, at: u32) -> Option<M> {
    match regions.take_item(at) {
        Some(Item::Message { message, .. }) => Some(message),
        _ => None,
    }
}
