//! Happens-before, cuts and witnesses, on traces written by hand, drawn at random, and of
//! simulations.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{chance, ids};

mod clocks;
mod cuts;
mod examples;
mod merges;
mod replays;
mod room;
mod snapshots;
mod traces;
