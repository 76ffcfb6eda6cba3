//! The simulation: steps by hand, by time, at random; faults; schedules; and what every snapshot of a random run must satisfy.

mod ask;
mod asking;
#[path = "../protocol/chance.rs"]
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
mod chance;
mod chatter;
mod clocks;
mod draining;
mod faults;
mod lecture;
#[path = "../threads/merge.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests on threads use the rest, and say no more than that"
)]
mod merge;
mod older;
mod outputs;
mod random_runs;
mod replay;
mod restoring;
mod skew;
mod steps;
mod time;
