//! A system that is restored from a checkpoint runs as a system that is restored from the snapshot
//! in memory, and ends as a system that never stopped.

use std::sync::Arc;

use consistent_cut::checkpoint::{FileStore, Json, MemoryStore, Postcard, Which};
use consistent_cut::simulation::Simulation;
use consistent_cut::{RestoreError, System, Topology};

use crate::busy::Busy;
use crate::folder::Folder;
use crate::stores::in_bucket;
use crate::support::chance::{Chance, for_each_seed};
use crate::support::effort::scaled;
use crate::support::merge::{self, Merge, MergeSnapshot};
use crate::systems::{self, Snapshot, Stored, all, checkpoints};

/// At an effort of 1.
const RUNS: u64 = 1_000;
/// One in twenty runs has a store in a file.
const WITH_A_FILE: u64 = 20;

/// A store that was written, closed and opened again.
fn reopened(folder: &Folder, from: &[Arc<Snapshot>]) -> Stored {
    let path = folder.file("store");
    let stored = checkpoints(FileStore::create(&path).expect("it is new"), Postcard).keep(99);
    from.iter().for_each(|snapshot| drop(stored.save(snapshot).expect("it is saved")));
    drop(stored);
    checkpoints(FileStore::open(&path).expect("it is a store"), Postcard).keep(99)
}

fn in_memory(chance: &mut Chance, from: &[Arc<Snapshot>]) -> Stored {
    let stored = match chance.below(3) {
        0 => checkpoints(MemoryStore::new(), Postcard),
        1 => checkpoints(in_bucket(), Postcard),
        _ => checkpoints(MemoryStore::new(), Json),
    };
    let stored = stored.keep(99);
    from.iter().for_each(|snapshot| drop(stored.save(snapshot).expect("it is saved")));
    stored
}

/// Runs to the end with messages from outside, and returns all that happened.
fn finish(chance: &mut Chance, mut simulation: Simulation<Busy>) -> String {
    systems::live(chance, &mut simulation);
    systems::steps(100_000, chance, &mut simulation);
    let outputs: Vec<_> = simulation.outputs().collect();
    let state = simulation.global_state().expect("no node has failed");
    state.verify().expect("the counts go on");
    let snapshots: Vec<_> = simulation.snapshots().iter().map(|snapshot| all(snapshot)).collect();
    format!("{}\n{}\n{outputs:?}\n{snapshots:?}", simulation.schedule(), all(&state))
}

/// The events that the runs must have seen, by name.
#[derive(Debug, Default)]
struct Seen {
    in_flight: usize,
    from_outside: usize,
    pending: usize,
    overdue: usize,
    untaken: usize,
    taken: u64,
    stopped: usize,
    draining: usize,
    full: usize,
    overlapping: usize,
}

impl Seen {
    fn add(&mut self, snapshot: &Snapshot) {
        let parts = snapshot.parts();
        self.in_flight += snapshot.in_flight().count();
        self.from_outside += snapshot.in_flight().filter(|(link, _)| link.is_environment()).count();
        for node in &parts.nodes {
            self.pending += node.timers.iter().filter(|timer| !timer.remaining.is_zero()).count();
            self.overdue += node.timers.iter().filter(|timer| !timer.overdue.is_zero()).count();
            self.untaken += node.output.untaken().len();
            self.taken += node.output.taken();
            self.stopped += usize::from(node.stopped);
            self.draining += usize::from(node.drains);
        }
        self.full += snapshot
            .channels()
            .iter()
            .filter(|channel| channel.capacity().is_some_and(|most| channel.waiting() >= most))
            .count();
        self.overlapping += usize::from(snapshot.id() != snapshot.highest_id());
    }

    fn is_complete(&self) -> bool {
        let Seen { in_flight, from_outside, pending, overdue, untaken, .. } = *self;
        let Seen { taken, stopped, draining, full, overlapping, .. } = *self;
        let counts = [in_flight, from_outside, pending, overdue, untaken, taken as usize];
        counts.iter().chain(&[stopped, draining, full, overlapping]).all(|&count| count > 0)
    }
}

#[test]
fn a_system_from_a_checkpoint_runs_as_one_from_the_snapshot() {
    let mut seen = Seen::default();
    let every = for_each_seed(0..scaled(RUNS), |seed| {
        let mut chance = Chance::new(seed);
        let topology = systems::topology(&mut chance);
        let simulation = systems::lived(&mut chance, &topology);
        let snapshots = simulation.snapshots();
        if snapshots.is_empty() {
            return;
        }
        let folder = Folder::new();
        let stored = match seed % WITH_A_FILE {
            0 => reopened(&folder, snapshots),
            _ => in_memory(&mut chance, snapshots),
        };
        let records = stored.catalog().list().expect("it is read");
        for (snapshot, record) in snapshots.iter().zip(&records) {
            let loaded = stored.load(Which::Id(record.id)).expect("it is good").snapshot;
            assert_eq!(all(&loaded), all(snapshot));
            seen.add(snapshot);
        }
        let which = chance.below(snapshots.len());
        let loaded = stored.load(Which::Id(records[which].id)).expect("it is good").snapshot;
        let later = chance.number();
        let [first, second] = [&*snapshots[which], &loaded].map(|from| {
            let mut chance = Chance::new(later);
            let again = systems::restored(systems::builder(&mut chance, &topology), from);
            finish(&mut chance, again)
        });
        assert_eq!(first, second);
    });
    assert!(!every || seen.is_complete(), "{seen:?}");
}

/// A workload whose result does not depend on the interleaving ends as if it had never stopped.
#[test]
fn a_run_over_several_checkpoints_ends_as_one_that_never_stopped() {
    let topologies = merge::topologies();
    let references = topologies.each_ref().map(|topology| {
        let builder = Simulation::builder(Arc::clone(topology));
        let simulation = builder.start(|node| Merge::new(node, topology));
        ended(simulation.expect("no setting is wrong"))
    });
    for_each_seed(0..scaled(10), |seed| {
        let mut chance = Chance::new(seed);
        let which = chance.below(2);
        let topology = &topologies[which];
        let stored: consistent_cut::checkpoint::Checkpoints<merge::Merged, merge::Value> =
            consistent_cut::checkpoint::Checkpoints::new(MemoryStore::new(), Default::default());
        let builder = || Simulation::builder(Arc::clone(topology));
        let simulation = builder().start(|node| Merge::new(node, topology));
        let mut simulation = simulation.expect("no setting is wrong");
        for _ in 0..4 {
            simulation.run(chance.below(300) as u64);
            simulation.begin_snapshot().expect("no node has failed");
            simulation.run(chance.below(300) as u64);
            let Some(newest) = simulation.snapshots().last() else { break };
            stored.save(newest).expect("it is saved");
            let from = stored.load(Which::Newest).expect("it is good").snapshot;
            let again = builder().restore(&from, |node| Merge::new(node, topology));
            simulation = again.expect("it fits");
        }
        assert_eq!(ended(simulation), references[which]);
    });
}

fn ended(mut simulation: Simulation<Merge>) -> Vec<merge::Merged> {
    simulation.run(u64::MAX);
    let state: MergeSnapshot = simulation.global_state().expect("no node has failed");
    assert!(merge::is_over(&state), "{state}");
    merge::states(&state)
}

/// A snapshot that lacks a node is saved, for a person to look at, and no system goes on from it.
#[test]
fn a_checkpoint_with_a_failed_node_refuses_to_restore_and_names_the_node() {
    let topology = Topology::from_named_links([("client", "server"), ("server", "client")]);
    let topology = Arc::new(topology.expect("two nodes"));
    let mut simulation = Simulation::builder(Arc::clone(&topology)).start(Busy::new).unwrap();
    let server = topology.node_named("server").expect("it is there");
    simulation.fail(server).expect("it is there");
    simulation.begin_snapshot().expect("one node is up");
    simulation.run(1_000);
    let snapshot = simulation.snapshots().last().expect("it is complete");
    let stored = checkpoints(MemoryStore::new(), Postcard);
    let record = stored.save(snapshot).expect("it is saved");
    assert_eq!(record.counts.failed, 1);
    assert!(
        record.to_string().contains("1 nodes failed")
            || record.to_string().contains("1 node failed")
    );
    let loaded = stored.load(Which::Newest).expect("it is good").snapshot;
    assert_eq!(all(&loaded), all(snapshot));
    let refused = Simulation::builder(topology.clone()).restore(&loaded, Busy::new);
    assert!(matches!(refused, Err(RestoreError::NodeFailed { .. })));
    let error = System::builder(topology).restore_from(&stored, Which::Newest, Busy::new);
    let error = error.expect_err("a node is missing").to_string();
    assert!(error.contains("node 1 (server)"), "{error}");
}
