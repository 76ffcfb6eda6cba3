//! The detectors: by hand, and over random runs in which the real states at the beginning and at the end of each snapshot are known.

mod asker;
mod by_hand;
#[path = "../protocol/chance.rs"]
#[allow(dead_code, reason = "the tests of the protocol use the rest")]
mod chance;
#[path = "../simulation/chatter.rs"]
#[allow(dead_code, reason = "the tests of the simulation use the rest")]
mod chatter;
mod deadlock;
mod deadlock_runs;
mod full_links;
mod garbage;
mod mutator;
mod on_threads;
mod runs;
