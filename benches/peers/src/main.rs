//! Messages per second of consistent-cut beside actor crates and loops written by hand, on the same
//! workloads and in one run.
//!
//! `cargo run --release` measures for a minute or two, and ends with an error if a goal is missed.
//! With `-- --test`, a short run only shows that the bench works.

mod on_actix;
mod on_kameo;
mod on_ractor;
mod peer;
mod role;
#[path = "../../support/mod.rs"]
mod support;

use std::process::ExitCode;

use on_actix::OnActix;
use on_kameo::OnKameo;
use on_ractor::OnRactor;
use support::by_hand::{self, Batches, OneByOne};
use support::figures::median;
use support::on_a_system;
use support::workload::{Capacity, Workload};

const WORKLOADS: [Workload; 4] = [
    Workload::Ring { nodes: 8, tokens: 1_000 },
    Workload::FanIn { producers: 16 },
    Workload::Pipeline { stages: 8 },
    Workload::TWO_NODES,
];

/// The goal, in times of the speed of the best peer, for workloads with enough to send.
const GOAL: f64 = 5.0;

/// A way to run a workload: its name, and messages per second.
type Way<'a> = (&'a str, &'a dyn Fn(Workload, u64) -> f64);

fn main() -> ExitCode {
    let is_test = std::env::args().any(|arg| arg == "--test");
    let rounds = if is_test { 1 } else { 5 };
    let (kameo, ractor) = (OnKameo::new(), OnRactor::new());
    let (actix_1, actix_2) = (OnActix::new(1), OnActix::new(2));
    let capacity = Capacity::DEFAULT;
    let ways: [Way<'_>; 7] = [
        ("one by one", &|work, messages| by_hand::run::<OneByOne>(work, capacity, messages)),
        ("batches", &|work, messages| by_hand::run::<Batches>(work, capacity, messages)),
        ("consistent-cut", &|work, messages| on_a_system::run(work, capacity, messages)),
        ("kameo", &|work, messages| peer::run(&kameo, work, messages)),
        ("ractor", &|work, messages| peer::run(&ractor, work, messages)),
        ("actix, 1 thread", &|work, messages| peer::run(&actix_1, work, messages)),
        ("actix, 2", &|work, messages| peer::run(&actix_2, work, messages)),
    ];

    println!("messages per second, median of {rounds}; by hand: one by one, and in batches of 64");
    print!("{:<28}", "");
    ways.iter().for_each(|(name, _)| print!("{name:>16}"));
    println!("{:>12}{:>8}", "to the best", "goal");
    let mut is_missed = false;
    for workload in WORKLOADS {
        let has_goal = !matches!(workload, Workload::Ring { tokens: 1, .. });
        let messages = match (is_test, has_goal) {
            (true, _) => 2_000,
            (false, true) => 1_000_000,
            (false, false) => 100_000,
        };
        let ratio = measure(workload, &ways, rounds, messages);
        println!("{ratio:>12.1}{:>8}", if has_goal { format!(">= {GOAL}") } else { String::new() });
        is_missed |= has_goal && ratio < GOAL;
    }
    if is_missed && !is_test { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Prints the speed of each, and returns that of consistent-cut in times of the best peer's.
fn measure(workload: Workload, ways: &[Way<'_>; 7], rounds: usize, messages: u64) -> f64 {
    let mut speeds = [const { Vec::new() }; 7];
    // The first round warms up.
    for round in 0..=rounds {
        for ((_, run), speeds) in ways.iter().zip(&mut speeds) {
            let speed = run(workload, messages);
            if round > 0 {
                speeds.push(speed);
            }
        }
    }
    let [one_by_one, batches, ours, peers @ ..] = speeds.map(|speeds| median(&speeds));
    print!("{:<28}", workload.to_string());
    for speed in [one_by_one, batches, ours].iter().chain(&peers) {
        print!("{:>14.2} M", speed / 1e6);
    }
    ours / peers.into_iter().fold(f64::MIN, f64::max)
}
