//! Items on their way to nodes, and nodes that handle what has arrived.

use super::{ITEMS_TO_A_ROW, MESSAGES_IN_A_ROW, TIME_OF_A_TURN, Worker};
use crate::cluster::parcel::{ALL, Item, Visit};
use crate::id::LinkId;
use crate::panics::discard;
use crate::process::Process;
use crate::protocol::Envelope;

/// Why a core accepts every arrival.
const PLACED: &str = "items go to the worker of the node at which their link ends";

impl<P: Process> Worker<P> {
    /// Puts an item from another worker or from outside where it has to wait.
    #[inline]
    pub(super) fn sort(&mut self, Visit { at, item }: Visit<P::Message>) {
        match item {
            item if self.has_ended() => discard(item),
            item if at != ALL => self.post.regions.visit(at, item),
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

    /// Does what waits in a region. Nodes that have messages to handle take turns with items, so
    /// that a node which never stops sending to itself does not keep others waiting.
    fn stay_in(&mut self, region: u32) {
        while self.budget > 0 {
            self.budget -= 1;
            if self.budget.is_multiple_of(ITEMS_TO_A_ROW) {
                if self.is_over() {
                    // This item is the last of the turn.
                    self.budget = 0;
                }
                for at in self.post.regions.next_positions(region, ITEMS_TO_A_ROW) {
                    self.slots[at as usize].core.warm();
                }
                if let Some(at) = self.post.regions.next_ready(region) {
                    self.handle_row(at);
                    continue;
                }
            }
            if let Some(Visit { at, item }) = self.post.regions.next_visit(region) {
                let is_for_all = matches!(item, Item::ToAll(_));
                self.deliver(at, item);
                if is_for_all {
                    // Other regions have the same to do first. Then their markers are here too,
                    // and the memory of this region's nodes is needed once for all of them.
                    return;
                }
            } else if let Some(at) = self.post.regions.next_ready(region) {
                self.handle_row(at);
            } else {
                return;
            }
        }
    }

    /// Lets a node handle messages that have waited at it.
    fn handle_row(&mut self, at: u32) {
        self.current = at;
        let mark = &mut self.marks[at as usize];
        mark.is_ready = false;
        if mark.has_failed {
            return;
        }
        let slot = &mut self.slots[at as usize];
        if slot.core.meet_markers() {
            self.flush(at);
        }
        let (clock, end) = (self.clock, self.now + TIME_OF_A_TURN);
        let mut in_a_row = 1..MESSAGES_IN_A_ROW;
        let goes_on = || match in_a_row.next() {
            Some(handled) => !handled.is_multiple_of(ITEMS_TO_A_ROW) || clock.now() < end,
            None => false,
        };
        let row = self.slots[at as usize].core.process_row(goes_on);
        self.flush(at);
        if let Some((link, _)) = row {
            self.tell_sender(at, link);
        }
    }

    #[inline]
    fn deliver(&mut self, at: u32, item: Item<P::Message>) {
        self.current = at;
        if self.marks[at as usize].has_failed && !matches!(item, Item::ToAll(_)) {
            return discard(item);
        }
        let core = &mut self.slots[at as usize].core;
        match item {
            Item::Message { link, message } => return self.deliver_message(at, link, message),
            Item::Marker { link, snapshot } => {
                core.arrive(link, Envelope::Marker(snapshot)).expect(PLACED);
            }
            Item::End(link) => core.arrive(link, Envelope::End).expect(PLACED),
            Item::Returned { link, snapshot } => core.marker_returned(link, snapshot),
            Item::Acknowledged { link, received } => core.acknowledge(link, received),
            Item::Injected { node, message } => {
                if let Some(link) = self.topology.environment_link(node) {
                    core.arrive(link.id, Envelope::Message(message)).expect(PLACED);
                }
            }
            Item::ToNode(command) => self.obey_at(at, *command),
            Item::ToAll(command) => return self.begin_sweep(*command, at),
            #[cfg(feature = "checkpoint")]
            Item::Save(_) => {}
            Item::Start { .. } => {}
        }
        self.flush(at);
    }

    /// Lets the node handle a message at once if it can, and else keeps the message for it.
    #[inline]
    fn deliver_message(&mut self, at: u32, link: LinkId, message: P::Message) {
        let slot = &mut self.slots[at as usize];
        let mut message = Some(message);
        slot.core.process_from(link, || message.take()).expect(PLACED);
        if let Some(message) = message {
            slot.core.arrive(link, Envelope::Message(message)).expect(PLACED);
        }
        if self.marks[at as usize].is_limited
            && let Some(limited) = slot.limited(link)
        {
            limited.arrive(1);
            self.flush(at);
            self.tell_sender(at, link);
        } else {
            self.flush(at);
        }
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
