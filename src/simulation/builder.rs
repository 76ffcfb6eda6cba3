//! Settings of a simulation, and its start.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::appointments::Appointments;
use super::back_queue::BackQueue;
use super::enabled::Enabled;
use super::latency::Latency;
use super::lecture::{Algorithm, MarkersOnly, OlderAlgorithm, PhysicalTimeRecorder};
use super::link_queue::LinkQueue;
use super::node::Node;
use super::outputs::Outputs;
use super::schedule::Schedule;
use super::world::{Condition, Simulation};
use crate::causality::Trace;
use crate::chance::Chance;
use crate::driver::SpawnError;
use crate::id::{LinkId, NodeId};
use crate::process::{Process, Restore};
use crate::protocol::{CollectorCore, MarkerPolicy, NodeCore, Scribe};
use crate::snapshot::{GlobalSnapshot, RestoreError};
use crate::topology::{Link, Topology};

/// The settings of a simulation, and its start. [`Simulation::builder`] makes a builder.
#[must_use = "a simulation begins with `start` or `restore`"]
pub struct SimulationBuilder<P: Process> {
    topology: Arc<Topology>,
    algorithm: Algorithm,
    policy: MarkerPolicy,
    seed: u64,
    capacities: Settings<Option<u64>>,
    latencies: Settings<Latency>,
    handling: Latency,
    writes_schedule: bool,
    is_traced: bool,
    scribe: Option<Scribe<P::State, P::Message>>,
}

/// A setting for all links, and settings for single links.
struct Settings<T> {
    others: T,
    of: BTreeMap<LinkId, T>,
}

impl<T: Copy> Settings<T> {
    fn all(others: T) -> Self {
        Settings { others, of: BTreeMap::new() }
    }

    fn get(&self, link: LinkId) -> T {
        self.of.get(&link).copied().unwrap_or(self.others)
    }
}

impl<P: Process> SimulationBuilder<P> {
    pub(super) fn new(topology: Arc<Topology>) -> Self {
        SimulationBuilder {
            topology,
            algorithm: Algorithm::default(),
            policy: MarkerPolicy::default(),
            seed: 0,
            capacities: Settings::all(None),
            latencies: Settings::all(Latency::default()),
            handling: Latency::default(),
            writes_schedule: true,
            is_traced: false,
            scribe: None,
        }
    }

    /// The topology that the simulation will have, for processes that depend on names or links.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// Sets the algorithm that takes snapshots. [`Algorithm::ChandyLamport`] if not set.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets when [`Algorithm::ChandyLamport`] handles a marker. [`MarkerPolicy::Overtaking`] if not
    /// set. [`Algorithm::MarkersOnly`] handles each marker when it arrives.
    pub fn marker_policy(mut self, policy: MarkerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the seed from which latencies are drawn: the same seed gives the same latencies on
    /// every machine. 0 if not set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how long envelopes travel. [`Latency::Constant`] of zero if not set.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.latencies.others = latency;
        self
    }

    /// Sets how long envelopes travel on one link, whatever is set for the others.
    pub fn link_latency(mut self, link: LinkId, latency: Latency) -> Self {
        self.latencies.of.insert(link, latency);
        self
    }

    /// Sets how long a handler takes: messages that arrive meanwhile wait. Zero if not set.
    pub fn handling_time(mut self, time: Latency) -> Self {
        self.handling = time;
        self
    }

    /// Sets how many messages each link holds, as
    /// [`SystemBuilder::capacity`](crate::SystemBuilder::capacity) does. Links have no limit if not
    /// set.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacities.others = Some(messages as u64);
        self
    }

    /// Sets how many messages one link holds, whatever is set for the others.
    pub fn link_capacity(mut self, link: LinkId, messages: usize) -> Self {
        self.capacities.of.insert(link, Some(messages as u64));
        self
    }

    /// Lets one link hold any number of messages, whatever is set for the others.
    pub fn link_unbounded(mut self, link: LinkId) -> Self {
        self.capacities.of.insert(link, None);
        self
    }

    /// Keeps no [schedule](Simulation::schedule). A schedule takes 48 bytes a step.
    pub fn without_schedule(mut self) -> Self {
        self.writes_schedule = false;
        self
    }

    /// Keeps a [trace](Simulation::trace) of all events, for [`causality`](crate::causality).
    pub fn traced(mut self) -> Self {
        self.is_traced = true;
        self
    }

    /// As [`traced`](Self::traced). In addition it keeps the `Debug` text of each message, and of
    /// the state after each event. A [space-time diagram](crate::diagram) of the run then has these
    /// texts as labels.
    pub fn traced_with_texts(mut self) -> Self
    where
        P::State: fmt::Debug,
        P::Message: fmt::Debug,
    {
        self.scribe = Some(Scribe::by_debug());
        self.traced()
    }

    /// Starts the simulation: makes the process of each node, in order, and then runs their
    /// [`on_start`](Process::on_start), in order, at time zero.
    ///
    /// # Errors
    /// If a setting names a link that is not in the topology, or a capacity is zero.
    pub fn start(self, process: impl FnMut(NodeId) -> P) -> Result<Simulation<P>, SpawnError> {
        self.check()?;
        let mut simulation = self.make(process);
        for node in simulation.topology().clone().nodes() {
            simulation.call(node, |node| node.core_mut().start());
        }
        Ok(simulation)
    }

    /// Starts the simulation from a snapshot, as
    /// [`SystemBuilder::restore`](crate::SystemBuilder::restore) starts a system: makes the process
    /// of each node, in order, and then runs their [`Restore::on_restore`], in order, at time zero.
    /// The snapshot may be of a system on threads.
    ///
    /// Every message that was in flight has arrived at its node, and waits there to be handled.
    /// These messages are ordered link by link, those of each link in their order, and those of the
    /// environment link last: a snapshot does not tell in which order messages of *different* links
    /// had arrived. Pending timers have the time that was left. Counts of messages and ids of
    /// snapshots go on from where they were.
    ///
    /// A restored simulation keeps no [trace](Self::traced), since its run began earlier. Its
    /// [schedule](Simulation::schedule) is [replayed](Simulation::replay) from the same snapshot.
    ///
    /// ```
    /// use consistent_cut::simulation::Simulation;
    /// # use consistent_cut::{Context, Link, NodeId, Process, Restore, Topology};
    /// # /// Adds up what comes.
    /// # struct Sum(u64);
    /// # impl Process for Sum {
    /// #     type State = u64;
    /// #     type Message = u64;
    /// #     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) {
    /// #         self.0 += number
    /// #     }
    /// #     fn state(&self) -> u64 { self.0 }
    /// # }
    /// # impl Restore for Sum {
    /// #     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) {
    /// #         self.0 = recorded
    /// #     }
    /// # }
    ///
    /// let topology = Topology::ring(1)?;
    /// let mut simulation = Simulation::builder(topology.clone()).start(|_| Sum(0))?;
    /// (1..=10).try_for_each(|number| simulation.inject(NodeId::new(0), number))?;
    /// simulation.begin_snapshot()?;
    /// simulation.run(7); // some of the ten are added up
    ///
    /// let snapshot = &simulation.snapshots()[0];
    /// let mut again = Simulation::builder(topology).restore(snapshot, |_| Sum(0))?;
    /// again.run(100);
    /// assert_eq!(again.process(NodeId::new(0)).map(|sum| sum.0), Some(55));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the snapshot does not [fit](GlobalSnapshot::check_fits) the topology; the error names a
    /// node or link that does not fit. Also the errors of [`start`](Self::start).
    pub fn restore(
        mut self,
        snapshot: &GlobalSnapshot<P::State, P::Message>,
        process: impl FnMut(NodeId) -> P,
    ) -> Result<Simulation<P>, RestoreError>
    where
        P: Restore,
        P::State: Clone,
    {
        snapshot.check_fits(&self.topology)?;
        self.check()?;
        self.is_traced = false;
        let images: Result<Vec<_>, _> =
            self.topology.nodes().map(|node| snapshot.image(node)).collect();
        let images = images?;
        let mut simulation = self.make(process);
        simulation.next_id = snapshot.highest_id().get().saturating_add(1);
        simulation.outputs.begin_life(simulation.next_id);
        for (queue, channel) in simulation.links.iter_mut().zip(snapshot.channels()) {
            queue.back = queue.back.take().map(|_| BackQueue::new(channel.received()));
        }
        for (node, image) in simulation.topology().clone().nodes().zip(images) {
            let algorithm = simulation.algorithm.clone();
            let stamp = |link: Link| match &algorithm {
                Algorithm::PhysicalTime(time) => {
                    Some(time.clock_of(link.source).reads(Duration::ZERO))
                }
                Algorithm::ChandyLamport | Algorithm::MarkersOnly => None,
            };
            snapshot
                .output(node)
                .into_iter()
                .for_each(|output| simulation.outputs.restore(node, output));
            simulation.call(node, |node| node.restore(image, stamp));
        }
        Ok(simulation)
    }

    /// A simulation in which no node has started.
    fn make(self, mut process: impl FnMut(NodeId) -> P) -> Simulation<P> {
        let trace = self.is_traced.then(|| self.new_trace());
        let SimulationBuilder { topology, policy, seed, .. } = self;
        let core = |node| NodeCore::new(node, Arc::clone(&topology), process(node), policy);
        let mut cores: Vec<_> = topology.nodes().map(core).collect();
        let mut collector = CollectorCore::new(Arc::clone(&topology));
        for link in topology.links() {
            if let Some(messages) = self.capacities.get(link.id) {
                cores[link.source.index()].set_capacity(link.id, messages);
                cores[link.target.index()].set_capacity(link.id, messages);
                collector.set_capacity(link.id, messages);
            }
        }
        if self.is_traced {
            cores.iter_mut().for_each(|core| match self.scribe {
                None => core.keep_log(),
                Some(scribe) => core.keep_texts(scribe),
            });
        }
        let nodes = cores.into_iter().map(|core| Node::new(core, older(&self.algorithm)));
        let link = |link: &Link| {
            LinkQueue::new(self.latencies.get(link.id), self.capacities.get(link.id).is_some())
        };
        Simulation {
            nodes: nodes.collect(),
            algorithm: self.algorithm.clone(),
            conditions: topology.nodes().map(|_| Condition::new(self.handling)).collect(),
            links: topology.links().iter().map(link).collect(),
            collector,
            outputs: Outputs::new(topology.node_count()),
            enabled: Enabled::none(&topology),
            appointments: Appointments::default(),
            noons: BTreeMap::new(),
            agenda: None,
            now: Duration::ZERO,
            chance: Chance::new(seed),
            next_id: 1,
            deliveries: 0,
            snapshots: Vec::new(),
            failed: Vec::new(),
            trace,
            schedule: self.writes_schedule.then(Schedule::default),
            topology,
        }
    }

    fn new_trace(&self) -> Trace {
        let mut trace = Trace::new(Arc::clone(&self.topology));
        for link in self.topology.links() {
            trace.set_capacity(link.id, self.capacities.get(link.id).unwrap_or(u64::MAX));
        }
        trace
    }

    fn check(&self) -> Result<(), SpawnError> {
        let links = self.topology.link_count();
        let named = self.capacities.of.keys().chain(self.latencies.of.keys());
        if let Some(&link) = named.into_iter().find(|link| link.index() >= links) {
            return Err(SpawnError::UnknownLink { link, links });
        }
        let is_zero = |link: &&Link| self.capacities.get(link.id) == Some(0);
        match self.topology.links().iter().find(is_zero) {
            None => Ok(()),
            Some(&link) => Err(SpawnError::ZeroCapacity { link: self.topology.named_link(link) }),
        }
    }
}

/// The algorithm that stands in front of a node's core. `None` if it is the core's own algorithm.
fn older<P: Process>(algorithm: &Algorithm) -> Option<Box<dyn OlderAlgorithm<P>>> {
    match algorithm {
        Algorithm::ChandyLamport => None,
        Algorithm::MarkersOnly => Some(Box::new(MarkersOnly::default())),
        Algorithm::PhysicalTime(_) => Some(Box::new(PhysicalTimeRecorder::default())),
    }
}

impl<P: Process> fmt::Debug for SimulationBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulationBuilder")
            .field("topology", &format_args!("{}", self.topology))
            .field("algorithm", &self.algorithm)
            .field("policy", &self.policy)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
