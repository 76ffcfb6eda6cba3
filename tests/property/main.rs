//! Properties of snapshots: the texts of verdicts, and the ready detectors, by hand and over random
//! runs.
//!
//! A detector is compared with random runs of a simulation, in which the real states at the
//! beginning and the end of a snapshot are known. If the property is true in the snapshot, it has
//! to be true at the end. If it is false there, it has to have been false at the beginning. The
//! truth comes from other code than the detector.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{chance, chatter, effort, ids, note, policies, puppet, skew};

mod asker;
mod beating;
mod beating_runs;
mod by_hand;
mod combinators;
mod conservation;
mod dangling;
mod deadlock;
mod deadlock_runs;
mod diff;
mod editing;
mod full_links;
mod full_links_runs;
mod garbage;
mod garbage_runs;
mod heart;
mod holder;
mod joined;
mod joined_runs;
mod look;
mod mutator;
mod on_threads;
mod philosophers;
mod ring;
mod runs;
mod shown;
mod subject;
mod termination;
mod termination_runs;
mod token_loss_runs;
mod worker;
