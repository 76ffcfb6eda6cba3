//! Happens-before, cuts and witnesses, on traces written by hand, drawn at random, and of simulations.

#[path = "../protocol/chance.rs"]
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
mod chance;
mod clocks;
mod cuts;
mod examples;
mod merges;
mod replays;
mod room;
mod snapshots;
mod traces;
