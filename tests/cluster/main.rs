//! Systems on timely dataflow.
//!
//! No test sleeps or measures time, except until the random moment of a kill. Where an order
//! matters, gates hold handlers back to force it; a node at a gate holds all nodes of its worker.
//!
//! - `workers`: the worker threads of a cluster, and what they leave behind
//! - `stage`: a cluster of puppets, each of which does what the test says, when the test says it
//! - `company`: child processes of this program that are the processes of a cluster
//! - the rest: a file for each subject
#![expect(clippy::unwrap_used, reason = "a test may say no more than that")]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{
    chance, channel_law, chatter, effort, gate, ids, merge, note, oracle, policies, puppet,
    watchdog,
};

mod company;
mod stage;
mod workers;

mod asking;
#[cfg(feature = "object-store")]
mod checkpoint_failures;
#[cfg(feature = "object-store")]
mod checkpoints;
mod dropping;
mod failing;
mod fairness;
mod joining;
mod last_snapshot;
mod launching;
mod laws;
mod limits;
mod losses;
mod observing;
mod outputs;
mod own_thread;
mod restoring;
mod same_ends;
mod stopping;
mod timers;
mod traced;
