//! Clusters on timely dataflow: messages, snapshots and memory, beside a bare loop on the same
//! engine and beside threads.
//!
//! `cargo bench --features timely --bench cluster` measures all in some minutes. A word behind `--`
//! chooses rows by their names. Any other command makes a short run that only shows that the bench
//! works.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts threads by hand")]
#![allow(missing_docs)]

mod bare;
mod engine;
#[path = "../goals/goal.rs"]
#[allow(dead_code, reason = "another bench uses the rest")]
mod goal;
mod messages;
mod on_a_cluster;
mod on_threads;
mod snapshots;
#[path = "../support/mod.rs"]
mod support;
mod tokens;

use std::process::ExitCode;

use goal::Goals;

fn main() -> ExitCode {
    if engine::run_as_second_process() {
        return ExitCode::SUCCESS;
    }
    let mut goals = Goals::new();
    messages::measure(&mut goals);
    on_threads::measure(&mut goals);
    snapshots::measure(&mut goals);
    goals.end()
}
