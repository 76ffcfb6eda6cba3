//! The runtime on real threads.
//!
//! No test sleeps or measures time. Where an order matters, gates hold handlers back to force it.
//! Where chance decides, the oracle holds for every outcome.
//!
//! - `stage`: a system of puppets, each of which does what the test says, when the test says it
//! - `traffic`, `random_runs`, `scale`: endless traffic under snapshots, on many topologies, and on
//!   a thousand threads
//! - `traced`: snapshots against the trace of their run
//! - `ten_thousand_nodes`, `tracing`: crates of their own, since they need a whole process
//! - the rest: a file for each call of a user, or each fault
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test may say no more than that")]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{
    chance, channel_law, chatter, effort, gate, ids, merge, note, oracle, policies, puppet,
    watchdog,
};

mod commands;
mod stage;
mod traffic;

mod asking;
mod backlog;
mod batches;
mod blocked;
mod coverage;
mod display;
mod doomed_outputs;
mod doomed_values;
mod editing;
mod entrance;
mod every_wait_ends;
mod failing;
mod fairness;
mod find;
mod floods;
mod full_links;
mod full_links_under_way;
mod full_outputs;
mod given_up;
mod idle;
mod injection;
mod keeping;
mod last_snapshot;
mod late_replies;
mod markers;
mod mixed;
mod names;
mod observing;
mod odd_topologies;
mod outputs;
mod outputs_of_lives;
mod own_handler;
mod pacing;
mod panics;
mod panics_while_recording;
mod random_runs;
mod refusals;
mod requests;
mod restoring;
mod resuming;
mod room;
mod scale;
mod shared_memory;
mod shutdown;
mod spawning;
mod standing_still;
mod starting;
mod stopped;
mod stopping;
mod subscription;
mod timeouts;
mod timers;
mod traced;
mod undisturbed;
mod waiting;
mod zero_timeouts;
