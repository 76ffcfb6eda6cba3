//! The runtime on real threads.
//!
//! No test sleeps or measures time. Where an order matters it is forced by gates that hold handlers back, and
//! where chance decides, the oracle (`oracle.rs`) holds for every outcome.
#![cfg(not(loom))]

mod counts;
mod gate;
mod oracle;
mod puppet;
mod traffic;
mod watchdog;

mod backlog;
mod coverage;
mod display;
mod find;
mod idle;
mod injection;
mod markers;
mod mixed;
mod names;
mod odd_topologies;
mod panics;
mod panics_while_recording;
mod random_runs;
mod requests;
mod scale;
mod shutdown;
mod spawning;
mod starting;
mod stopped;
mod subscription;
mod waiting;
