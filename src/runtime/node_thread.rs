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
        while !self.outside.is_shut_down {
            if self.turn() {
                looks = 0;
            } else if looks < LOOKS_BEFORE_SLEEP {
                looks += 1;
                give_way();
            } else {
                looks = 0;
                self.bell.sleep(|| self.has_arrivals());
            }
        }
        self.core.into_process()
    }

    /// Takes in all that has come and handles some of what waits. False if there was nothing to handle.
    fn turn(&mut self) -> bool {
        self.bell.attend();
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
        let mut handled = 0;
        while handled < MESSAGES_A_TURN && self.core.process_next() {
            handled += 1;
            self.carry_out();
            if self.bell.is_urgent() {
                break;
            }
        }
        handled > 0
    }

    /// Carries out what the core wants, in its order.
    fn carry_out(&mut self) {
        for output in self.core.drain_output() {
            match output {
                Output::Send { link, envelope } => {
                    let slot = self.topology.out_slot(link);
                    let slot = slot.expect("a node sends on links of the topology only");
                    self.out_links[slot].send(envelope);
                }
                Output::Report(report) => {
                    tell(&self.coordinator, Event::Report(report, self.clock.now()))
                }
                Output::RequestSnapshot => tell(&self.coordinator, Event::Requested(self.node)),
                Output::Stopped => {}
            }
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
