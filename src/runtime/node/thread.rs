//! The loop of a node's thread. It moves envelopes between links and core, and decides nothing.

use std::sync::Arc;

use super::digest::Digests;
use super::event::Tell;
use super::idleness::Idleness;
use super::pace::Pace;
use super::port::Outside;
use super::questions::Questions;
use super::reports::discard_report;
use super::requests::Requests;
use crate::id::NodeId;
use crate::panics::{discard, discard_all};
use crate::process::Process;
use crate::protocol::{Leftovers, NodeCore, Report};
use crate::runtime::clock::Clock;
use crate::runtime::link::bell::{Bell, Patience};
use crate::runtime::link::outlet::Outlet;
use crate::runtime::link::receiver::Receivers;
use crate::runtime::link::sender::Senders;
use crate::topology::Topology;

/// How a node starts: new, or from a snapshot.
pub(crate) type Start<P> = Box<dyn FnOnce(&mut NodeCore<P>) + Send>;

/// A node with everything it needs to run.
pub(crate) struct NodeThread<P: Process> {
    pub(crate) node: NodeId,
    pub(crate) topology: Arc<Topology>,
    pub(crate) core: NodeCore<P>,
    pub(crate) receivers: Receivers<P::Message>,
    pub(crate) senders: Senders<P::Message>,
    /// Memory of received messages, on its way to the core. The core reuses it: memory from one
    /// link can leave on another.
    pub(crate) emptied: Vec<Vec<P::Message>>,
    pub(crate) outside: Outside<P::Message>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) tell: Tell<P::State, P::Message>,
    pub(crate) outlet: Outlet<P::Message>,
    pub(crate) questions: Arc<Questions<P::Message>>,
    pub(crate) requests: Arc<Requests>,
    /// Set if recorded values are compared.
    pub(crate) digests: Option<Digests<P::State, P::Message>>,
    pub(crate) clock: Clock,
    pub(crate) pace: Pace,
    /// Reports on their way to the coordinator.
    pub(crate) reports: Vec<Report<P::State, P::Message>>,
}

impl<P: Process> NodeThread<P> {
    /// Runs the node until it is told to shut down.
    pub(crate) fn run(&mut self, start: Start<P>) {
        self.bell.belongs_to_this_thread();
        start(&mut self.core);
        self.carry_out();
        self.hand_over();
        let mut idleness = Idleness::new(self.clock);
        loop {
            let busy = self.turn();
            if self.outside.is_shut_down {
                return;
            }
            if !busy && !self.wait(&mut idleness) {
                self.sleep(&mut idleness);
            }
        }
    }

    /// Does some of the work that there is, and hands over the results. False if there was no work.
    fn turn(&mut self) -> bool {
        if self.bell.is_urgent() {
            self.bell.attend();
            self.take_in_everything();
            self.obey();
            if self.outside.is_shut_down {
                return true;
            }
        }
        self.carry_out_but_reports();
        // More markers may be under way, and one event to the coordinator is enough for all of
        // them. But no report waits for a handler.
        if self.has_reports() && (self.core.live_snapshots() == 0 || self.has_work()) {
            self.report();
        }
        // Messages that the core has taken in come before those that are still on the links.
        let mut busy = self.fire_timers();
        busy |= self.handle_waiting() || (self.core.may_receive() && self.receive());
        self.carry_out();
        self.hand_over();
        self.pace.end_turn();
        busy
    }

    /// Looks whether something comes soon. False if it is time to sleep.
    fn wait(&mut self, idleness: &mut Idleness) -> bool {
        let has_come = idleness.looks_again(|| self.bell.is_urgent() || self.has_work());
        if has_come {
            self.pace.restart();
        }
        has_come
    }

    fn sleep(&mut self, idleness: &mut Idleness) {
        if self.has_reports() {
            self.report();
        }
        self.core.give_memory_back();
        idleness.during(|| self.bell.sleep(|| self.has_arrivals(), || self.patience()));
        self.pace.restart();
    }

    /// Whether there is something to handle.
    fn has_work(&self) -> bool {
        self.has_arrivals() || self.patience() == Patience::Over
    }

    /// Whether something has come. A node that may not handle messages leaves them on the links.
    /// Markers and commands ring urgently.
    fn has_arrivals(&self) -> bool {
        let has_progress = |slot| self.senders.has_progress(slot);
        let has_room = || {
            let mut full = self.core.full_links();
            full.any(|link| self.out_slot(link).is_some_and(has_progress))
                || (self.core.is_output_full() && self.outlet.has_progress())
        };
        // After the last look has found room, messages may remain in the core. No bell rings for
        // these.
        let has_messages = || {
            !self.receivers.is_empty()
                || self.core.waiting() > 0
                || !self.outside.environment.is_empty()
        };
        (self.core.may_receive() && has_messages()) || has_room()
    }

    /// How long the node may sleep: until its next timer is due.
    fn patience(&self) -> Patience {
        match self.core.next_timer() {
            Some(due) if self.core.may_handle() => {
                let left = due.saturating_sub(self.clock.now());
                if left.is_zero() { Patience::Over } else { Patience::For(left) }
            }
            _ => Patience::Endless,
        }
    }

    /// Ends the links of a node that has failed: its messages leave, and then the end of each link.
    /// Waiting senders get room. This is only for a node that has failed. At a shutdown, waiting
    /// senders are ending too and must not handle more messages.
    pub(crate) fn fail(&mut self) {
        self.drain_messages();
        let core = &self.core;
        let out_links = self.topology.out_links(self.node);
        self.senders.end(|slot| core.sent_on(out_links[slot].id).unwrap_or(0));
        self.receivers.let_senders_go();
    }

    /// Takes the node apart and returns its process. Messages in flight to it are dropped.
    pub(crate) fn dismantle(self) -> P {
        let NodeThread { receivers, senders, outside, core, .. } = self;
        receivers.into_links().into_iter().for_each(discard);
        outside.environment.rx.drain(usize::MAX, discard);
        discard(outside);
        discard(senders);
        let Leftovers { process, messages, reports } = core.dismantle();
        discard_all(messages);
        reports.into_iter().for_each(discard_report);
        process
    }
}
