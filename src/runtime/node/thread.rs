//! The loop of a node's thread. It moves envelopes between links and core, and decides nothing.

use std::sync::Arc;
use std::time::Duration;

use super::digest::Digests;
use super::event::{Event, Reports};
use super::idleness::Idleness;
use super::notes;
use super::port::{Outside, WIRED};
use super::requests::Requests;
use super::trace;
use crate::id::{LinkId, NodeId};
use crate::process::Process;
use crate::protocol::{Envelope, Leftovers, NodeCore, Output, Report};
use crate::runtime::clock::Clock;
use crate::runtime::discard::{discard, discard_all, discard_report};
use crate::runtime::link::bell::{Bell, Patience, fence_between_push_and_ring};
use crate::runtime::link::command::Command;
use crate::runtime::link::receiver::{InLink, InLinks};
use crate::runtime::link::sender::OutLinks;
use crate::sync::{Sender, give_way, need_time};
use crate::topology::Topology;

/// Messages handled before the node looks elsewhere: at the next link, at what comes from outside. More spreads the
/// cost of the look over more messages; something urgent cuts it short.
const MESSAGES_A_TURN: usize = 64;

/// How a node starts: afresh, or from a snapshot.
pub(crate) type Start<P> = Box<dyn FnOnce(&mut NodeCore<P>) + Send>;

/// A node with everything it needs to run.
pub(crate) struct NodeThread<P: Process> {
    pub(crate) in_links: InLinks<P::Message>,
    pub(crate) inner: Inner<P>,
}

/// The core, and where its outputs go.
pub(crate) struct Inner<P: Process> {
    pub(crate) node: NodeId,
    pub(crate) topology: Arc<Topology>,
    pub(crate) core: NodeCore<P>,
    pub(crate) out_links: OutLinks<P::Message>,
    pub(crate) outside: Outside<P::Message>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) coordinator: Sender<Event<P::State, P::Message>>,
    pub(crate) requests: Arc<Requests>,
    /// If recorded values are compared.
    pub(crate) digests: Option<Digests<P::State, P::Message>>,
    pub(crate) clock: Clock,
    /// On their way to the coordinator.
    pub(crate) reports: Vec<Report<P::State, P::Message>>,
    /// In-links on which messages were processed, and whose senders may wait for that.
    pub(crate) unrung: Vec<usize>,
}

impl<P: Process> NodeThread<P> {
    /// What the node's thread is called.
    pub(crate) fn name(&self) -> String {
        self.inner.topology.describe(self.inner.node)
    }

    /// Runs the node until it is told to shut down.
    pub(crate) fn run(&mut self, start: Start<P>) {
        let NodeThread { in_links, inner } = self;
        inner.bell.belongs_to_this_thread();
        start(&mut inner.core);
        inner.carry_out(in_links);
        let mut idleness = Idleness::new(inner.clock);
        loop {
            let busy = inner.turn(in_links);
            if inner.outside.is_shut_down {
                return;
            }
            if busy {
                idleness.interrupt();
            } else if idleness.is_time_to_sleep() {
                inner.core.give_memory_back();
                inner.bell.sleep(|| inner.has_arrivals(in_links), || inner.patience());
                in_links.look_at_all_next();
            } else {
                give_way();
            }
        }
    }

    /// The node is down: nobody waits for room at it. One that is told to shut down lets nobody go. Whoever waits for it is told the same,
    /// and would handle messages first.
    pub(crate) fn let_senders_go(&self) {
        self.in_links.let_senders_go();
    }

    /// Takes the node apart and hands out its process. Whatever is in flight to it is dropped.
    pub(crate) fn dismantle(self) -> P {
        let NodeThread { in_links, inner } = self;
        for link in in_links.into_links() {
            link.rx.drain(usize::MAX, discard);
            discard(link);
        }
        inner.outside.environment.rx.drain(usize::MAX, discard);
        discard(inner.outside);
        let Leftovers { process, messages, reports } = inner.core.dismantle();
        discard_all(messages);
        reports.into_iter().for_each(discard_report);
        process
    }
}

impl<P: Process> Inner<P> {
    /// Does some of what there is to do. False if there was nothing.
    fn turn(&mut self, in_links: &InLinks<P::Message>) -> bool {
        if self.bell.is_urgent() {
            self.bell.attend();
            self.take_in_everything(in_links);
            self.obey();
            if self.outside.is_shut_down {
                return true;
            }
        }
        self.carry_out(in_links);
        // What the core has taken in stands before whatever is still on the links.
        let mut busy = self.fire_timers(in_links);
        busy |=
            self.handle_waiting(in_links) || (self.core.may_receive() && self.receive(in_links));
        self.ring(in_links);
        busy
    }

    /// Somewhere stands a marker, perhaps behind a long backlog: takes in all that has come, unhandled.
    fn take_in_everything(&mut self, in_links: &InLinks<P::Message>) {
        for link in in_links.iter() {
            link.rx.drain(usize::MAX, |envelope| self.arrive(link.id, envelope));
        }
    }

    /// Handles the timers that are due. False if there was none.
    fn fire_timers(&mut self, in_links: &InLinks<P::Message>) -> bool {
        if self.core.next_timer().is_none() {
            return false;
        }
        let now = self.clock.now();
        let mut fired = false;
        while self.fire_timer(now) {
            fired = true;
            self.carry_out(in_links);
            if self.bell.is_urgent() {
                break;
            }
        }
        fired
    }

    fn fire_timer(&mut self, now: Duration) -> bool {
        self.learn_of_room();
        self.core.fire_timer(now)
    }

    /// Handles messages that the core has taken in. False if there was none, or the node may handle nothing.
    fn handle_waiting(&mut self, in_links: &InLinks<P::Message>) -> bool {
        for handled in 0..MESSAGES_A_TURN {
            if !self.handle_next(in_links) {
                return handled > 0;
            }
            if self.must_look_up() {
                break;
            }
        }
        true
    }

    /// Handles the next message that the core has taken in. False if there was none, or the node may handle nothing.
    fn handle_next(&mut self, in_links: &InLinks<P::Message>) -> bool {
        if self.core.meet_markers() {
            self.carry_out(in_links);
        }
        self.learn_of_room();
        let Some(link) = self.core.process_next() else { return false };
        self.carry_out(in_links);
        self.count_processed_on(link, in_links);
        true
    }

    /// Whether the node must look elsewhere before it handles another message: something urgent has come, or a timer is due.
    #[inline]
    fn must_look_up(&self) -> bool {
        self.bell.is_urgent() || self.core.next_timer().is_some_and(|due| due <= self.clock.now())
    }

    /// Takes in some of what has come on each link and handles it at once, until something urgent comes or a link is full; the
    /// rest of what was taken from the link then waits in the core. False if nothing has come.
    fn receive(&mut self, in_links: &InLinks<P::Message>) -> bool {
        let mut received = false;
        let mut interrupted = false;
        for (slot, link) in in_links.to_look_at() {
            link.rx.drain(MESSAGES_A_TURN, |envelope| {
                received = true;
                interrupted = interrupted || self.must_look_up();
                match envelope {
                    Envelope::Message(message) if !interrupted => {
                        interrupted = !self.process(slot, link, message, in_links);
                    }
                    envelope => {
                        self.arrive(link.id, envelope);
                        self.carry_out(in_links);
                    }
                }
            });
            in_links.come_back_to(slot);
            if interrupted {
                in_links.go_on_behind(slot);
                return true;
            }
        }
        // The environment link takes its turn like the others.
        self.outside.environment.take_in(&mut self.core, MESSAGES_A_TURN) || received
    }

    /// Handles a message that has come on a link. False if the node may handle no more for now.
    #[inline]
    fn process(
        &mut self,
        slot: usize,
        link: &InLink<P::Message>,
        message: P::Message,
        in_links: &InLinks<P::Message>,
    ) -> bool {
        self.learn_of_room();
        match self.core.process_at_once(slot, message) {
            Ok(()) => {
                notes::handled(self.node, link.id);
                self.carry_out(in_links);
                self.count_processed(slot, link);
            }
            Err(message) => {
                self.arrive(link.id, Envelope::Message(message));
                self.handle_next(in_links);
            }
        }
        self.core.may_receive()
    }

    /// What callers asked for before a snapshot began is done before its marker is handled: their commands, and
    /// the messages that they injected, are here by now.
    fn arrive(&mut self, link: LinkId, envelope: Envelope<P::Message>) {
        if !envelope.is_message() {
            self.obey();
            self.outside.environment.take_in(&mut self.core, usize::MAX);
        }
        notes::taken_in(self.node, &envelope, link);
        // Links and core come from the same topology.
        self.core.arrive(link, envelope).expect(WIRED);
    }

    /// A message was processed that came on any link.
    fn count_processed_on(&mut self, link: LinkId, in_links: &InLinks<P::Message>) {
        notes::handled(self.node, link);
        let slot = self.topology.in_slot(link).unwrap_or(usize::MAX);
        match in_links.get(slot) {
            Some(link) => self.count_processed(slot, link),
            None => self.outside.environment.count_processed(),
        }
    }

    /// Lets the sender of a message know that it has been processed.
    #[inline]
    fn count_processed(&mut self, slot: usize, link: &InLink<P::Message>) {
        if link.gauge.count_processed(&link.sender.bell) && self.unrung.last() != Some(&slot) {
            self.unrung.push(slot);
        }
    }

    /// Wakes whoever waits for what this turn has sent or processed.
    fn ring(&mut self, in_links: &InLinks<P::Message>) {
        if self.unrung.is_empty() && !self.out_links.is_unrung() {
            return;
        }
        fence_between_push_and_ring();
        self.out_links.ring();
        for slot in self.unrung.drain(..) {
            if let Some(link) = in_links.get(slot) {
                link.gauge.ring_if_wanted(&link.sender.bell);
            }
        }
    }

    pub(crate) fn obey(&mut self) {
        self.outside.obey(&mut self.core);
    }

    /// Carries out what the core wants, in its order, and looks for room where it waits for that.
    #[inline]
    fn carry_out(&mut self, in_links: &InLinks<P::Message>) {
        self.drain_output(in_links);
        if self.core.is_blocked() {
            self.look_for_room();
            self.drain_output(in_links);
        }
    }

    /// Reports go to the coordinator together: no link is concerned, and the coordinator wakes once.
    fn drain_output(&mut self, in_links: &InLinks<P::Message>) {
        let mut stops = 0;
        self.core.drain_output_to(
            |slot, envelope| {
                notes::sent(&envelope, self.topology.out_links(self.node)[slot]);
                self.out_links.put(slot, envelope);
            },
            |output| match output {
                Output::Report(report) => {
                    trace::report(&report);
                    notes::reported(self.node, &report);
                    self.reports.push(report);
                }
                Output::Return { link, slot, snapshot } => {
                    notes::returned(self.node, link, snapshot);
                    if let Some(in_link) = in_links.get(slot) {
                        // A sender that has ended records nothing more.
                        in_link.sender.command(Command::MarkerReturned(link, snapshot));
                    }
                }
                Output::RequestSnapshot => {
                    if self.requests.ask(self.node) {
                        tell(&self.coordinator, Event::Requested(self.node));
                    }
                }
                Output::Stopped => stops += 1,
                Output::Discarded(message) => discard(message),
                // Those are handed to the other one.
                Output::Send { .. } => {}
            },
        );
        for _ in 0..stops {
            let is_for_good = self.core.is_stopped();
            let event = if is_for_good { Event::Stopped } else { Event::Halted };
            tell(&self.coordinator, event(self.node));
        }
        if !self.reports.is_empty() {
            let reports = std::mem::take(&mut self.reports);
            tell(
                &self.coordinator,
                Event::Reports(Reports::new(reports, self.digests), self.clock.now()),
            );
        }
        if self.core.wants_time() {
            need_time("timers");
            self.core.tell_time(self.clock.now());
        }
    }

    /// Whether there is something to do. A node that may handle nothing leaves messages where they are; markers and commands
    /// ring urgently.
    fn has_arrivals(&self, in_links: &InLinks<P::Message>) -> bool {
        // Room that was found at the last look leaves messages in the core, for which nobody rings.
        let has_messages = || {
            self.core.waiting() > 0
                || !self.outside.environment.rx.is_empty()
                || in_links.iter().any(|link| !link.rx.is_empty())
        };
        let has_room = || self.core.full_links().any(|(slot, _)| self.out_links.has_progress(slot));
        has_room() || (self.core.may_receive() && has_messages())
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
}

/// A coordinator that is gone needs no word: the system is being shut down.
fn tell<S, M>(coordinator: &Sender<Event<S, M>>, event: Event<S, M>) {
    let _ = coordinator.send(event);
}
