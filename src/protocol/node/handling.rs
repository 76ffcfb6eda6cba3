//! Messages: in, through the process, and out.

use super::InEnd;
use super::NodeCore;
use super::NotAnInLink;
use crate::causality::{Cause, Logged};
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::outbox::{Effect, Outbox};
use crate::process::{Context, Process};
use crate::protocol::inbox::Arrival;
use crate::protocol::message::Envelope;
use crate::protocol::policy::MarkerPolicy;
use crate::protocol::rules;
use crate::topology::Topology;

impl<P: Process> NodeCore<P> {
    /// The end of a link, where the marker policy decides who goes first.
    pub(super) fn take_in(&mut self, slot: usize, envelope: Envelope<P::Message>) {
        // Where nothing is handled, nothing gets its turn, and a marker that waited for it would
        // wait for ever.
        let waits_its_turn = self.policy == MarkerPolicy::InOrder && self.may_handle();
        if !waits_its_turn {
            // A marker may stand there, whose snapshot counts what was injected before this
            // envelope.
            self.attend();
        }
        if envelope.is_message() {
            self.count_injected(slot);
        }
        if waits_its_turn {
            self.inbox.push(Arrival { slot, envelope });
        } else {
            self.attend_to(slot, envelope);
        }
    }

    /// Shows the rules what waits for its turn, in its order: the messages stay, markers are
    /// handled. True if there was a marker.
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

    #[inline]
    pub(super) fn handle(&mut self, slot: usize, message: P::Message) {
        let InEnd { link, received, .. } = &mut self.in_ends[slot];
        *received += 1;
        let (link, number) = (*link, *received);
        let cause = Cause::Message { link: link.id, number };
        self.run_handler(cause, |process, ctx| process.on_message(link, message, ctx));
    }

    /// Receives the next message of a node that drains its in-links. The rules have seen the
    /// message when it arrived.
    pub(super) fn drain_next(&mut self) -> Option<LinkId> {
        if !self.may_receive() {
            return None;
        }
        let (slot, message, _) = self.inbox.pop_message()?;
        let end = &mut self.in_ends[slot];
        end.received += 1;
        let (link, number) = (end.link.id, end.received);
        if let Some(log) = &mut self.log {
            log.handled(Cause::Discarded { link, number }, std::iter::empty());
        }
        self.outbox.roll_back();
        self.outbox.put(Effect::Discard(message));
        Some(link)
    }

    #[inline]
    pub(super) fn run_handler(
        &mut self,
        cause: Cause,
        handler: impl FnOnce(&mut P, &mut Context<'_, P::Message>),
    ) {
        if self.records.is_state_owed() {
            self.record_states();
        }
        self.outbox.roll_back();
        let NodeCore { node, topology, outbox, process, .. } = self;
        let running = Running { node: *node, topology, outbox };
        let mut ctx = Context::new(*node, topology, &mut *running.outbox);
        handler(process, &mut ctx);
        std::mem::forget(running);
        self.commit_effects(cause);
    }

    /// A handler has returned: what it asked for happens now. What it has sent is counted already.
    #[inline]
    fn commit_effects(&mut self, cause: Cause) {
        let is_mixed = self.outbox.is_mixed();
        let effects = self.outbox.commit();
        if let Some(log) = &mut self.log {
            let sends = effects.iter().filter_map(|effect| match effect {
                Effect::Send { link, .. } => Some(*link),
                _ => None,
            });
            log.handled(cause, sends);
        }
        if !is_mixed {
            return;
        }
        for effect in effects {
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

    #[inline]
    pub(super) fn count_injected(&mut self, slot: usize) {
        self.injected += u64::from(slot == self.environment_slot());
    }

    /// The place of a link among those that end here. A link that ends elsewhere has its place
    /// there, and here that place is another link's or nobody's.
    #[inline]
    pub(super) fn in_slot(&self, link: LinkId) -> Result<usize, NotAnInLink> {
        let slot = self.topology.in_slot(link).unwrap_or(usize::MAX);
        match self.in_ends.get(slot) {
            Some(found) if found.link.id == link => Ok(slot),
            _ => Err(NotAnInLink { node: self.node, link }),
        }
    }

    pub(super) fn environment_slot(&self) -> usize {
        self.in_ends.len() - 1
    }
}

/// A handler that has not returned. When it panics, what it has sent is no longer counted.
struct Running<'a, M> {
    node: NodeId,
    topology: &'a Topology,
    outbox: &'a mut Outbox<M>,
}

impl<M> Drop for Running<'_, M> {
    fn drop(&mut self) {
        self.outbox.take_back_counts(|link| self.topology.out_slot_from(self.node, link));
    }
}
