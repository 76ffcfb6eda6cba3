//! How long snapshots take, how that grows, and the memory of a node.

use std::fs;
use std::sync::mpsc::channel;
use std::time::Instant;

use consistent_cut::cluster::ClusterHandle;
use timely::Config;

use crate::goal::{Goals, Wanted};
use crate::messages::{Placing, growth_of_a_bare_hop};
use crate::on_a_cluster::build;
use crate::support::figures::{is_bench, median};
use crate::tokens::Workload;

const SECONDS: &str = "snapshot of 1,000,000 nodes and 4,000,000 links";
const UNDER_LOAD: &str = "the same, while 100,000 tokens go round";
const COORDINATOR: &str = "its coordinator, in processor time";
const HELD: &str = "its memory, a node with four links";
const GROWTH: &str = "seconds a node: 1,000,000 nodes to 10,000";
const BARE_GROWTH: &str = "the same of a hop of the bare loop";
const BESIDE_BARE: &str = "growth of a snapshot, in times of that of a hop of the bare loop";
const SQUARE: &str = "snapshot of a square of 1,000,000 nodes and 3,996,000 links";
const SQUARE_GROWTH: &str = "seconds a node: square of 1,000,000 nodes to one of 10,000";
const MEMORY: &str = "memory of a node with two links after snapshots";

pub(crate) fn measure(goals: &mut Goals) {
    let (many, tokens) = if is_bench() { (1_000_000, 100_000) } else { (1_000, 100) };
    let few = many / TIMES_LARGER;
    if goals.wants(SECONDS) || goals.wants(UNDER_LOAD) || goals.wants(GROWTH) {
        let (large, growth) = growth(&Workload::graph(many, 0), &Workload::graph(few, 0));
        let loaded = with_cluster(&Workload::graph(many, tokens), |handle| {
            handle.snapshot().unwrap();
            Costs::middle(&(0..rounds()).map(|_| Costs::of_one(handle)).collect::<Vec<_>>())
        });
        goals.figure(SECONDS, Wanted::AtMost(3.0), large.seconds, " s");
        goals.figure(UNDER_LOAD, Wanted::Anything, loaded.seconds, " s");
        let bare = growth_of_a_bare_hop();
        goals.figure(GROWTH, Wanted::AtMost(1.5), growth, "");
        goals.figure(BARE_GROWTH, Wanted::Anything, bare, "");
        goals.figure(BESIDE_BARE, Wanted::Anything, growth / bare, "");
        goals.figure(COORDINATOR, Wanted::Anything, large.of_coordinator, " s");
        goals.figure(HELD, Wanted::Anything, large.bytes / many as f64, " bytes");
    }
    if goals.wants(SQUARE) || goals.wants(SQUARE_GROWTH) {
        let (large, growth) = growth(&Workload::square(many), &Workload::square(few));
        goals.figure(SQUARE, Wanted::AtMost(3.0), large.seconds, " s");
        goals.figure(SQUARE_GROWTH, Wanted::AtMost(1.5), growth, "");
    }
    if goals.wants(MEMORY) && is_bench() {
        goals.figure(MEMORY, Wanted::AtMost(1.0), memory_of_a_node() / 1024.0, " KiB");
    }
}

/// A system is this many times as large as the one that it is compared with.
const TIMES_LARGER: usize = 100;

fn rounds() -> usize {
    if is_bench() { 7 } else { 1 }
}

/// The costs of a snapshot of the large system, and how many times as long it takes for each node
/// as one of the small system. Large and small are measured in turn, since the machine is slower at
/// some times than at others.
fn growth(large: &Workload, small: &Workload) -> (Costs, f64) {
    let at_a_time = if is_bench() { 15 } else { 1 };
    with_cluster(large, |large| {
        with_cluster(small, |small| {
            [large, small].into_iter().for_each(|handle| drop(handle.snapshot().unwrap()));
            let round = |_| {
                let costs = Costs::of_one(large);
                let small: Vec<_> = (0..at_a_time).map(|_| Costs::of_one(small)).collect();
                let growth = costs.seconds / Costs::middle(&small).seconds / TIMES_LARGER as f64;
                (costs, growth)
            };
            let (costs, growths): (Vec<_>, Vec<_>) = (0..rounds()).map(round).unzip();
            (Costs::middle(&costs), median(&growths))
        })
    })
}

/// The costs of one snapshot.
struct Costs {
    seconds: f64,
    /// The processor's time for the coordinator.
    of_coordinator: f64,
    bytes: f64,
}

impl Costs {
    /// The median of each cost.
    fn middle(all: &[Costs]) -> Self {
        let middle = |cost: fn(&Costs) -> f64| median(&all.iter().map(cost).collect::<Vec<_>>());
        Costs {
            seconds: middle(|one| one.seconds),
            of_coordinator: middle(|one| one.of_coordinator),
            bytes: middle(|one| one.bytes),
        }
    }

    fn of_one(handle: &ClusterHandle<u64, u64>) -> Self {
        let (before, coordinator, start) = (resident(), coordinator_seconds(), Instant::now());
        let snapshot = handle.snapshot().unwrap();
        let seconds = start.elapsed().as_secs_f64();
        let of_coordinator = coordinator_seconds() - coordinator;
        let bytes = (resident() - before).max(0.0);
        snapshot.verify().unwrap();
        Costs { seconds, of_coordinator, bytes }
    }
}

/// Resident bytes of a node in a ring, the topology not counted. A snapshot was taken before, and
/// dropped.
fn memory_of_a_node() -> f64 {
    let nodes = 1_000_000;
    let workload = Workload::ring(nodes, 1_000);
    let before = resident();
    with_cluster(&workload, |handle| {
        handle.snapshot().unwrap();
        (resident() - before) / nodes as f64
    })
}

fn with_cluster<T>(workload: &Workload, body: impl FnOnce(&ClusterHandle<u64, u64>) -> T) -> T {
    let workload = workload.clone();
    let (tx, handles) = channel();
    let guards = timely::execute(Config::process(2), move |worker| {
        let cluster = build(worker, &workload, Placing::Blocks);
        if let Some(handle) = cluster.handle() {
            tx.send(handle.clone()).unwrap();
        }
        while !cluster.has_ended() {
            worker.step_or_park(None);
        }
    });
    let handle = handles.recv().unwrap();
    let result = body(&handle);
    handle.shut_down();
    drop(guards.unwrap());
    result
}

/// The resident bytes of this process, as Linux tells them.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes =
        line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) * 1024.0
}

/// How long threads with the coordinator's name have had a processor, as Linux tells it.
fn coordinator_seconds() -> f64 {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let name = fs::read_to_string(thread.path().join("comm")).ok()?;
        let times = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        let first = times.split(' ').next()?.parse::<f64>().ok()?;
        (name.trim() == "coordinator").then_some(first)
    });
    nanoseconds.sum::<f64>() / 1e9
}
