//! What a node gives to others: envelopes to links, reports to the coordinator, room to senders.

use super::event::{NodeEvent, Reports};
use super::notes;
use super::thread::NodeThread;
use super::trace;
use crate::panics::discard;
use crate::process::Process;
use crate::protocol::Output;
use crate::runtime::link::bell::fence_between_push_and_ring;
use crate::runtime::link::command::Command;
use crate::sync::need_time;

impl<P: Process> NodeThread<P> {
    /// Carries out what the core wants, in its order, and looks for room where it waits for that.
    #[inline]
    pub(super) fn carry_out(&mut self) {
        self.drain_output();
        if self.core.is_blocked() {
            self.look_for_room();
            self.drain_output();
        }
    }

    /// Reports go to the coordinator together: no link is concerned, and the coordinator wakes once.
    #[inline]
    fn drain_output(&mut self) {
        let mut stops = 0;
        self.core.drain_output_to(
            |slot, envelope| {
                notes::sent(&envelope, self.topology.out_links(self.node)[slot]);
                self.senders.put(slot, envelope, &mut self.spares);
            },
            |output| match output {
                Output::Report(report) => {
                    trace::report(&report);
                    notes::reported(self.node, &report);
                    self.reports.push(report);
                }
                Output::Return { link, slot, snapshot } => {
                    notes::returned(self.node, link, snapshot);
                    if let Some(in_link) = self.receivers.get(slot) {
                        // A sender that has ended records nothing more.
                        in_link.sender.command(Command::MarkerReturned(link, snapshot));
                    }
                }
                Output::RequestSnapshot => {
                    if self.requests.ask(self.node) {
                        (self.tell)(NodeEvent::Requested(self.node));
                    }
                }
                Output::Stopped => stops += 1,
                Output::Discarded(message) => discard(message),
                // Those are handed to the other one.
                Output::Send { .. } => {}
            },
        );
        if stops > 0 || !self.reports.is_empty() || self.core.wants_time() {
            self.carry_out_the_rare(stops);
        }
    }

    #[cold]
    fn carry_out_the_rare(&mut self, stops: u32) {
        for _ in 0..stops {
            let is_for_good = self.core.is_stopped();
            let event = if is_for_good { NodeEvent::Stopped } else { NodeEvent::Halted };
            (self.tell)(event(self.node));
        }
        if !self.reports.is_empty() {
            let reports = std::mem::take(&mut self.reports);
            let reports = Reports::new(reports, self.digests);
            (self.tell)(NodeEvent::Reports(reports, self.clock.now()));
        }
        if self.core.wants_time() {
            need_time("timers");
            self.core.tell_time(self.clock.now());
        }
    }

    /// Hands over what was sent since this was last called, and the room that was made; wakes whoever waits for either.
    #[inline]
    pub(super) fn hand_over(&mut self) {
        let NodeThread { core, receivers, senders, topology, node, outside, .. } = self;
        if !receivers.is_touched() && !senders.is_touched() && !outside.environment.is_touched() {
            return;
        }
        // The core knows the links of its node.
        let received_on = |link| core.received_on(link).unwrap_or(0);
        let out_links = topology.out_links(*node);
        receivers.acknowledge(received_on);
        outside.environment.acknowledge(received_on);
        senders.hand_over();
        fence_between_push_and_ring();
        senders.ring(|slot| core.sent_on(out_links[slot].id).unwrap_or(0));
        receivers.ring();
    }
}
