//! What this crate wants to reach, measured: ratios of two sides that take turns in one run. Ends with an error if a goal is
//! missed.
//!
//! `cargo bench --bench goals` measures all of them in some minutes, `cargo bench --bench goals -- ring` those whose
//! names hold the word. Anything else is a short run that only shows that it works.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts threads by hand")]
#![allow(missing_docs)]

#[path = "../support/figures.rs"]
mod figures;
#[path = "../support/flood.rs"]
mod flood;
mod goal;
mod latency;
mod memory;
#[path = "../support/round_trips.rs"]
mod round_trips;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod throughput;
#[path = "../support/under_snapshots.rs"]
mod under_snapshots;

use std::process::ExitCode;

use goal::Goals;

fn main() -> ExitCode {
    if let Some(measured) = memory::measure_in_this_process() {
        println!("{measured}");
        return ExitCode::SUCCESS;
    }
    let mut goals = Goals::new();
    throughput::measure(&mut goals);
    latency::measure(&mut goals);
    snapshots::measure(&mut goals);
    memory::measure(&mut goals);
    goals.end()
}
