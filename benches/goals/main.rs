//! The goals of this crate, measured: ratios of two sides that take turns in one run. Ends with an
//! error if a goal is missed.
//!
//! `cargo bench --bench goals` measures all goals in some minutes. `cargo bench --bench goals --
//! ring` measures those whose names hold the word. Any other command makes a short run that only
//! shows that the bench works.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts threads by hand")]
#![allow(missing_docs)]

mod backlog;
mod few_messages;
mod goal;
mod memory;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod throughput;

use std::process::ExitCode;

use goal::Goals;

fn main() -> ExitCode {
    if let Some(measured) = memory::measure_in_this_process() {
        println!("{measured}");
        return ExitCode::SUCCESS;
    }
    let mut goals = Goals::new();
    throughput::measure(&mut goals);
    few_messages::measure(&mut goals);
    snapshots::measure(&mut goals);
    backlog::measure(&mut goals);
    memory::measure(&mut goals);
    goals.end()
}
