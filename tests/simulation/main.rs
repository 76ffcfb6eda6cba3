//! The simulation: steps by hand, by time, at random; faults; schedules; and the laws of every
//! snapshot of a random run.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{chance, channel_law, chatter, effort, ids, merge, note, policies, puppet, skew};

mod ask;
mod asking;
mod clocks;
mod draining;
mod faults;
mod lecture;
mod older;
mod outputs;
mod random_runs;
mod replay;
mod restoring;
mod steps;
mod time;
