//! The output of a node: envelopes to links, reports to the coordinator, room to senders.

use super::event::NodeEvent;
use super::narrate;
use super::port::WIRED;
use super::reports::{Reports, discard_report};
use super::thread::NodeThread;
use crate::panics::discard;
use crate::process::Process;
use crate::protocol::{Output, Report};
use crate::runtime::link::bell::fence_between_push_and_ring;
use crate::runtime::link::channel::Control;
use crate::runtime::link::command::Command;
use crate::runtime::tuning::REPORT_BYTES;
use crate::sync::{give_way, need_time};

impl<P: Process> NodeThread<P> {
    /// Carries out the core's output, in its order, and looks for room if the core waits for it.
    #[inline]
    pub(super) fn carry_out(&mut self) {
        self.carry_out_but_reports();
        if !self.reports.is_empty() {
            self.report();
        }
    }

    /// Carries out the core's output except reports. Reports are collected: they concern no link,
    /// and each report that is sent alone wakes the coordinator.
    #[inline]
    pub(super) fn carry_out_but_reports(&mut self) {
        if self.core.has_output() {
            self.drain_output();
        }
        if self.core.wants_time() {
            need_time("timers");
            self.core.tell_time(self.clock.now());
        }
        if self.core.is_blocked() {
            self.look_for_room();
            self.drain_output();
        }
    }

    /// Whether there are collected reports.
    pub(super) fn has_reports(&self) -> bool {
        !self.reports.is_empty()
    }

    /// Sends the collected reports to the coordinator.
    #[cold]
    pub(super) fn report(&mut self) {
        let reports = Reports::new(std::mem::take(&mut self.reports), self.digests);
        (self.tell)(NodeEvent::Reports(reports, self.clock.now()));
    }

    #[inline]
    fn drain_output(&mut self) {
        let NodeThread { core, senders, topology, node, .. } = self;
        let has_drained = core.drain_messages(|link, messages| {
            narrate::sent(*node, messages.len(), link);
            // The core sends only on its node's links.
            let slot = topology.out_slot_from(*node, link).expect(WIRED);
            senders.put(slot as usize, messages);
        });
        if !has_drained {
            self.drain_mixed_output();
        }
    }

    fn drain_mixed_output(&mut self) {
        let mut stops = 0;
        // The core sends only on its node's links.
        let slot_of = |link| self.topology.out_slot_from(self.node, link).expect(WIRED) as usize;
        self.core.drain_output().for_each(|output| match output {
            Output::Messages { link, messages } => {
                narrate::sent(self.node, messages.len(), link);
                self.senders.put(slot_of(link), messages);
            }
            Output::Marker { link, snapshot } => {
                narrate::marked(self.node, link, snapshot);
                self.senders.put_control(slot_of(link), Control::Marker(snapshot));
            }
            Output::Report(mut report) => {
                if let Report::Node(record) = &mut report {
                    record.output.untaken = self.outlet.untaken();
                }
                narrate::reported(self.node, &report);
                if self.reports.is_empty() {
                    // Mostly several records of a snapshot follow.
                    let records = self.topology.in_links(self.node).len() + 1;
                    let most = REPORT_BYTES / size_of::<Report<P::State, P::Message>>();
                    self.reports.reserve_exact(records.min(most));
                }
                self.reports.push(report);
            }
            Output::Return { link, snapshot } => {
                narrate::returned(self.node, link, snapshot);
                let slot = self.topology.in_slot(link);
                if let Some(in_link) = slot.and_then(|slot| self.receivers.get(slot)) {
                    // A sender that has ended records nothing more.
                    in_link.sender.command(Command::MarkerReturned(link, snapshot));
                }
            }
            Output::Emitted(messages) => self.outlet.put(messages),
            Output::Reply(to, message) => self.questions.answer(to, message),
            Output::RequestSnapshot => {
                if self.requests.ask(self.node) {
                    (self.tell)(NodeEvent::Requested(self.node));
                }
            }
            Output::Stopped => stops += 1,
            Output::Discarded(message) => discard(message),
        });
        if stops > 0 {
            self.tell_of_stops(stops);
        }
    }

    #[cold]
    fn tell_of_stops(&mut self, stops: u32) {
        // The reports come before the stops.
        if self.has_reports() {
            self.report();
        }
        for _ in 0..stops {
            let is_for_good = self.core.is_stopped();
            if is_for_good {
                // All that it has emitted has left.
                self.outlet.end();
            }
            let event = if is_for_good { NodeEvent::Stopped } else { NodeEvent::Halted };
            (self.tell)(event(self.node));
        }
    }

    /// Puts the messages of handlers that have returned, and the markers, on the links. The node
    /// has failed, and the rest of the output is dropped.
    pub(super) fn drain_messages(&mut self) {
        let slot_of = |link| self.topology.out_slot_from(self.node, link).map(|slot| slot as usize);
        for output in self.core.drain_output() {
            match output {
                Output::Messages { link, messages } => {
                    if let Some(slot) = slot_of(link) {
                        self.senders.put(slot, messages);
                    }
                }
                Output::Marker { link, snapshot } => {
                    if let Some(slot) = slot_of(link) {
                        self.senders.put_control(slot, Control::Marker(snapshot));
                    }
                }
                Output::Emitted(messages) => self.outlet.put(messages),
                Output::Reply(to, message) => self.questions.answer(to, message),
                Output::Report(report) => discard_report(report),
                other => discard(other),
            }
        }
    }

    /// Shows the messages that were put on links, and the room that was made, since the last call.
    /// Wakes the nodes that wait for either.
    #[inline]
    pub(super) fn hand_over(&mut self) {
        let NodeThread { core, receivers, senders, topology, node, outside, pace, .. } = self;
        if !receivers.is_touched() && !senders.is_touched() && !outside.environment.is_touched() {
            return;
        }
        // The core knows the links of its node.
        let received_on = |link| core.received_on(link).unwrap_or(0);
        let out_links = topology.out_links(*node);
        let rings_receivers = senders.must_ring();
        let rings_senders = receivers.acknowledge(received_on);
        let lets_in = outside.environment.acknowledge(received_on);
        if rings_receivers || rings_senders || lets_in {
            fence_between_push_and_ring();
        }
        let is_crowded = senders.ring(|slot| core.sent_on(out_links[slot].id).unwrap_or(0));
        receivers.ring();
        if lets_in {
            outside.environment.entrance.let_in();
        }
        if is_crowded {
            // The receivers have more to do than this node.
            give_way();
            pace.restart();
        }
    }
}
