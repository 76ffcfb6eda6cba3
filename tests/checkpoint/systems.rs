//! Random systems of busy processes, and the comparison of their snapshots.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::checkpoint::{Checkpoints, Codec, Format, Store};
use consistent_cut::simulation::{AtRandom, Latency, Simulation, SimulationBuilder};
use consistent_cut::{GlobalSnapshot, NodeId, Topology};

use crate::busy::{Busy, Log, Word};
use crate::support::chance::Chance;
use crate::support::policies::BOTH_POLICIES;

pub(crate) type Snapshot = GlobalSnapshot<Log, Word>;
pub(crate) type Stored = Checkpoints<Log, Word>;

/// A topology with parallel links and self-links, and without some links.
pub(crate) fn topology(chance: &mut Chance) -> Arc<Topology> {
    let nodes = 1 + chance.below(5);
    let links = chance.below(3 * nodes + 1);
    let mut ends: Vec<_> = (0..links).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    if let Some(&twice) = ends.first() {
        ends.push(twice);
    }
    Arc::new(Topology::from_links(nodes, ends).expect("the ends are nodes"))
}

pub(crate) fn builder(chance: &mut Chance, topology: &Arc<Topology>) -> SimulationBuilder<Busy> {
    let latency = chance.pick(&[
        Latency::default(),
        Latency::Uniform(Duration::from_micros(1), Duration::from_micros(50)),
        Latency::Exponential { mean: Duration::from_micros(40) },
    ]);
    let policy = chance.pick(&BOTH_POLICIES);
    let builder = Simulation::builder(Arc::clone(topology)).latency(latency).marker_policy(policy);
    let builder = builder.seed(chance.number()).handling_time(Latency::Uniform(
        Duration::ZERO,
        Duration::from_micros(chance.below(2) as u64 * 20),
    ));
    if chance.one_in(2) { builder } else { builder.capacity(1 + chance.below(4)) }
}

/// A system that has run for a while, and its snapshots, some of which overlapped.
pub(crate) fn lived(chance: &mut Chance, topology: &Arc<Topology>) -> Simulation<Busy> {
    let mut simulation = builder(chance, topology).start(Busy::new).expect("no setting is wrong");
    live(chance, &mut simulation);
    simulation
}

/// Some steps, with messages from outside, outputs taken, and snapshots.
pub(crate) fn live(chance: &mut Chance, simulation: &mut Simulation<Busy>) {
    for _ in 0..3 {
        steps(chance.below(60) as u64, chance, simulation);
        inject(chance, simulation);
        let taken = chance.below(3);
        simulation.outputs().take(taken).for_each(drop);
        for _ in 0..chance.below(3) {
            simulation.begin_snapshot().expect("no node has failed");
        }
    }
    steps(chance.below(80) as u64, chance, simulation);
}

pub(crate) fn steps(most: u64, chance: &mut Chance, simulation: &mut Simulation<Busy>) {
    if chance.one_in(2) {
        simulation.run(most);
    } else {
        let mut at_random = AtRandom::new(chance.number());
        simulation.run_by(&mut at_random, most).expect("each step is possible");
    }
}

pub(crate) fn inject(chance: &mut Chance, simulation: &mut Simulation<Busy>) {
    let node = chance.below(simulation.topology().node_count());
    let word = Word::new(3, chance.number() & 0xff);
    simulation.inject(NodeId::new(node as u32), word).expect("it is up");
}

pub(crate) fn restored(builder: SimulationBuilder<Busy>, from: &Snapshot) -> Simulation<Busy> {
    builder.restore(from, Busy::new).expect("it fits")
}

/// All that a snapshot holds, as text.
pub(crate) fn all<S: Debug, M: Debug>(snapshot: &GlobalSnapshot<S, M>) -> String {
    format!("{:?}", snapshot.parts())
}

/// The parts of a snapshot that a restore uses, without the times of the recording.
pub(crate) fn essence(snapshot: &Snapshot) -> String {
    let parts = snapshot.parts();
    let counts = parts
        .channels
        .iter()
        .map(|channel| (channel.link(), channel.sent(), channel.received(), channel.messages()));
    format!("{:?}\n{:?}", parts.nodes, counts.collect::<Vec<_>>())
}

pub(crate) fn checkpoints<C: Codec>(store: impl Store, codec: C) -> Stored {
    Checkpoints::new(store, Format::new(codec))
}
