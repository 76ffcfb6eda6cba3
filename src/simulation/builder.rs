//! Settings of a simulation, and its start.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::algorithm::Algorithm;
use super::appointments::Appointments;
use super::enabled::Enabled;
use super::latency::Latency;
use super::link_queue::LinkQueue;
use super::node::Node;
use super::older::{Better, OlderAlgorithm, PhysicalTimeRecorder};
use super::schedule::Schedule;
use super::world::{Condition, Simulation};
use crate::causality::Trace;
use crate::chance::Chance;
use crate::error::SpawnError;
use crate::id::{LinkId, NodeId};
use crate::process::Process;
use crate::protocol::{CollectorCore, MarkerPolicy, NodeCore};
use crate::topology::Topology;

/// What a simulation is told before it starts. [`Simulation::builder`] begins one.
#[must_use = "a simulation begins with `start`"]
pub struct SimulationBuilder<P> {
    topology: Arc<Topology>,
    algorithm: Algorithm,
    policy: MarkerPolicy,
    seed: u64,
    capacities: Settings<Option<u64>>,
    latencies: Settings<Latency>,
    handling: Latency,
    writes_schedule: bool,
    is_traced: bool,
    process: PhantomData<fn() -> P>,
}

/// A setting for all links, and those of certain ones.
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
            process: PhantomData,
        }
    }

    /// How snapshots are taken. [`Algorithm::ChandyLamport`] if not set.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// When a marker is handled by [`Algorithm::ChandyLamport`], [`MarkerPolicy::Overtaking`] if not set. [`Algorithm::Better`] looks at
    /// each when it comes.
    pub fn marker_policy(mut self, policy: MarkerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// What latencies are drawn from: the same seed gives the same, on every machine. 0 if not set.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How long envelopes travel. [`Latency::Constant`] and zero if not set.
    pub fn latency(mut self, latency: Latency) -> Self {
        self.latencies.others = latency;
        self
    }

    /// How long envelopes travel on one link, whatever is set for the others.
    pub fn link_latency(mut self, link: LinkId, latency: Latency) -> Self {
        self.latencies.of.insert(link, latency);
        self
    }

    /// How long a handler takes: what comes meanwhile waits. No time if not set.
    pub fn handling_time(mut self, time: Latency) -> Self {
        self.handling = time;
        self
    }

    /// How many messages each link holds, as [`SystemBuilder::capacity`](crate::SystemBuilder::capacity). Any number if not set.
    pub fn capacity(mut self, messages: usize) -> Self {
        self.capacities.others = Some(messages as u64);
        self
    }

    /// How many messages one link holds, whatever is set for the others.
    pub fn link_capacity(mut self, link: LinkId, messages: usize) -> Self {
        self.capacities.of.insert(link, Some(messages as u64));
        self
    }

    /// Lets one link hold any number of messages, whatever is set for the others.
    pub fn link_unbounded(mut self, link: LinkId) -> Self {
        self.capacities.of.insert(link, None);
        self
    }

    /// Writes no [schedule](Simulation::schedule), which takes 48 bytes a step.
    pub fn without_schedule(mut self) -> Self {
        self.writes_schedule = false;
        self
    }

    /// Keeps a [trace](Simulation::trace) of all events, for [`causality`](crate::causality).
    pub fn traced(mut self) -> Self {
        self.is_traced = true;
        self
    }

    /// Starts the simulation: makes the process of each node, in order, and then runs their
    /// [`on_start`](Process::on_start), in order, at time zero.
    ///
    /// # Errors
    /// If a setting names a link that is not there, or a capacity is zero.
    pub fn start(self, mut process: impl FnMut(NodeId) -> P) -> Result<Simulation<P>, SpawnError> {
        self.check()?;
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
            cores.iter_mut().for_each(NodeCore::keep_log);
        }
        let nodes = cores.into_iter().map(|core| Node::new(core, older(&self.algorithm)));
        let link = |link: &crate::topology::Link| {
            LinkQueue::new(self.latencies.get(link.id), self.capacities.get(link.id).is_some())
        };
        let mut simulation = Simulation {
            nodes: nodes.collect(),
            algorithm: self.algorithm.clone(),
            conditions: topology.nodes().map(|_| Condition::new(self.handling)).collect(),
            links: topology.links().iter().map(link).collect(),
            collector,
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
            topology: Arc::clone(&topology),
        };
        topology.nodes().for_each(|node| simulation.call(node, |node| node.core_mut().start()));
        Ok(simulation)
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
        let is_zero = |link: &&crate::topology::Link| self.capacities.get(link.id) == Some(0);
        match self.topology.links().iter().find(is_zero) {
            None => Ok(()),
            Some(link) => {
                let text = self.topology.describe_link(link.id);
                Err(SpawnError::ZeroCapacity { link: link.id, text })
            }
        }
    }
}

/// What stands in older of a node's core, if another algorithm runs there than the core's own.
fn older<P: Process>(algorithm: &Algorithm) -> Option<Box<dyn OlderAlgorithm<P>>> {
    match algorithm {
        Algorithm::ChandyLamport => None,
        Algorithm::Better => Some(Box::new(Better::default())),
        Algorithm::PhysicalTime(_) => Some(Box::new(PhysicalTimeRecorder::default())),
    }
}

impl<P> fmt::Debug for SimulationBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimulationBuilder")
            .field("topology", &format_args!("{}", self.topology))
            .field("algorithm", &self.algorithm)
            .field("policy", &self.policy)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
