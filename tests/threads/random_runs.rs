//! Many systems with endless traffic; several threads take overlapping snapshots of each.
//!
//! A failure names the policy and the seed. Topology, traffic and initiators follow from the seed.
//! The interleaving does not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use consistent_cut::{MarkerPolicy, NodeId, SnapshotOptions, System, Topology};

use crate::chance::{Chance, for_seeds_until_all_is_seen};
use crate::channel_law::{self, Snapshot};
use crate::effort::scaled;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::traffic::{Live, Traffic, live};
use crate::watchdog::finishes;

/// Runs for each shape and policy, at an effort of 1.
const SEEDS: u64 = 10;
/// Threads that take snapshots.
const CALLERS: usize = 2;
/// The number of snapshots that each thread begins together, and the number of rounds.
const TOGETHER: usize = 2;
const ROUNDS: usize = 3;

/// The events seen in the runs of a group. Without them a passing run proves little.
#[derive(Debug, Default)]
struct Sightings {
    runs: AtomicUsize,
    on_links: AtomicUsize,
    at_nodes: AtomicUsize,
    overlaps: AtomicUsize,
    moves: AtomicUsize,
    out_of_order: AtomicUsize,
}

impl Sightings {
    /// Whether snapshots have shown messages in flight and at nodes, have overlapped, and have
    /// differed.
    fn is_all(&self) -> bool {
        let Sightings { on_links, at_nodes, overlaps, moves, .. } = self;
        let all = [on_links, at_nodes, overlaps, moves];
        all.into_iter().all(|count| count.load(Ordering::Relaxed) > 0)
    }
}

fn group(shape: &'static str, topology: impl Fn(&mut Chance) -> Topology + Send + 'static) {
    finishes(move || {
        on_both_policies(|policy| {
            let seen = Sightings::default();
            for_seeds_until_all_is_seen(
                scaled(SEEDS),
                &seen,
                |seen| seen.is_all(),
                |seed, seen| {
                    one_run(seed, policy, &topology(&mut Chance::new(seed)), seen);
                },
            );
            eprintln!("{shape}, {policy:?}: {seen:?}");
        });
    });
}

fn one_run(seed: u64, policy: MarkerPolicy, topology: &Topology, seen: &Sightings) {
    let live = live(topology);
    let notes = 2;
    let builder = System::builder(topology.clone()).marker_policy(policy);
    let system = builder
        .spawn(|node| Traffic::new(node, notes, seed, &live).holding().puppet(topology))
        .expect("the machine has room for 16 threads");
    let outcomes = system.subscribe();

    thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (system, live) = (&system, &live);
            let dice = Chance::new(seed + ((caller as u64 + 1) << 48));
            scope.spawn(move || call(system, live, dice, seen));
        }
    });

    let all: Vec<_> = outcomes.take(CALLERS * ROUNDS * TOGETHER).collect();
    let mut snapshots: Vec<_> = all.iter().map(|outcome| outcome.result.clone().unwrap()).collect();
    count(&seen.runs, 1);
    count(&seen.out_of_order, snapshots.windows(2).filter(|w| w[0].id() > w[1].id()).count());
    snapshots.sort_by_key(|snapshot| snapshot.id());
    assert!(snapshots.windows(2).all(|w| w[0].id() < w[1].id()), "an id was published twice");
    for snapshot in &snapshots {
        let total = notes * topology.node_count() as u64;
        assert_eq!(channel_law::held(snapshot) + snapshot.in_flight().count() as u64, total);
        let overlaps = snapshots.iter().filter(|other| overlap(snapshot, other)).count();
        count(&seen.overlaps, overlaps);
    }
    system.shutdown().expect("no node has failed");
}

/// One caller: several rounds of snapshots that are begun together.
fn call(system: &System<Puppet>, live: &Live, mut dice: Chance, seen: &Sightings) {
    let look = || live.iter().map(|count| count.load(Ordering::Relaxed)).collect::<Vec<_>>();
    let mut last: Vec<Arc<Snapshot>> = Vec::new();
    for _ in 0..ROUNDS {
        let before = look();
        let begun: Vec<_> = (0..TOGETHER)
            .map(|_| match dice.below(3) {
                0 => system.begin_snapshot(),
                _ => system.begin_snapshot_with(SnapshotOptions::at(initiators(system, &mut dice))),
            })
            .collect();
        let round: Vec<_> = begun.iter().map(|pending| pending.wait().unwrap()).collect();
        let after = look();
        for snapshot in &round {
            channel_law::check(snapshot);
            check_bounds(&before, snapshot, &after);
            last.iter().for_each(|earlier| channel_law::check_order(earlier, snapshot));
            count(&seen.on_links, snapshot.in_flight().count());
            count(&seen.at_nodes, channel_law::held(snapshot) as usize);
        }
        count(&seen.moves, usize::from(before != after));
        last = round;
    }
}

/// A message that a node had handled before the snapshot began is in its state. A message that it
/// had not handled when the snapshot ended is not.
fn check_bounds(before: &[u64], snapshot: &Snapshot, after: &[u64]) {
    for (node, counts) in snapshot.states() {
        let bounds = before[node.index()]..=after[node.index()];
        let handled = counts.counts.handled();
        assert!(bounds.contains(&handled), "{node}: {handled} is not in {bounds:?}");
    }
}

/// One or more random nodes, with more nodes added so that they reach all others.
fn initiators(system: &System<Puppet>, dice: &mut Chance) -> Vec<NodeId> {
    let nodes: Vec<_> = system.topology().nodes().collect();
    let chosen: Vec<_> = (0..=dice.below(3)).map(|_| nodes[dice.below(nodes.len())]).collect();
    system.topology().cover_with(&chosen)
}

fn overlap(one: &Snapshot, other: &Snapshot) -> bool {
    let (one_timings, other_timings) = (one.timings(), other.timings());
    one.id() < other.id()
        && one_timings.began() < other_timings.ended()
        && other_timings.began() < one_timings.ended()
}

fn count(counter: &AtomicUsize, by: usize) {
    counter.fetch_add(by, Ordering::Relaxed);
}

#[test]
fn every_cut_of_a_ring_is_consistent() {
    group("ring", |dice| Topology::ring(2 + dice.below(9)).unwrap());
}

#[test]
fn every_cut_of_a_complete_topology_is_consistent() {
    group("complete", |dice| Topology::complete(2 + dice.below(7)).unwrap());
}

#[test]
fn every_cut_of_a_star_is_consistent() {
    group("star", |dice| Topology::star(2 + dice.below(15)).unwrap());
}

#[test]
fn every_cut_of_a_grid_is_consistent() {
    group("grid", |dice| Topology::grid(2 + dice.below(3), 1 + dice.below(4)).unwrap());
}

#[test]
fn every_cut_of_a_random_topology_is_consistent() {
    group("random", |dice| {
        let nodes = 2 + dice.below(15);
        Topology::random_strongly_connected(nodes, dice.below(2 * nodes), dice.below(99) as u64)
            .unwrap()
    });
}

#[test]
fn every_cut_of_parallel_links_is_consistent() {
    group("parallel links", |dice| {
        let nodes = 2 + dice.below(4);
        let parallel = 2 + dice.below(3);
        let ring = (0..nodes * parallel).map(|i| (i % nodes, (i + 1) % nodes));
        Topology::from_links(nodes, ring).unwrap()
    });
}

#[test]
fn every_cut_of_self_links_is_consistent() {
    group("self-links", |dice| {
        let nodes = 1 + dice.below(6);
        let ring = (0..nodes).map(|i| (i, (i + 1) % nodes));
        let own = (0..nodes).flat_map(|i| [(i, i), (i, i)]);
        Topology::from_links(nodes, ring.chain(own)).unwrap()
    });
}

/// No source reaches another source, so a snapshot needs an initiator at each. A self-link keeps
/// notes moving at the sinks.
#[test]
fn every_cut_of_several_sources_and_sinks_is_consistent() {
    group("sources and sinks", |dice| {
        let (sources, sinks) = (1 + dice.below(3), 1 + dice.below(3));
        let down = (0..sources).flat_map(|i| (0..sinks).map(move |j| (i, sources + j)));
        let own = (0..sources + sinks).map(|i| (i, i));
        Topology::from_links(sources + sinks, down.chain(own)).unwrap()
    });
}
