//! Round trips between a hub with 256 in-links and the one neighbour that is active, beside a hub
//! written by hand that has a single inbox for all. The bench tells the cost of looking at links on
//! which nothing comes.
//!
//! `cargo bench --bench hub` measures. Any other command makes a short run that only shows that the
//! bench works.
#![allow(missing_docs)]

mod support;

use support::figures::{self, Pairs, listed, median};
use support::round_trips::{NEIGHBOURS, by_hand, on_a_system};

fn main() {
    let (rounds, trips) = if figures::is_bench() { (15, 200_000) } else { (1, 20) };
    let pairs = Pairs::measure(rounds, || by_hand(trips), || on_a_system(trips));
    println!("hub with {NEIGHBOURS} in-links, one active");
    println!("one inbox by hand    {:>8.1} k round trips/s", median(&pairs.by_hands) / 1e3);
    println!("system               {:>8.1} k round trips/s", median(&pairs.systems) / 1e3);
    println!("speed of the system in times of the inbox: {:.2} (median)", pairs.ratio());
    println!("of each round: {}", listed(&pairs.ratios()));
}
