//! Round trips between a hub with 256 in-links and the one neighbour that is active, beside a hub written by hand that has a
//! single inbox for all: what it costs to look at links on which nothing comes.
//!
//! `cargo bench --bench hub`; anything else is a short run that only shows that it works.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts loops by hand")]
#![allow(missing_docs)]

#[path = "support/figures.rs"]
mod figures;
#[path = "support/round_trips.rs"]
mod round_trips;

use figures::{median, speed};
use round_trips::{NEIGHBOURS, by_hand, on_a_system};

fn main() {
    let (rounds, trips) = if figures::is_bench() { (15, 200_000) } else { (1, 20) };
    let mut by_hands = Vec::new();
    let mut systems = Vec::new();
    for _ in 0..rounds {
        by_hands.push(speed(|| by_hand(trips)));
        systems.push(speed(|| on_a_system(trips)));
    }
    let ratios: Vec<f64> =
        by_hands.iter().zip(&systems).map(|(by_hand, system)| by_hand / system).collect();
    println!("hub with {NEIGHBOURS} in-links, one active");
    println!("one inbox by hand    {:>8.1} k round trips/s", median(&by_hands) / 1e3);
    println!("system               {:>8.1} k round trips/s", median(&systems) / 1e3);
    println!("time of the system in times of the inbox: {:.2} (median)", median(&ratios));
}
