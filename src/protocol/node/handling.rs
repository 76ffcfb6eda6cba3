//! The way of messages: in, through the process, and out.

use super::{InEnd, NodeCore, NotAnInLink};
use crate::causality::{Cause, Logged};
use crate::id::{LinkId, SnapshotId};
use crate::outbox::Effect;
use crate::process::{Context, Process};
use crate::protocol::inbox::{Arrival, Inbox};
use crate::protocol::message::Envelope;
use crate::protocol::policy::MarkerPolicy;
use crate::protocol::recorder::Recorder;
use crate::protocol::rules;

impl<P: Process> NodeCore<P> {
    /// Takes in an envelope at the end of a link. The marker policy decides whether it waits its
    /// turn.
    pub(super) fn take_in(&mut self, slot: usize, envelope: Envelope<P::Message>) {
        let waits_its_turn = self.waits_its_turn();
        if !waits_its_turn {
            // A marker may wait in the inbox. Its snapshot counts the messages that were injected
            // before this envelope.
            self.attend();
        }
        if let Envelope::Message(message) = &envelope
            && slot == self.environment_slot()
        {
            self.take_note_of_injected(message);
        }
        if waits_its_turn {
            self.inbox.push(Arrival { slot, envelope });
        } else {
            self.attend_to(slot, envelope);
        }
    }

    /// Whether an arriving envelope waits for its turn before the rules see it. Where the node
    /// handles nothing, no envelope gets its turn, so a waiting marker would never be handled.
    fn waits_its_turn(&self) -> bool {
        self.policy == MarkerPolicy::InOrder && self.may_handle()
    }

    /// Takes in messages of a link, as [`take_in`](Self::take_in) takes one.
    #[inline]
    pub(super) fn take_in_all(
        &mut self,
        slot: usize,
        messages: impl Iterator<Item = P::Message>,
    ) -> usize {
        let mut taken = 0;
        let messages = messages.inspect(|_| taken += 1);
        if self.waits_its_turn() {
            for message in messages {
                self.inbox.push(Arrival { slot, envelope: Envelope::Message(message) });
            }
        } else {
            self.attend();
            for message in messages {
                rules::receive_message(&mut self.recorders, slot, &message);
                self.inbox.push_attended(slot, message);
            }
        }
        taken
    }

    /// Shows the waiting envelopes to the rules, in their order: messages stay in the inbox,
    /// markers are handled. True if there was a marker.
    pub(super) fn attend(&mut self) -> bool {
        let mut has_met = false;
        loop {
            match self.inbox.first_unattended() {
                None => return has_met,
                Some(Arrival { slot, envelope: Envelope::Message(message) }) => {
                    rules::receive_message(&mut self.recorders, *slot, message);
                    self.inbox.attend_first();
                }
                Some(_) => {
                    let Some(Arrival { slot, envelope }) = self.inbox.take_first_unattended()
                    else {
                        return has_met;
                    };
                    self.attend_to(slot, envelope);
                    has_met = true;
                }
            }
        }
    }

    pub(super) fn attend_to(&mut self, slot: usize, envelope: Envelope<P::Message>) {
        match envelope {
            Envelope::Marker(snapshot) => self.meet_marker(slot, snapshot),
            Envelope::End => rules::receive_end(self, slot),
            Envelope::Message(message) => {
                rules::receive_message(&mut self.recorders, slot, &message);
                self.inbox.push_attended(slot, message);
            }
        }
    }

    pub(super) fn meet_marker(&mut self, slot: usize, snapshot: SnapshotId) {
        if let Some(log) = &mut self.log {
            log.push(Logged::Marker(snapshot, self.in_ends[slot].link.id));
        }
        rules::receive_marker(self, slot, snapshot);
    }

    /// Lets the process handle messages of one link, until there is no next message or the driver
    /// has something to do first. `next` must show each message to the rules, unless they have seen
    /// it. Returns how many messages were handled.
    #[inline]
    pub(super) fn handle_all(
        &mut self,
        slot: usize,
        mut next: impl FnMut(&mut Arrived<'_, P::Message>) -> Option<P::Message>,
    ) -> usize {
        self.record_states_if_owed();
        let NodeCore { node, topology, out_links, outbox, process, log, texts, in_ends, .. } = self;
        let out_links = out_links.all(topology);
        let InEnd { link, received, .. } = &mut in_ends[slot];
        let link = *link;
        let mut arrived = Arrived { inbox: &mut self.inbox, recorders: &mut self.recorders };
        let mut row = Row { received, handled: 0 };
        let mut running = Running(Context::new(*node, topology, out_links, outbox));
        let mut log = log.as_deref_mut();
        while let Some(message) = next(&mut arrived) {
            row.handled += 1;
            process.on_message(link, message, &mut running.0);
            if let Some(log) = &mut log {
                // The texts come before the log: if `state` panics here, the log does not say that
                // the handler has returned.
                if let Some(texts) = texts {
                    texts.handled(&process.state(), running.0.outbox());
                }
                let cause = Cause::Message { link: link.id, number: row.number() };
                match running.0.sends_on_one_link() {
                    Some(sends) => log.handled(cause, sends),
                    None => log.handled(cause, running.0.sends()),
                }
            }
            if !running.0.commit_sends() {
                break;
            }
        }
        running.end();
        let handled = row.end();
        self.end_handler();
        handled
    }

    /// Receives the next message of a node that drains its in-links. The rules saw the message when
    /// it arrived.
    pub(super) fn drain_next(&mut self) -> Option<LinkId> {
        if !self.may_receive() {
            return None;
        }
        let slot = self.inbox.first_message()?;
        let (message, _) = self.inbox.pop_message_on(slot)?;
        let end = &mut self.in_ends[slot];
        end.received += 1;
        let (link, number) = (end.link.id, end.received);
        if let Some(log) = &mut self.log {
            log.handled(Cause::Discarded { link, number }, std::iter::empty());
            if let Some(texts) = &mut self.texts {
                texts.handled(&self.process.state(), &self.outbox);
            }
        }
        self.outbox.put(Effect::Discard(message));
        Some(link)
    }

    /// Runs a handler that receives nothing.
    pub(super) fn run_handler(
        &mut self,
        cause: Cause,
        handler: impl FnOnce(&mut P, &mut Context<'_, P::Message>),
    ) {
        self.record_states_if_owed();
        let NodeCore { node, topology, out_links, outbox, process, log, texts, .. } = self;
        let out_links = out_links.all(topology);
        let mut running = Running(Context::new(*node, topology, out_links, outbox));
        handler(process, &mut running.0);
        if let Some(log) = log {
            if let Some(texts) = texts {
                texts.handled(&process.state(), running.0.outbox());
            }
            log.handled(cause, running.0.sends());
        }
        running.end();
        self.end_handler();
    }

    /// Takes the owed states before a handler runs, since only a handler changes the state.
    #[inline]
    fn record_states_if_owed(&mut self) {
        if self.records.is_state_owed() {
            self.record_states();
        }
    }

    /// Carries out the requests of a handler that has returned. Its sends are counted already.
    #[inline]
    fn end_handler(&mut self) {
        if self.outbox.is_mixed() {
            self.do_what_was_asked();
        }
        self.outbox.commit();
    }

    #[cold]
    fn do_what_was_asked(&mut self) {
        for effect in self.outbox.written() {
            match effect {
                Effect::Stop { drains } => {
                    self.stopped = true;
                    self.drains |= *drains;
                }
                Effect::SetTimer(set) => self.timers.set(set.0, set.1),
                Effect::CancelTimer(timer) => self.timers.cancel(*timer),
                _ => {}
            }
        }
    }

    pub(super) fn take_note_of_injected(&mut self, message: &P::Message) {
        self.injected += 1;
        let link = self.in_ends[self.environment_slot()].link.id;
        if let Some(texts) = &mut self.texts {
            texts.injected(link, message);
        }
    }

    /// The slot of a link among the links that end here. The environment link may have a slot and
    /// no end there yet.
    #[inline]
    pub(super) fn in_slot(&self, link: LinkId) -> Result<usize, NotAnInLink> {
        self.in_slot_among_few(link).map_or_else(|| self.in_slot_by_topology(link), Ok)
    }

    /// The slot of a link of the topology, if it is found by a look at few ends. These stand in the
    /// order of their ids, the environment link last.
    #[inline]
    fn in_slot_among_few(&self, link: LinkId) -> Option<usize> {
        let ends: &[InEnd] = &self.in_ends;
        let is_it = |end: &InEnd| end.link.id == link && !end.link.is_environment();
        match ends.len() {
            0..=FEW => ends.iter().position(is_it),
            len if len <= SEARCHED => {
                let slot = ends.partition_point(|end| end.link.id < link);
                ends.get(slot).is_some_and(is_it).then_some(slot)
            }
            _ => None,
        }
    }

    /// A link that ends elsewhere has a slot there. At this node, that slot belongs to another link
    /// or to no link.
    fn in_slot_by_topology(&self, link: LinkId) -> Result<usize, NotAnInLink> {
        let slot = self.topology.in_slot(link).unwrap_or(usize::MAX);
        let is_here = match self.in_ends.get(slot) {
            Some(found) => found.link.id == link,
            None => self.topology.link(link).is_some_and(|link| link.target == self.node),
        };
        is_here.then_some(slot).ok_or(NotAnInLink { node: self.node, link })
    }

    /// The slot of a link among the links that leave this node.
    pub(super) fn out_slot(&self, link: LinkId) -> Option<usize> {
        self.outbox.links.slot_of(&self.topology, link)
    }

    /// Makes the end of the environment link.
    #[cold]
    pub(super) fn begin_environment(&mut self) {
        let link = self.topology.environment_link(self.node);
        self.in_ends.push(InEnd::new(link.expect("the node is in the topology")));
    }

    /// As [`in_slot`](Self::in_slot), and only for a link of the topology.
    #[inline]
    pub(super) fn slot_of_link(&self, link: LinkId) -> Result<usize, NotAnInLink> {
        if let Some(slot) = self.in_slot_among_few(link) {
            return Ok(slot);
        }
        let slot = self.in_slot_by_topology(link)?;
        let is_environment = slot == self.environment_slot();
        (!is_environment).then_some(slot).ok_or(NotAnInLink { node: self.node, link })
    }

    pub(super) fn environment_slot(&self) -> usize {
        let has_begun = self.in_ends.last().is_some_and(|end| end.link.is_environment());
        self.in_ends.len() - usize::from(has_begun)
    }
}

/// With this many in-links or fewer, a look at each is faster than a question to the topology.
const FEW: usize = 4;

/// With this many or fewer, a search among them is faster: their memory is needed anyway, and that
/// of the topology may be far away.
const SEARCHED: usize = 16;

/// The source of the next message.
pub(super) struct Arrived<'a, M> {
    inbox: &'a mut Inbox<M>,
    recorders: &'a mut [Recorder<M>],
}

impl<M: Clone> Arrived<'_, M> {
    /// The next waiting message, if it came on this link.
    #[inline]
    pub(super) fn next_on(&mut self, slot: usize) -> Option<M> {
        let (message, was_attended) = self.inbox.pop_message_on(slot)?;
        Some(if was_attended { message } else { self.show(slot, message) })
    }

    /// Shows the rules a message that has just come, and hands it back.
    #[inline]
    pub(super) fn show(&mut self, slot: usize, message: M) -> M {
        if self.recorders.is_empty() { message } else { self.show_recorders(slot, message) }
    }

    // A function of its own that takes the message itself: where no snapshot is under way, the
    // message can go to its handler in registers.
    #[inline(never)]
    fn show_recorders(&mut self, slot: usize, message: M) -> M {
        rules::receive_message(self.recorders, slot, &message);
        message
    }
}

/// The messages of one link that are handled in a row. They are counted as received at its end,
/// also where a handler panics.
struct Row<'a> {
    received: &'a mut u64,
    handled: usize,
}

impl Row<'_> {
    /// The number of the last message on its link.
    fn number(&self) -> u64 {
        *self.received + self.handled as u64
    }

    /// Counts the messages, and returns how many there were.
    #[inline]
    fn end(self) -> usize {
        self.handled
    }
}

impl Drop for Row<'_> {
    #[inline]
    fn drop(&mut self) {
        *self.received = self.number();
    }
}

/// Handlers that have not all returned. If one panics, its changes to the outbox are withdrawn.
struct Running<'a, M>(Context<'a, M>);

impl<M> Running<'_, M> {
    /// All have returned.
    #[inline]
    fn end(mut self) {
        self.0.outbox();
        std::mem::forget(self);
    }
}

impl<M> Drop for Running<'_, M> {
    #[cold]
    fn drop(&mut self) {
        self.0.outbox().withdraw();
    }
}
