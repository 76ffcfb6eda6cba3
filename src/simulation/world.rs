//! The simulated system: its nodes, its links, and the effects of a step.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::agenda::Agenda;
use super::appointments::Appointments;
use super::builder::SimulationBuilder;
use super::enabled::Enabled;
use super::latency::Latency;
use super::lecture::{Algorithm, Reading};
use super::link_queue::LinkQueue;
use super::node::Node;
use super::outputs::Outputs;
use super::schedule::{Action, Schedule};
use super::step::{NotEnabled, Step};
use crate::causality::Trace;
use crate::chance::Chance;
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::panics::catch;
use crate::process::Process;
use crate::protocol::{CollectorCore, Envelope, NodeCore, Output, Report};
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::topology::{Link, Topology};

/// A system without threads: the caller decides what happens next. See the [module page](super).
pub struct Simulation<P: Process> {
    pub(super) topology: Arc<Topology>,
    pub(super) algorithm: Algorithm,
    pub(super) nodes: Vec<Node<P>>,
    /// For each node: what the simulation knows and the node's core does not.
    pub(super) conditions: Vec<Condition>,
    pub(super) links: Vec<LinkQueue<P::Message>>,
    pub(super) collector: CollectorCore<P::State, P::Message>,
    pub(super) outputs: Outputs<P::Message>,
    pub(super) enabled: Enabled,
    /// The steps that nodes have still to take for snapshots.
    pub(super) appointments: Appointments,
    /// The noon of each snapshot, if the algorithm goes by time.
    pub(super) noons: BTreeMap<SnapshotId, Reading>,
    /// The agenda of a run by time. `None` if the last step was not chosen by time.
    pub(super) agenda: Option<Agenda>,
    pub(super) now: Duration,
    pub(super) chance: Chance,
    pub(super) next_id: u64,
    pub(super) deliveries: u64,
    pub(super) snapshots: Vec<Arc<GlobalSnapshot<P::State, P::Message>>>,
    pub(super) failed: Vec<(SnapshotId, SnapshotError)>,
    pub(super) schedule: Option<Schedule>,
    pub(super) trace: Option<Trace>,
}

/// The state of a node outside its core.
#[derive(Debug)]
pub(super) struct Condition {
    pub(super) is_paused: bool,
    pub(super) has_failed: bool,
    /// How long a handler takes.
    handling: Latency,
    /// The time at which the last handler ends.
    free_at: Duration,
    /// The node's steps in the agenda: whether it handles a message, and when a timer fires.
    pub(super) plans_to_handle: bool,
    pub(super) plans_to_fire: Option<Duration>,
}

impl Condition {
    pub(super) fn new(handling: Latency) -> Self {
        Condition {
            is_paused: false,
            has_failed: false,
            handling,
            free_at: Duration::ZERO,
            plans_to_handle: false,
            plans_to_fire: None,
        }
    }
}

impl<P: Process> Simulation<P> {
    /// Begins the description of a simulation.
    pub fn builder(topology: impl Into<Arc<Topology>>) -> SimulationBuilder<P> {
        SimulationBuilder::new(topology.into())
    }
}

/// Steps.
impl<P: Process> Simulation<P> {
    /// Takes a step, and returns the snapshots that this step has completed. Time goes on to the
    /// moment at which the step is due, if that is later.
    ///
    /// # Errors
    /// If the step is not possible now.
    pub fn step(
        &mut self,
        step: Step,
    ) -> Result<&[Arc<GlobalSnapshot<P::State, P::Message>>], NotEnabled> {
        if !self.enabled.contains(step) {
            return Err(NotEnabled(step));
        }
        self.agenda = None;
        let complete = self.snapshots.len();
        self.take(step);
        Ok(&self.snapshots[complete..])
    }

    /// Takes a step that is possible.
    #[inline]
    pub(super) fn take(&mut self, step: Step) {
        self.now = self.now.max(self.due(step).unwrap_or(self.now));
        self.write_down(Action::Step(step));
        match step {
            Step::Deliver(link) => self.deliver(link),
            Step::Return(link) => self.take_back(link),
            Step::Handle(node) => self.handle(node),
            Step::Fire(node) => {
                let now = self.now;
                self.call(node, |node| node.core_mut().fire_timer(now));
                self.is_busy(node);
            }
            Step::Initiate(node, snapshot) => self.initiate(node, snapshot),
            Step::Close(node, snapshot) => self.close(node, snapshot),
        }
    }

    /// The time at which a step is due; `None` if it is due at once.
    #[inline]
    pub(super) fn due(&self, step: Step) -> Option<Duration> {
        match step {
            Step::Deliver(link) => self.links[link.index()].next_due(),
            Step::Return(link) => self.links[link.index()].back.as_ref()?.dues().next(),
            Step::Handle(node) => Some(self.conditions[node.index()].free_at),
            Step::Fire(node) => self.nodes[node.index()].core().next_timer(),
            Step::Initiate(..) | Step::Close(..) => self.appointments.due(step),
        }
    }

    fn deliver(&mut self, link: LinkId) {
        let queue = &mut self.links[link.index()];
        let Some((envelope, sent)) = queue.take() else { return };
        let is_empty = queue.is_empty();
        self.deliveries += u64::from(envelope.is_message());
        self.enabled.set(Step::Deliver(link), !is_empty);
        let Link { source, target, .. } = self.topology.links()[link.index()];
        let stamp = match &self.algorithm {
            Algorithm::PhysicalTime(time) => Some(time.clock_of(source).reads(sent)),
            Algorithm::ChandyLamport | Algorithm::MarkersOnly => None,
        };
        self.call(target, |node| node.arrive(link, envelope, stamp));
    }

    fn handle(&mut self, node: NodeId) {
        let mut handled = None;
        self.call(node, |node| handled = node.process_next());
        if let Some(link) = handled {
            self.is_busy(node);
            self.acknowledge_one(link);
        }
    }

    /// Makes the node busy for the time that a handler takes.
    fn is_busy(&mut self, node: NodeId) {
        let condition = &mut self.conditions[node.index()];
        condition.free_at = self.now.saturating_add(condition.handling.draw(&mut self.chance));
    }
}

/// Looks after the rest of a node's work. A panic of the process here makes its node fail.
fn attend<P: Process>(core: &mut NodeCore<P>, now: Duration) {
    core.record_states();
    if !core.may_receive() && core.waiting() > 0 {
        // The node handles no messages, and only looks after the markers that wait there.
        // With an older algorithm no marker comes so far.
        core.process_next();
    }
    if core.wants_time() {
        core.tell_time(now);
    }
}

/// Output of a node that was not carried out with the rest.
struct Left {
    /// How many snapshots the node asks for.
    asked_for: u32,
    /// The markers that travel back.
    returned: Vec<(LinkId, SnapshotId)>,
    /// A panic of the node, as a message was copied.
    panic: Option<String>,
}

/// Effects of a step.
impl<P: Process> Simulation<P> {
    /// Calls a node and carries out its output. A panic makes the node fail.
    #[inline]
    pub(super) fn call<T>(&mut self, node: NodeId, call: impl FnOnce(&mut Node<P>) -> T) {
        if self.conditions[node.index()].has_failed {
            return;
        }
        let (called_node, now) = (&mut self.nodes[node.index()], self.now);
        let called = catch(|| {
            call(called_node);
            attend(called_node.core_mut(), now);
        });
        self.finish_call(node, called);
    }

    /// The part of a call that is the same whatever was called.
    fn finish_call(&mut self, node: NodeId, called: Result<(), String>) {
        if let Err(panic) = called {
            let node = self.topology.named(node);
            return self.node_fails(&NodeFailure { node, panic });
        }
        if self.trace.is_some() {
            self.trace_events_of(node);
        }
        let Left { asked_for, returned, panic } = self.carry_out(node);
        if let Some(panic) = panic {
            let node = self.topology.named(node);
            return self.node_fails(&NodeFailure { node, panic });
        }
        returned.into_iter().for_each(|(link, snapshot)| self.put_back(link, snapshot));
        (0..asked_for).for_each(|_| self.begin_at(node));
        self.look_at(node);
    }

    /// Carries out a node's output, except for the part that is returned.
    #[inline]
    fn carry_out(&mut self, node: NodeId) -> Left {
        let Simulation { topology, nodes, links, conditions, enabled, agenda, chance, .. } = self;
        let (collector, snapshots, now) = (&mut self.collector, &mut self.snapshots, self.now);
        let outputs = &mut self.outputs;
        let mut left = Left { asked_for: 0, returned: Vec::new(), panic: None };
        let mut send = |link: LinkId, envelope| {
            let Some(Link { id, target, .. }) = topology.link(link) else { return };
            let condition = &conditions[target.index()];
            if condition.has_failed {
                return;
            }
            let due = links[id.index()].put(envelope, now, chance);
            enabled.set(Step::Deliver(id), !condition.is_paused);
            if let Some(agenda) = agenda {
                agenda.plan(Step::Deliver(id), due);
            }
        };
        let mut emptied = Vec::new();
        nodes[node.index()].drain_output().for_each(|output| match output {
            Output::Messages { link, mut messages } => {
                messages.drain(..).for_each(|message| send(link, Envelope::Message(message)));
                emptied = messages;
            }
            Output::Marker { link, snapshot } => send(link, Envelope::Marker(snapshot)),
            Output::Report(mut report) => {
                if let Report::Node(record) = &mut report {
                    match catch(|| outputs.untaken(node)) {
                        Ok(untaken) => record.output.untaken = untaken,
                        Err(panic) => return left.panic = Some(panic),
                    }
                }
                // A report that comes late belongs to a snapshot that has failed.
                if let Ok(Some(snapshot)) = collector.add(report, now) {
                    snapshots.push(Arc::new(snapshot));
                }
            }
            Output::Return { link, snapshot } => left.returned.push((link, snapshot)),
            Output::Emitted(messages) => outputs.put(node, messages),
            Output::Reply(to, message) => outputs.answer(to, message),
            Output::RequestSnapshot => left.asked_for += 1,
            Output::Stopped | Output::Discarded(_) => {}
        });
        nodes[node.index()].reuse_batch(emptied);
        left
    }

    /// Updates which steps are possible at a node.
    #[inline]
    pub(super) fn look_at(&mut self, node: NodeId) {
        let core = self.nodes[node.index()].core();
        let condition = &mut self.conditions[node.index()];
        let is_able = !condition.has_failed && !condition.is_paused;
        let handles = is_able && core.may_receive() && core.waiting() > 0;
        let fires = core.next_timer().filter(|_| is_able && core.may_handle());
        self.enabled.set(Step::Handle(node), handles);
        self.enabled.set(Step::Fire(node), fires.is_some());
        let Some(agenda) = &mut self.agenda else { return };
        if handles && !condition.plans_to_handle {
            condition.plans_to_handle = true;
            agenda.plan(Step::Handle(node), condition.free_at.max(self.now));
        }
        if let Some(due) = fires.filter(|due| condition.plans_to_fire != Some(*due)) {
            condition.plans_to_fire = Some(due);
            agenda.plan(Step::Fire(node), due);
        }
    }

    #[cold]
    fn trace_events_of(&mut self, node: NodeId) {
        let Some(trace) = &mut self.trace else { return };
        trace.set_time(self.now);
        trace.add_texts(node, self.nodes[node.index()].core_mut().take_texts());
        for entry in self.nodes[node.index()].drain_log() {
            let added = trace.add(node, &entry);
            debug_assert!(added.is_ok(), "links keep their order: {added:?}");
        }
    }

    #[inline]
    pub(super) fn write_down(&mut self, action: Action) {
        if let Some(schedule) = &mut self.schedule {
            schedule.add(self.now, action);
        }
    }
}

impl<P: Process> fmt::Debug for Simulation<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Simulation")
            .field("topology", &format_args!("{}", self.topology))
            .field("now", &self.now)
            .field("enabled", &self.enabled.steps().len())
            .finish_non_exhaustive()
    }
}
