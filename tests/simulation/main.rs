//! The simulation: steps by hand, by time, at random; faults; schedules; and what every snapshot of a random run must satisfy.

mod asking;
#[path = "../protocol/chance.rs"]
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
mod chance;
mod chatter;
mod clocks;
mod faults;
mod lecture;
mod older;
mod random_runs;
mod replay;
mod skew;
mod steps;
mod time;
