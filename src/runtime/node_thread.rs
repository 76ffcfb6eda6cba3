//! The loop of a node's thread. It moves envelopes between links and core, and decides nothing.

use std::sync::Arc;

use super::bell::Bell;
use super::clock::Clock;
use super::coordinator::Event;
use super::link::{Command, InLink, OutLinks};
use crate::id::{LinkId, NodeId};
use crate::process::Process;
use crate::protocol::{Envelope, NodeCore, Output};
use crate::sync::{LOOKS_BEFORE_SLEEP, Receiver, Sender, give_way};
use crate::topology::Topology;

/// Messages handled before the node looks elsewhere: at the next link, at what comes from outside. More spreads the
/// cost of the look over more messages; something urgent cuts it short.
const MESSAGES_A_TURN: usize = 64;

/// Why no arrival is refused.
const WIRED: &str = "the builder wires a node to the links that end at it";

/// A node with everything it needs to run.
pub(super) struct NodeThread<P: Process> {
    pub(super) in_links: Vec<InLink<P::Message>>,
    pub(super) inner: Inner<P>,
}

/// The core, and where its outputs go.
pub(super) struct Inner<P: Process> {
    pub(super) node: NodeId,
    pub(super) topology: Arc<Topology>,
    pub(super) core: NodeCore<P>,
    pub(super) out_links: OutLinks<P::Message>,
    pub(super) outside: Outside<P::Message>,
    pub(super) bell: Arc<Bell>,
    pub(super) coordinator: Sender<Event<P::State, P::Message>>,
    pub(super) clock: Clock,
}

/// What comes to the node from outside the system.
pub(super) struct Outside<M> {
    pub(super) commands: Receiver<Command>,
    pub(super) environment: InEnvironment<M>,
    pub(super) is_shut_down: bool,
}

/// The receiving end of the environment link.
pub(super) struct InEnvironment<M> {
    pub(super) id: LinkId,
    pub(super) rx: Receiver<M>,
}

impl<P: Process> NodeThread<P> {
    /// What the node's thread is called.
    pub(super) fn name(&self) -> String {
        self.inner.topology.describe(self.inner.node)
    }

    /// Runs the node until it is told to shut down, and hands back its process.
    pub(super) fn run(self) -> P {
        let NodeThread { in_links, mut inner } = self;
        inner.bell.belongs_to_this_thread();
        inner.core.start();
        let mut looks = 0;
        loop {
            let busy = inner.turn(&in_links);
            if inner.outside.is_shut_down {
                return inner.core.into_process();
            }
            looks = if busy { 0 } else { looks + 1 };
            if looks > LOOKS_BEFORE_SLEEP {
                inner.bell.sleep(|| inner.has_arrivals(&in_links));
            } else if !busy {
                give_way();
            }
        }
    }
}

impl<P: Process> Inner<P> {
    /// Does some of what there is to do. False if there was nothing.
    fn turn(&mut self, in_links: &[InLink<P::Message>]) -> bool {
        if self.bell.is_urgent() {
            self.bell.attend();
            self.take_in_everything(in_links);
        }
        self.outside.obey(&mut self.core);
        if self.outside.is_shut_down {
            return true;
        }
        self.carry_out();
        // What the core has taken in stands before whatever is still on the links.
        let busy = self.handle_waiting() || self.receive(in_links);
        self.out_links.ring();
        busy
    }

    /// Somewhere stands a marker, perhaps behind a long backlog: takes in all that has come, unhandled.
    fn take_in_everything(&mut self, in_links: &[InLink<P::Message>]) {
        for link in in_links {
            link.rx.drain(usize::MAX, |envelope| self.arrive(link.id, envelope));
        }
    }

    /// Handles messages that the core has taken in. False if there was none, or the process has stopped.
    fn handle_waiting(&mut self) -> bool {
        for handled in 0..MESSAGES_A_TURN {
            let processed = self.core.process_next();
            // Even where no message was left, a marker may have been handled on the way there.
            self.carry_out();
            if processed.is_none() {
                return handled > 0;
            }
            if self.bell.is_urgent() {
                break;
            }
        }
        true
    }

    /// Takes in some of what has come on each link and handles it at once, until something urgent comes; the rest
    /// of what was taken from the link then waits in the core. False if nothing has come.
    fn receive(&mut self, in_links: &[InLink<P::Message>]) -> bool {
        let mut received = false;
        let mut interrupted = false;
        for link in in_links {
            link.rx.drain(MESSAGES_A_TURN, |envelope| {
                received = true;
                interrupted = interrupted || self.bell.is_urgent();
                if interrupted || !envelope.is_message() {
                    self.arrive(link.id, envelope);
                } else {
                    let arrived = self.core.arrive_and_process(link.id, envelope);
                    arrived.expect(WIRED);
                }
                self.carry_out();
            });
            if interrupted {
                return true;
            }
        }
        self.receive_from_outside() || received
    }

    /// The environment link takes its turn like the others.
    fn receive_from_outside(&mut self) -> bool {
        let mut received = false;
        let InEnvironment { id, rx } = &self.outside.environment;
        rx.drain(MESSAGES_A_TURN, |message| {
            received = true;
            self.core.arrive(*id, Envelope::Message(message)).expect(WIRED);
        });
        received
    }

    fn arrive(&mut self, link: LinkId, envelope: Envelope<P::Message>) {
        if !envelope.is_message() {
            self.outside.environment.take_in(&mut self.core);
        }
        self.core.arrive(link, envelope).expect(WIRED);
    }

    /// Carries out what the core wants, in its order. Reports go to the coordinator together: no link is
    /// concerned, and the coordinator wakes once.
    fn carry_out(&mut self) {
        let mut reports = Vec::new();
        for output in self.core.drain_output() {
            match output {
                Output::Send { slot, envelope, .. } => self.out_links.put(slot, envelope),
                Output::Report(report) => reports.push(report),
                Output::RequestSnapshot => tell(&self.coordinator, Event::Requested(self.node)),
                Output::Stopped => {}
            }
        }
        if !reports.is_empty() {
            tell(&self.coordinator, Event::Reports(reports, self.clock.now()));
        }
    }

    fn has_arrivals(&self, in_links: &[InLink<P::Message>]) -> bool {
        let Outside { commands, environment, .. } = &self.outside;
        !commands.is_empty()
            || !environment.rx.is_empty()
            || in_links.iter().any(|link| !link.rx.is_empty())
    }
}

/// A coordinator that is gone needs no word: the system is being shut down.
fn tell<S, M>(coordinator: &Sender<Event<S, M>>, event: Event<S, M>) {
    let _ = coordinator.send(event);
}

impl<M: Clone + Send + Sync + 'static> Outside<M> {
    fn obey<P: Process<Message = M>>(&mut self, core: &mut NodeCore<P>) {
        self.commands.drain(usize::MAX, |command| match command {
            Command::Begin(snapshot) => {
                self.environment.take_in(core);
                core.begin_snapshot(snapshot);
            }
            Command::Abandon(snapshot) => drop(core.abandon_snapshot(snapshot)),
            Command::ShutDown => self.is_shut_down = true,
        });
    }
}

impl<M: Clone + Send + Sync + 'static> InEnvironment<M> {
    /// To be called before the node can record: what was injected before a snapshot began is here by now, and
    /// belongs before the cut.
    fn take_in<P: Process<Message = M>>(&self, core: &mut NodeCore<P>) {
        self.rx.drain(usize::MAX, |message| {
            core.arrive(self.id, Envelope::Message(message)).expect(WIRED);
        });
    }
}
