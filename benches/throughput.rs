//! Messages per second of a system beside loops that a person would write by hand with crossbeam
//! channels and no snapshot code at all, in turn and in one run: loops that send each message on
//! its own, and loops that send batches.
//!
//! `cargo bench --bench throughput` measures. Any other command, such as `cargo test --benches`,
//! makes a short run that only shows that the bench works. Compare ratios: the machine's speed
//! drifts, and both sides drift with it.
#![allow(missing_docs)]

mod support;

use support::by_hand::{Batches, OneByOne};
use support::figures::{self, Pairs, listed, median};
use support::workload::{Capacity, Workload};
use support::{by_hand, on_a_system};

type ByHand = fn(Workload, Capacity, u64) -> f64;

fn main() {
    let (rounds, messages) = if figures::is_bench() { (11, 4_000_000) } else { (1, 4_000) };
    let ways: [(&str, ByHand); 2] = [
        ("one message at a time", by_hand::run::<OneByOne>),
        ("batches of 64", by_hand::run::<Batches>),
    ];
    for (way, by_hand) in ways {
        println!("{way:<40}{:>14}{:>14}{:>8}   ratio of each round", "by hand", "system", "ratio");
        println!("{:<40}{:>14}{:>14}", "", "messages/s", "messages/s");
        for capacity in Capacity::ALL {
            for workload in Workload::ALL {
                let pairs = Pairs::measure(
                    rounds,
                    || by_hand(workload, capacity, messages),
                    || on_a_system::run(workload, capacity, messages),
                );
                print(workload, capacity, &pairs);
            }
        }
    }
}

fn print(workload: Workload, capacity: Capacity, pairs: &Pairs) {
    println!(
        "{:<40}{:>12.1} M{:>12.1} M{:>8.2}   {}",
        format!("{workload}, {capacity}"),
        median(&pairs.by_hands) / 1e6,
        median(&pairs.systems) / 1e6,
        pairs.ratio(),
        listed(&pairs.ratios()),
    );
}
