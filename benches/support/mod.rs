//! The parts that benches share: the workloads, each side's way to run them, and the figures.
#![allow(clippy::disallowed_methods, reason = "a bench measures time and starts threads by hand")]
#![allow(dead_code, unused_imports, reason = "no bench uses all of it")]

pub(crate) mod by_hand;
pub(crate) mod figures;
pub(crate) mod flood;
pub(crate) mod keeping_flood;
pub(crate) mod on_a_system;
pub(crate) mod round_trips;
pub(crate) mod slow_stages;
pub(crate) mod under_snapshots;
pub(crate) mod workload;
