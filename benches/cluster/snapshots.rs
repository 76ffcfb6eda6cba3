//! How long snapshots take, how that grows, and the memory of a node.

use std::fs;
use std::sync::mpsc::channel;
use std::time::Instant;

use consistent_cut::cluster::ClusterHandle;
use timely::Config;

use crate::goal::{Goals, Wanted};
use crate::messages::Placing;
use crate::on_a_cluster::build;
use crate::support::figures::{is_bench, median};
use crate::tokens::Workload;

const SECONDS: &str = "snapshot of 1,000,000 nodes and 4,000,000 links";
const UNDER_LOAD: &str = "the same, while 100,000 tokens go round";
const GROWTH: &str = "seconds a node: 1,000,000 nodes to 10,000";
const MEMORY: &str = "memory of a node with two links after snapshots";

pub(crate) fn measure(goals: &mut Goals) {
    let size = |nodes: usize| if is_bench() { nodes } else { nodes / 1_000 };
    if goals.wants(SECONDS) || goals.wants(UNDER_LOAD) || goals.wants(GROWTH) {
        let large = snapshot_seconds(&Workload::graph(size(1_000_000), 0), 5);
        let small = snapshot_seconds(&Workload::graph(size(10_000), 0), 101);
        let loaded = snapshot_seconds(&Workload::graph(size(1_000_000), size(100_000)), 5);
        goals.figure(SECONDS, Wanted::AtMost(3.0), large, " s");
        goals.figure(UNDER_LOAD, Wanted::Anything, loaded, " s");
        goals.figure(GROWTH, Wanted::AtMost(1.5), large / small / 100.0, "");
    }
    if goals.wants(MEMORY) && is_bench() {
        goals.figure(MEMORY, Wanted::AtMost(1.0), memory_of_a_node() / 1024.0, " KiB");
    }
}

fn snapshot_seconds(workload: &Workload, times: usize) -> f64 {
    with_cluster(workload, |handle| {
        let one = || {
            let start = Instant::now();
            let snapshot = handle.snapshot().unwrap();
            let seconds = start.elapsed().as_secs_f64();
            snapshot.verify().unwrap();
            seconds
        };
        one();
        let times = if is_bench() { times } else { 1 };
        median(&(0..times).map(|_| one()).collect::<Vec<_>>())
    })
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
