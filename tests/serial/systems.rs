//! Random simulated systems of walkers, and their snapshots.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::simulation::{AtRandom, Latency, Simulation, SimulationBuilder};
use consistent_cut::{GlobalSnapshot, MarkerPolicy, NodeId, TimerId, Topology};

use crate::chance::Chance;
use crate::policies::BOTH_POLICIES;
use crate::walker::{Path, Snapshot, Walker, Word, from_outside, in_life};

/// Names that are not in the order of the alphabet. One has a quotation mark.
const NAMES: [&str; 5] = ["server", "Zürich Hbf", "a \"b\"", "client", "7"];

/// The settings of a system.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) topology: Arc<Topology>,
    /// By link; zero for no limit.
    pub(crate) capacities: Vec<usize>,
    policy: MarkerPolicy,
    latency: Latency,
    seed: u64,
}

pub(crate) fn topology(chance: &mut Chance) -> Topology {
    let nodes = 1 + chance.below(5);
    let links: Vec<_> =
        (0..chance.below(9)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    let plain = Topology::from_links(nodes, links).expect("nodes and links fit");
    if chance.one_in(2) { plain } else { named(&plain) }
}

/// The same nodes and links, with names.
pub(crate) fn named(plain: &Topology) -> Topology {
    let named = Topology::from_graph_named(&plain.to_graph(), |node| NAMES[node.index()]);
    named.expect("all names differ")
}

impl Settings {
    pub(crate) fn draw(chance: &mut Chance) -> Settings {
        let topology = Arc::new(topology(chance));
        let capacities = topology.links().iter().map(|_| chance.below(4)).collect();
        let latency = chance
            .pick(&[Latency::default(), Latency::Exponential { mean: Duration::from_micros(200) }]);
        let (policy, seed) = (chance.pick(&BOTH_POLICIES), chance.number());
        Settings { topology, capacities, policy, latency, seed }
    }

    pub(crate) fn builder(&self) -> SimulationBuilder<Walker> {
        let builder = Simulation::builder(Arc::clone(&self.topology));
        let builder = builder.marker_policy(self.policy).latency(self.latency).seed(self.seed);
        let limits = self.topology.links().iter().zip(&self.capacities);
        limits.fold(builder, |builder, (link, &capacity)| match capacity {
            0 => builder.link_unbounded(link.id),
            messages => builder.link_capacity(link.id, messages),
        })
    }

    pub(crate) fn restore(&self, snapshot: &Snapshot) -> Simulation<Walker> {
        self.builder().restore(snapshot, |_| Walker::default()).expect("it fits")
    }
}

/// A simulation with the number of messages that were injected at each node.
pub(crate) struct Run {
    pub(crate) simulation: Simulation<Walker>,
    pub(crate) injected: Vec<u64>,
}

impl Run {
    pub(crate) fn start(settings: &Settings) -> Run {
        let builder = settings.builder().traced_with_texts();
        Run::of(builder.start(|_| Walker::default()).expect("no setting is wrong"))
    }

    pub(crate) fn of(simulation: Simulation<Walker>) -> Run {
        let injected = vec![0; simulation.topology().node_count()];
        Run { simulation, injected }
    }

    /// Steps, snapshots, messages from outside and faults.
    pub(crate) fn live(&mut self, chance: &mut Chance, actions: usize) {
        (0..actions).for_each(|_| self.act(chance));
    }

    fn act(&mut self, chance: &mut Chance) {
        let node = NodeId::new(chance.below(self.injected.len()) as u32);
        let simulation = &mut self.simulation;
        match chance.below(20) {
            0..=7 => drop(simulation.run(chance.below(12) as u64)),
            8..=10 => {
                let most = chance.below(12) as u64;
                let mut at_random = AtRandom::new(chance.number());
                simulation.run_by(&mut at_random, most).expect("each step is possible");
            }
            // The call is refused once every node has failed.
            11..=13 => drop(simulation.begin_snapshot()),
            14 | 15 => {
                let nth = self.injected[node.index()];
                if simulation.inject(node, from_outside(node, nth)).is_ok() {
                    self.injected[node.index()] += 1;
                }
            }
            16 => simulation.pause(node).expect("it is there"),
            17 => simulation.resume(node).expect("it is there"),
            18 if chance.one_in(3) => drop(simulation.stop_node(node).expect("it is there")),
            18 if chance.one_in(2) => {
                simulation.stop_node_and_drain(node).expect("it is there");
            }
            18 if chance.one_in(3) => simulation.fail(node).expect("it is there"),
            _ => drop(simulation.outputs().take(chance.below(2)).count()),
        }
    }

    /// All complete snapshots, and the real state.
    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        let complete = self.simulation.snapshots().iter().map(|snapshot| (**snapshot).clone());
        complete.chain(self.simulation.global_state()).collect()
    }
}

/// The same snapshot, or one that was edited, or has ids of a later life.
pub(crate) fn varied(snapshot: Snapshot, chance: &mut Chance) -> Snapshot {
    let snapshot = if chance.one_in(3) { edited(&snapshot, chance) } else { snapshot };
    if chance.one_in(2) {
        return snapshot;
    }
    let mut parts = snapshot.into_parts();
    let life = 1 + chance.below((1 << 28) - 1) as u32;
    parts.id = in_life(parts.id, life);
    parts.highest_id = in_life(parts.highest_id, life);
    GlobalSnapshot::from_parts(parts).expect("only the ids changed")
}

fn edited(snapshot: &Snapshot, chance: &mut Chance) -> Snapshot {
    let mut editor = snapshot.edit();
    editor.retain_messages(|_, _| !chance.one_in(3));
    for failure in snapshot.failures() {
        editor.set_state(failure.node.id, Path::default()).expect("it is there");
    }
    for link in snapshot.topology().all_links().filter(|_| chance.one_in(4)) {
        let messages = editor.messages_mut(link.id).expect("every node has a state");
        messages.push(Word::Token { hops: 2, from: link.source });
    }
    let node = NodeId::new(chance.below(snapshot.topology().node_count()) as u32);
    editor.set_timer(node, TimerId::new(1), Duration::from_millis(2)).expect("it is there");
    editor.finish().expect("it obeys the law")
}
