//! The lecture's older algorithms, right and wrong, over many runs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::CutError;
use consistent_cut::simulation::{Algorithm, Clock, Latency, PhysicalTime, Simulation, Step};
use consistent_cut::{NodeId, SnapshotOptions, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::channel_law::{self, Snapshot};
use crate::chatter::chatter;
use crate::effort::scaled;
use crate::ids::node;
use crate::note::Note;
use crate::skew::{LEAST, MOST, clocks, clocks_that_differ, nodes_without_patience};

/// Runs of each algorithm, at an effort of 1.
const RUNS: u64 = 200;

/// A fault of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wrong {
    /// A message was received before the cut and sent after it.
    Inconsistent,
    /// The messages in flight are not those recorded.
    Channel,
}

/// A random system with this algorithm, run by time until nothing is left to happen. Each snapshot
/// is checked by the trace. A snapshot that is right by the trace also obeys the channel law by its
/// content.
fn run(seed: u64, algorithm: impl FnOnce(&mut Chance, &Topology) -> Algorithm) -> Vec<Look> {
    let mut chance = Chance::new(seed);
    let nodes = 2 + chance.below(4);
    let links = (0..nodes).map(|node| (node, (node + 1) % nodes));
    let more: Vec<_> =
        (0..chance.below(5)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    let topology = Topology::from_links(nodes, links.chain(more)).expect("nodes and links fit");
    let topology = Arc::new(topology);
    let mut builder = Simulation::builder(Arc::clone(&topology));
    let algorithm = algorithm(&mut chance, &topology);
    if chance.one_in(4) && !matches!(algorithm, Algorithm::MarkersOnly) {
        builder = builder.capacity(1 + chance.below(3));
    }
    let builder = builder
        .algorithm(algorithm)
        .latency(Latency::Uniform(LEAST, MOST))
        .handling_time(Latency::Uniform(Duration::ZERO, LEAST / 4))
        .seed(chance.number());
    let start = |node| chatter(&topology, node, 3);
    let mut simulation = builder.traced().start(start).expect("no setting is wrong");
    let mut injected = vec![0; nodes];
    let begun = 1 + chance.below(3);
    for _ in 0..begun {
        if chance.one_in(3) {
            simulation.run(1_000_000);
        }
        simulation.begin_snapshot().expect("no node has failed");
        for _ in 0..chance.below(8) {
            let node = node(chance.below(nodes) as u32);
            injected[node.index()] += 1;
            let note = Note::from_outside(&topology, node, injected[node.index()]).with_hops(6);
            simulation.inject(node, note).expect("it is there");
            let pause = Duration::from_micros(chance.below(9_000) as u64);
            simulation.run_until(simulation.now() + pause);
            if chance.one_in(12) {
                simulation.stop_node(node).expect("it is there");
            }
        }
    }
    let steps = simulation.run(1_000_000);
    assert!(steps < 1_000_000, "it comes to rest");
    assert_eq!(simulation.snapshots().len(), begun, "every snapshot ends");
    let trace = simulation.trace().expect("it is traced");
    let look = |snapshot: &Arc<Snapshot>| {
        let cut = trace.cut_of(snapshot.id()).expect("all have recorded");
        let between_nodes = cut.in_flight(trace).into_iter().take(topology.link_count());
        let mut room_crosses = false;
        let wrong = match cut.check_snapshot(trace, snapshot) {
            Ok(()) => {
                channel_law::check(snapshot);
                None
            }
            Err(CutError::RoomFromOutside { .. }) => {
                room_crosses = true;
                snapshot.verify().is_err().then_some(Wrong::Channel)
            }
            Err(CutError::Inconsistent { .. }) => Some(Wrong::Inconsistent),
            Err(_) => Some(Wrong::Channel),
        };
        let in_flight = between_nodes.into_iter().any(|numbers| !numbers.is_empty());
        Look { in_flight, room_crosses, wrong }
    };
    simulation.snapshots().iter().map(look).collect()
}

/// The facts about one snapshot.
struct Look {
    /// Whether messages between nodes were in flight at its cut.
    in_flight: bool,
    /// Whether a node had used room that was made after the cut.
    room_crosses: bool,
    wrong: Option<Wrong>,
}

/// A message sent at the sender's noon or later comes no sooner than the least latency after that,
/// which is noon at the receiver too. A message sent before noon comes within the largest latency
/// plus the skew. An acknowledgement takes no time here, so clocks that differ at all let it cross
/// the cut.
#[test]
fn clocks_that_differ_less_than_the_least_latency_are_good_enough() {
    let (mut snapshots, mut in_flight, mut room_crosses) = (0, false, false);
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        for look in run(seed, |chance, topology| clocks(chance, topology, LEAST, MOST * 3)) {
            assert_eq!(look.wrong, None);
            snapshots += 1;
            in_flight |= look.in_flight;
            room_crosses |= look.room_crosses;
        }
    });
    assert!(!all || (snapshots > scaled(RUNS) && in_flight && room_crosses), "{snapshots}");
}

#[test]
fn clocks_that_differ_more_are_not() {
    let mut wrong = BTreeSet::new();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let looks = run(seed, clocks_that_differ);
        wrong.extend(looks.iter().filter_map(|look| look.wrong));
    });
    assert!(!all || wrong.contains(&Wrong::Inconsistent), "{wrong:?}");
}

#[test]
fn a_node_without_patience_misses_what_comes_late() {
    let mut wrong = BTreeSet::new();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let looks = run(seed, nodes_without_patience);
        wrong.extend(looks.iter().filter_map(|look| look.wrong));
    });
    assert!(!all || wrong == BTreeSet::from([Wrong::Channel]), "{wrong:?}");
}

/// The cut is always consistent, and the snapshot is right if and only if nothing is in flight.
#[test]
fn the_better_algorithm_is_right_only_where_nothing_is_in_flight() {
    let mut sights = BTreeSet::new();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        for look in run(seed, |_, _| Algorithm::MarkersOnly) {
            assert_eq!(look.wrong, look.in_flight.then_some(Wrong::Channel));
            sights.insert(look.in_flight);
        }
    });
    assert!(!all || sights.len() == 2, "{sights:?}");
}

#[test]
fn chandy_and_lamport_are_right() {
    let mut in_flight = 0;
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        for look in run(seed, |_, _| Algorithm::ChandyLamport) {
            assert_eq!((look.wrong, look.room_crosses), (None, false));
            in_flight += u64::from(look.in_flight);
        }
    });
    assert!(!all || in_flight > scaled(RUNS) / 2, "{in_flight}");
}

/// Every older algorithm gives up a snapshot for which a node is missing, and forgets it. Later
/// snapshots go without the node.
#[test]
fn a_node_that_fails_takes_its_snapshots_with_it() {
    let physical = PhysicalTime::new(LEAST, MOST);
    for algorithm in [Algorithm::MarkersOnly, Algorithm::PhysicalTime(physical)] {
        let topology = Arc::new(Topology::complete(3).expect("three nodes are complete"));
        let builder = Simulation::builder(Arc::clone(&topology)).algorithm(algorithm.clone());
        let builder = builder.latency(Latency::Constant(LEAST * 2));
        let start = |node| chatter(&topology, node, 2);
        let mut simulation = builder.start(start).expect("no setting is wrong");
        let (down, other) = (NodeId::new(1), NodeId::new(0));
        let id =
            simulation.begin_snapshot_with(SnapshotOptions::at([other])).expect("it reaches all");
        simulation.step(Step::Initiate(other, id)).expect("it was asked");
        simulation.fail(down).expect("it is there");
        let failed: Vec<_> = simulation.failed_snapshots().iter().map(|(id, _)| *id).collect();
        assert_eq!((failed, simulation.snapshots().len()), (vec![id], 0), "{algorithm:?}");
        simulation
            .begin_snapshot_with(SnapshotOptions::at([other]))
            .expect("it reaches all that are up");
        simulation.run(10_000);
        assert_eq!(simulation.enabled(), [], "{algorithm:?}");
        let [snapshot] = simulation.snapshots() else { panic!("one is complete: {algorithm:?}") };
        assert!(snapshot.find_state(down).is_none() && snapshot.find_state(other).is_some());
    }
}

/// A schedule of an older algorithm replays like any other.
#[test]
fn runs_by_the_clock_replay() {
    let topology = Arc::new(Topology::complete(3).expect("three nodes are complete"));
    let begin = || {
        let time = PhysicalTime::new(LEAST, MOST).clock(NodeId::new(2), Clock::behind(MOST));
        let builder =
            Simulation::builder(Arc::clone(&topology)).latency(Latency::Uniform(LEAST, MOST));
        let builder = builder.algorithm(Algorithm::PhysicalTime(time)).seed(5);
        let start = |node| chatter(&topology, node, 3);
        builder.start(start).expect("no setting is wrong")
    };
    let mut simulation = begin();
    simulation.begin_snapshot().expect("no node has failed");
    simulation.run(10_000);
    let mut again = begin();
    let text = simulation.schedule().to_string();
    assert!(text.contains("close node 2 snapshot 1"), "{text}");
    let schedule = text.parse().expect("as it was written");
    again.replay(&schedule, |_, _| panic!("nothing is injected")).expect("as it was");
    let [(was, is)] = simulation.snapshots().iter().zip(again.snapshots()).collect::<Vec<_>>()[..]
    else {
        panic!("one is complete")
    };
    assert_eq!(was.to_string(), is.to_string());
}
