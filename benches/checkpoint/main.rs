//! The costs of checkpoints: the time and size of a save, by the size of the state and the share of
//! it that changed; the time of a load; the throughput of a busy system with checkpoints, beside
//! its throughput without; and the pause of a node with a large state.
//!
//! `cargo bench --features checkpoint --bench checkpoint` measures on the disk that has the folder
//! for temporary files. The exit code is 1 if a goal is missed. Any other command makes a short run
//! that only shows that the bench works.
#![allow(missing_docs)]
#![allow(
    clippy::disallowed_methods,
    reason = "a bench reads the clock, and lets a system run for a time"
)]

mod busy;
mod large;
mod sizes;

#[path = "../support/figures.rs"]
mod figures;

use std::process::ExitCode;

fn main() -> ExitCode {
    sizes::measure();
    let missed = [busy::measure(), large::measure()].into_iter().filter(|met| !met).count();
    if figures::is_bench() && missed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
