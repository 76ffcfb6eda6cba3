//! A hundred generations of a system, each restored from a checkpoint of the one before.

use std::sync::Arc;

use consistent_cut::checkpoint::{FileStore, Json, MemoryStore, Postcard, Which};
use consistent_cut::simulation::{Latency, Simulation, SimulationBuilder, Step};
use consistent_cut::{MarkerPolicy, SnapshotId, Topology};

use crate::busy::Busy;
use crate::folder::Folder;
use crate::stores::in_bucket;
use crate::support::chance::Chance;
use crate::support::effort::scaled;
use crate::systems::{self, Snapshot, Stored, checkpoints, essence};

const GENERATIONS: u64 = 100;

/// Two nodes with parallel links and self-links.
fn knot() -> Arc<Topology> {
    let links = [(0, 1), (0, 1), (1, 0), (0, 0), (1, 1), (1, 1), (1, 2), (2, 0)];
    Arc::new(Topology::from_links(3, links).expect("three nodes"))
}

/// Markers overtake messages, and no time passes before they arrive.
fn builder(chance: &mut Chance) -> SimulationBuilder<Busy> {
    let builder = systems::builder(chance, &knot());
    builder.marker_policy(MarkerPolicy::Overtaking).latency(Latency::default())
}

/// A snapshot that each node records at once, so it holds the state in which the system started.
fn recorded_at_once(simulation: &mut Simulation<Busy>) -> Arc<Snapshot> {
    let id = simulation.begin_snapshot().expect("no node has failed");
    let mut of_the_snapshot = |_: &Simulation<Busy>, enabled: &[Step]| {
        enabled.iter().find(|step| !matches!(step, Step::Handle(_) | Step::Fire(_))).copied()
    };
    simulation.run_by(&mut of_the_snapshot, 10_000).expect("each step is possible");
    let snapshot = simulation.snapshots().iter().find(|snapshot| snapshot.id() == id);
    Arc::clone(snapshot.expect("markers alone complete it"))
}

/// Each generation first records the state from which it was restored. Then it takes some steps, so
/// that the next one has another state to keep.
fn run(stored: &Stored, seed: u64) {
    let mut chance = Chance::new(seed);
    let mut simulation = builder(&mut chance).start(Busy::new).expect("no setting is wrong");
    systems::live(&mut chance, &mut simulation);
    let mut last = SnapshotId::new(0);
    for generation in 0..GENERATIONS {
        let saved = recorded_at_once(&mut simulation);
        assert!(saved.id() > last || generation == 0, "{} follows {last}", saved.id());
        let record = stored.save(&saved).expect("it is saved");
        assert_eq!(record.id.get(), generation + 1);
        let from = stored.load(Which::Newest).expect("it is good").snapshot;
        last = from.highest_id();
        simulation = systems::restored(builder(&mut chance), &from);
        let again = recorded_at_once(&mut simulation);
        assert_eq!(essence(&again), essence(&saved), "generation {generation}");
        assert_eq!(again.id().get(), last.get() + 1);
        systems::inject(&mut chance, &mut simulation);
        systems::steps(8, &mut chance, &mut simulation);
    }
}

#[test]
fn a_generation_records_at_once_what_it_was_restored_from() {
    for seed in 0..scaled(2) {
        run(&checkpoints(MemoryStore::new(), Postcard), seed);
        run(&checkpoints(MemoryStore::new(), Json), seed);
        run(&checkpoints(in_bucket(), Postcard), seed);
    }
}

#[test]
fn generations_go_on_through_a_file() {
    let folder = Folder::new();
    let store = FileStore::create(folder.file("store")).expect("it is new");
    run(&checkpoints(store, Postcard), 7);
}
