//! How long a snapshot of an idle system takes, from the call to the result, beside a flood written
//! by hand.
//!
//! `cargo bench --bench snapshot_latency` measures. Any other command makes a short run that only
//! shows that the bench works. The two sides take turns, so that the ratio stays right when the
//! machine's speed drifts.
#![allow(missing_docs)]

mod support;

use consistent_cut::Topology;
use support::figures::{self, time};
use support::flood::{Flood, idle_system};

fn main() {
    let rounds = if figures::is_bench() { 1_000 } else { 3 };

    println!("{:<18}{:>11}{:>11}{:>11}{:>11}{:>8}", "", "best", "median", "p99", "flood", "ratio");
    measure("idle ring of 100", &Topology::ring(100).unwrap(), rounds);
    measure("idle complete 32", &Topology::complete(32).unwrap(), rounds);
}

fn measure(name: &str, topology: &Topology, rounds: usize) {
    let (system, flood) = (idle_system(topology), Flood::start(topology));
    let mut snapshots = Vec::new();
    let mut floods = Vec::new();
    for _ in 0..rounds {
        let mut taken = None;
        snapshots.push(time(|| taken = system.snapshot().ok()));
        taken.unwrap().verify().unwrap();
        floods.push(time(|| flood.round()));
    }
    flood.stop();
    snapshots.sort_by(f64::total_cmp);
    floods.sort_by(f64::total_cmp);
    let (snapshot, by_hand) = (snapshots[rounds / 2], floods[rounds / 2]);
    let micros = |seconds: f64| format!("{:.1} µs", seconds * 1e6);
    println!(
        "{name:<18}{:>11}{:>11}{:>11}{:>11}{:>8.2}",
        micros(snapshots[0]),
        micros(snapshot),
        micros(snapshots[rounds * 99 / 100]),
        micros(by_hand),
        snapshot / by_hand,
    );
}
