//! Checkpoints: their time and size against the size of the state and the share that changed, the
//! time of a restore, what they cost a busy system, and how long a node with a large state is
//! paused.
//!
//! `cargo bench --features checkpoint --bench checkpoint` measures, on the disk of the folder for
//! temporary files. Any other command makes a short run that only shows that the bench works. The
//! exit code is 1 if a goal is missed.
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
