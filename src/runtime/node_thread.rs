//! The loop of a node's thread. It moves envelopes between links and core, and decides nothing.

use std::sync::Arc;

use super::bell::Bell;
use super::clock::Clock;
use super::coordinator::Event;
use super::link::{InLink, OutLink, Word};
use crate::id::{LinkId, NodeId};
use crate::process::Process;
use crate::protocol::{Envelope, NodeCore, Output};
use crate::sync::{LOOKS_BEFORE_SLEEP, Receiver, Sender, give_way};
use crate::topology::Topology;

/// Messages handled before the node looks at its links again. More spreads the cost of the look over more
/// messages; something urgent cuts it short.
const MESSAGES_A_TURN: usize = 64;

/// A node with everything it needs to run.
pub(super) struct NodeThread<P: Process> {
    pub(super) node: NodeId,
    pub(super) topology: Arc<Topology>,
    pub(super) core: NodeCore<P>,
    pub(super) in_links: Vec<InLink<P::Message>>,
    /// By slot: as the topology orders the node's out-links.
    pub(super) out_links: Vec<OutLink<P::Message>>,
    pub(super) outside: Outside<P::Message>,
    pub(super) bell: Arc<Bell>,
    pub(super) coordinator: Sender<Event<P::State, P::Message>>,
    pub(super) clock: Clock,
}

impl<P: Process> NodeThread<P> {
    /// What the node's thread is called.
    pub(super) fn name(&self) -> String {
        self.topology.describe(self.node)
    }

    /// Runs the node until it is told to shut down, and hands back its process.
    pub(super) fn run(mut self) -> P {
        self.bell.belongs_to_this_thread();
        self.core.start();
        self.carry_out();
        let mut looks = 0;
        loop {
            let busy = self.turn();
            if self.outside.is_shut_down {
                return self.core.into_process();
            }
            looks = if busy { 0 } else { looks + 1 };
            if looks > LOOKS_BEFORE_SLEEP {
                self.bell.sleep(|| self.has_arrivals());
            } else if !busy {
                give_way();
            }
        }
    }

    /// Takes in all that has come and handles some of what waits. False if there was nothing to handle.
    fn turn(&mut self) -> bool {
        self.outside.listen(&mut self.core);
        self.take_in();
        self.carry_out();
        self.process_some()
    }

    fn take_in(&mut self) {
        for link in &self.in_links {
            link.rx.drain(|envelope| {
                // What was injected before a snapshot began is here already, and belongs before the cut.
                if envelope.is_marker() {
                    self.outside.listen(&mut self.core);
                }
                let arrived = self.core.arrive(link.id, envelope);
                arrived.expect("the builder wires a node to the links that end at it");
            });
        }
    }

    fn process_some(&mut self) -> bool {
        for handled in 0..MESSAGES_A_TURN {
            let interrupted = handled > 0 && self.core.waiting() > 0 && self.bell.is_urgent();
            if interrupted || !self.core.process_next() {
                return handled > 0;
            }
            self.carry_out();
        }
        true
    }

    /// Carries out what the core wants, in its order. Reports go to the coordinator together: no link is
    /// concerned, and the coordinator wakes once.
    fn carry_out(&mut self) {
        let mut reports = Vec::new();
        for output in self.core.drain_output() {
            match output {
                Output::Send { link, envelope } => {
                    let slot = self.topology.out_slot(link);
                    let slot = slot.expect("a node sends on links of the topology only");
                    self.out_links[slot].send(envelope);
                }
                Output::Report(report) => reports.push(report),
                Output::RequestSnapshot => tell(&self.coordinator, Event::Requested(self.node)),
                Output::Stopped => {}
            }
        }
        if !reports.is_empty() {
            tell(&self.coordinator, Event::Reports(reports, self.clock.now()));
        }
    }

    fn has_arrivals(&self) -> bool {
        !self.outside.rx.is_empty() || self.in_links.iter().any(|link| !link.rx.is_empty())
    }
}

/// A coordinator that is gone needs no word: the system is being shut down.
fn tell<S, M>(coordinator: &Sender<Event<S, M>>, event: Event<S, M>) {
    let _ = coordinator.send(event);
}

/// What comes to the node from outside the system.
pub(super) struct Outside<M> {
    pub(super) rx: Receiver<Word<M>>,
    pub(super) environment: LinkId,
    pub(super) is_shut_down: bool,
}

impl<M: Clone + Send + Sync + 'static> Outside<M> {
    fn listen<P: Process<Message = M>>(&mut self, core: &mut NodeCore<P>) {
        self.rx.drain(|word| match word {
            Word::Inject(message) => {
                let arrived = core.arrive(self.environment, Envelope::Message(message));
                arrived.expect("every node has an environment link");
            }
            Word::Begin(snapshot) => core.begin_snapshot(snapshot),
            Word::Abandon(snapshot) => core.abandon_snapshot(snapshot),
            Word::ShutDown => self.is_shut_down = true,
        });
    }
}
