//! Properties of snapshots: what verdicts say, and that the ready detectors are right, by hand and over random runs.
//!
//! A detector is held against random runs of a simulation, in which the real states that a snapshot began and ended in are known: true in
//! the snapshot, it has to be true at its end; false there, it has to have been false at its beginning. What is really true is told by
//! something else than the detector.

mod asker;
mod beating;
mod beating_runs;
mod by_hand;
#[path = "../protocol/chance.rs"]
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
mod chance;
#[path = "../simulation/chatter.rs"]
#[allow(dead_code, reason = "the tests of the simulation use the rest")]
mod chatter;
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
#[path = "../simulation/skew.rs"]
mod skew;
mod subject;
mod termination;
mod termination_runs;
mod token_loss_runs;
mod worker;
