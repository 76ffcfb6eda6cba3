//! How long a snapshot of an idle system takes, from the call to the result, beside a flood written by hand.
//!
//! `cargo bench --bench snapshot_latency`; anything else is a short run that only shows that it works. The two
//! take turns, so that the ratio stands when the machine's speed drifts.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts threads by hand")]
#![allow(missing_docs)]

#[path = "support/flood.rs"]
mod flood;

use std::time::{Duration, Instant};

use consistent_cut::{System, Topology};
use flood::{Flood, Idle};

fn main() {
    let is_bench = std::env::args().any(|arg| arg == "--bench");
    let rounds = if is_bench { 1_000 } else { 3 };

    println!("{:<18}{:>11}{:>11}{:>11}{:>11}{:>8}", "", "best", "median", "p99", "flood", "ratio");
    measure("idle ring of 100", &Topology::ring(100).unwrap(), rounds);
    measure("idle complete 32", &Topology::complete(32).unwrap(), rounds);
}

fn measure(name: &str, topology: &Topology, rounds: usize) {
    let system = System::builder(topology.clone()).spawn(|_| Idle).unwrap();
    let flood = Flood::start(topology);
    let mut snapshots = Vec::new();
    let mut floods = Vec::new();
    for _ in 0..rounds {
        snapshots.push(time(|| system.snapshot().unwrap().verify().unwrap()));
        floods.push(time(|| flood.round()));
    }
    flood.stop();
    snapshots.sort();
    floods.sort();
    let (snapshot, by_hand) = (snapshots[rounds / 2], floods[rounds / 2]);
    println!(
        "{name:<18}{:>11}{:>11}{:>11}{:>11}{:>8.2}",
        format!("{:.1?}", snapshots[0]),
        format!("{snapshot:.1?}"),
        format!("{:.1?}", snapshots[rounds * 99 / 100]),
        format!("{by_hand:.1?}"),
        snapshot.as_secs_f64() / by_hand.as_secs_f64(),
    );
}

fn time(what: impl FnOnce()) -> Duration {
    let start = Instant::now();
    what();
    start.elapsed()
}
