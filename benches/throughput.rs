//! Messages per second of a system beside loops that a person would write by hand with crossbeam channels and no
//! snapshot code at all, in turn and in one run.
//!
//! `cargo bench --bench throughput`; anything else, such as `cargo test --benches`, is a short run that only
//! shows that it works. The ratio is what counts: the machine's speed drifts, and both sides drift with it.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts loops by hand")]
#![allow(missing_docs)]

#[path = "support/figures.rs"]
mod figures;
mod support;

use figures::{median, speed};
use support::{Capacity, Workload, by_hand, on_a_system};

fn main() {
    let (rounds, messages) = if figures::is_bench() { (11, 4_000_000) } else { (1, 4_000) };

    println!("{:<40}{:>14}{:>14}{:>8}   ratio of each round", "", "by hand", "system", "ratio");
    println!("{:<40}{:>14}{:>14}", "", "messages/s", "messages/s");
    for capacity in [Capacity::Of(1 << 10), Capacity::Of(1 << 16), Capacity::Unbounded] {
        for workload in [
            Workload::Ring { nodes: 8, tokens: 1_000 },
            Workload::FanIn { producers: 16 },
            Workload::Pipeline { stages: 8 },
        ] {
            measure(workload, capacity, rounds, messages);
        }
    }
}

fn measure(workload: Workload, capacity: Capacity, rounds: usize, messages: u64) {
    let mut by_hands = Vec::new();
    let mut systems = Vec::new();
    for _ in 0..rounds {
        by_hands.push(speed(|| by_hand::run(workload, capacity, messages)));
        systems.push(speed(|| on_a_system::run(workload, capacity, messages)));
    }
    let ratios: Vec<_> =
        systems.iter().zip(&by_hands).map(|(system, hand)| system / hand).collect();
    println!(
        "{:<40}{:>12.1} M{:>12.1} M{:>8.2}   {}",
        format!("{workload}, {capacity}"),
        median(&by_hands) / 1e6,
        median(&systems) / 1e6,
        median(&ratios),
        ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" "),
    );
}
