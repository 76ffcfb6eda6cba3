//! Receiving and handling: the input of a node.

use std::time::Duration;

use super::narrate;
use super::port::WIRED;
use super::thread::NodeThread;
use crate::id::LinkId;
use crate::process::Process;
use crate::protocol::Envelope;
use crate::runtime::link::bell::Bell;
use crate::runtime::tuning::{BATCHES_A_TURN, MESSAGES_A_TURN};

impl<P: Process> NodeThread<P> {
    /// Takes in everything that has come, without handling it. A marker is somewhere on the links,
    /// perhaps behind a long backlog.
    pub(super) fn take_in_everything(&mut self) {
        self.receivers.begin_full_turn();
        while let Some(slot) = self.receivers.next_link(usize::MAX) {
            self.take_in(slot);
            self.leave(slot);
        }
    }

    /// Takes in everything that the last look found on a link.
    fn take_in(&mut self, slot: usize) {
        loop {
            let NodeThread { core, receivers, emptied, .. } = self;
            let link = receivers.link(slot);
            let (id, messages) = (link.id, std::iter::from_fn(|| link.next_message(emptied)));
            // The link and the core come from the same topology.
            let taken = core.arrive_all(id, messages).expect(WIRED);
            narrate::taken_in(self.node, taken, id);
            let Some(control) = self.receivers.link(slot).next(&mut self.emptied) else { return };
            self.arrive(id, control);
        }
    }

    /// Ends this turn's share of a link.
    fn leave(&mut self, slot: usize) {
        self.receivers.leave(slot, &mut self.emptied);
        self.reuse_batches();
    }

    #[inline]
    fn reuse_batches(&mut self) {
        self.emptied.drain(..).for_each(|emptied| self.core.reuse_batch(emptied));
    }

    /// Handles the timers that are due. False if none was due.
    pub(super) fn fire_timers(&mut self) -> bool {
        if self.core.next_timer().is_none() {
            return false;
        }
        let now = self.clock.now();
        let mut fired = false;
        while self.fire_timer(now) {
            fired = true;
            self.end_handlers(1);
            self.hand_over_row();
            if self.bell.is_urgent() {
                break;
            }
        }
        fired
    }

    fn fire_timer(&mut self, now: Duration) -> bool {
        self.learn_of_room();
        self.pace.begin();
        self.core.fire_timer(now)
    }

    /// Handles messages that the core has taken in. False if there were none, or if the node may
    /// not handle messages.
    pub(super) fn handle_waiting(&mut self) -> bool {
        if self.core.waiting() == 0 {
            return false;
        }
        let mut left = MESSAGES_A_TURN;
        while left > 0 {
            let handled = self.handle_row(left);
            left -= handled;
            if handled == 0 || self.must_look_up() {
                break;
            }
        }
        left < MESSAGES_A_TURN
    }

    /// Handles at most `most` messages of one link that the core has taken in, until something
    /// urgent has come. Returns how many.
    fn handle_row(&mut self, most: usize) -> usize {
        if self.core.meet_markers() {
            self.carry_out();
        }
        self.learn_of_room();
        self.pace.begin();
        let NodeThread { core, bell, clock, pace, .. } = self;
        let (due, mut left) = (core.next_timer(), pace.together(most));
        let goes_on = || {
            left -= 1;
            left > 0 && !bell.is_urgent() && due.is_none_or(|due| due > clock.now())
        };
        let Some((link, handled)) = core.process_row(goes_on) else { return 0 };
        self.end_handlers(handled);
        self.count_received_on(link, handled);
        self.hand_over_row();
        handled
    }

    /// Whether the node must look elsewhere before it handles another message: something urgent has
    /// come, or a timer is due.
    #[inline]
    fn must_look_up(&self) -> bool {
        self.bell.is_urgent() || self.core.next_timer().is_some_and(|due| due <= self.clock.now())
    }

    /// Takes in some of the envelopes on each link and handles them at once, until something urgent
    /// comes or a link is full. False if nothing has come.
    pub(super) fn receive(&mut self) -> bool {
        let mut received = false;
        self.receivers.begin_turn();
        while let Some(slot) = self.receivers.next_link(BATCHES_A_TURN) {
            let may_go_on = self.receive_on(slot, &mut received);
            self.leave(slot);
            if !may_go_on {
                received = true;
                break;
            }
        }
        // The environment link has its turn like the others, even if a timer is always due.
        let may_take = self.core.may_receive();
        (may_take && self.outside.environment.take_in(&mut self.core, MESSAGES_A_TURN)) || received
    }

    /// Handles the envelopes on one link, as many as a turn allows. False if the node must look
    /// elsewhere.
    fn receive_on(&mut self, slot: usize, has_received: &mut bool) -> bool {
        let mut left = MESSAGES_A_TURN;
        while left > 0 {
            let handled = self.handle_from(slot, left);
            left -= handled;
            *has_received |= handled > 0;
            if self.bell.is_urgent() || !self.core.may_receive() {
                return false;
            }
            if handled > 0 {
                if self.must_look_up() {
                    return false;
                }
                if self.receivers.link(slot).is_read() {
                    return true;
                }
                continue;
            }
            // No message is next on the link, or the next message must wait in the core.
            let Some(envelope) = self.receivers.link(slot).next(&mut self.emptied) else {
                return true;
            };
            *has_received = true;
            left -= 1;
            let (link, is_message) = (self.receivers.link(slot).id, envelope.is_message());
            self.arrive(link, envelope);
            self.carry_out();
            if is_message {
                self.handle_row(1);
            }
        }
        true
    }

    /// Handles at most `most` messages of one link as they come, until a message must wait or
    /// something urgent has come. Returns how many.
    #[inline]
    fn handle_from(&mut self, slot: usize, most: usize) -> usize {
        self.learn_of_room();
        self.pace.begin();
        let NodeThread { core, receivers, emptied, bell, clock, pace, .. } = self;
        // A shared reference is read once, and not again for each message.
        let bell: &Bell = bell;
        let link = receivers.link(slot);
        let (id, due) = (link.id, core.next_timer());
        let most = pace.together(most);
        let mut left = most;
        let next = || {
            // The first message is handled in any case, so that a timer that is always due blocks
            // no link.
            let is_timer_due = || due.is_some_and(|due| left < most && due <= clock.now());
            if left == 0 || bell.is_urgent() || is_timer_due() {
                return None;
            }
            left -= 1;
            link.next_message(emptied)
        };
        // The link and the core come from the same topology.
        let handled = core.process_from(id, next).expect(WIRED);
        self.reuse_batches();
        if handled > 0 {
            narrate::handled(self.node, handled, id);
            self.end_handlers(handled);
            self.count_received(slot, id);
            self.hand_over_row();
        }
        handled
    }

    /// Takes in an envelope. Requests that callers made before a snapshot began are served before
    /// the node records: their commands and injected messages are here by now.
    fn arrive(&mut self, link: LinkId, envelope: Envelope<P::Message>) {
        if let Envelope::Marker(snapshot) = &envelope
            && !self.core.has_recorded(*snapshot)
        {
            self.obey();
            self.outside.environment.take_in(&mut self.core, usize::MAX);
        }
        narrate::taken_in_one(self.node, &envelope, link);
        // The link and the core come from the same topology.
        self.core.arrive(link, envelope).expect(WIRED);
    }

    /// Notes that messages of any link were received.
    fn count_received_on(&mut self, link: LinkId, handled: usize) {
        match self.topology.in_slot(link) {
            Some(slot) if self.receivers.get(slot).is_some() => {
                narrate::handled(self.node, handled, link);
                self.count_received(slot, link);
            }
            _ => {
                narrate::handled_from_outside(self.node, handled);
                let core = &self.core;
                self.outside.environment.touch(|| core.received_on(link).unwrap_or(0));
            }
        }
    }

    /// Tells the sender of a message that it was received; at once if the sender is seen to wait.
    #[inline]
    fn count_received(&mut self, slot: usize, link: LinkId) {
        let core = &self.core;
        // The core knows the links to its node.
        self.receivers.touch(slot, || core.received_on(link).unwrap_or(0));
    }

    /// Ends a row of handlers. Their messages may leave with those of the next row. The rest of the
    /// output is carried out now: a marker goes back before the messages that were received after
    /// it are counted.
    #[inline]
    fn end_handlers(&mut self, handled: usize) {
        self.pace.end(handled);
        if self.pace.hands_over_rows()
            || self.core.is_output_mixed()
            || self.core.is_blocked()
            || self.core.has_full_batch()
        {
            self.carry_out();
        }
    }

    /// Hands over the messages of a row, and the room that it has made, if rows are shorter than
    /// turns.
    #[inline]
    fn hand_over_row(&mut self) {
        if self.pace.hands_over_rows() {
            self.hand_over();
        }
    }

    pub(super) fn obey(&mut self) {
        self.outside.obey(&mut self.core);
    }
}
