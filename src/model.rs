//! Model checking: every way in which the threads of a small system can interleave.
//!
//! Under `--cfg loom` the crate runs on the threads of the model checker [loom](https://docs.rs/loom) in place of the machine's. A
//! model is a closure that builds a [`System`](crate::System), uses it and asserts something; `check` runs it over and
//! over, each time in another order of the threads' steps, until it has seen all of them up to a bound. Processes, systems
//! and snapshots are the same code as ever.
//!
//! # How do I check my own process?
//!
//! Say in `Cargo.toml` that you know the flag, so that the compiler does not warn of it; you need no dependency on loom:
//!
//! ```toml
//! [lints.rust]
//! unexpected_cfgs = { level = "warn", check-cfg = ["cfg(loom)"] }
//! ```
//!
//! Write the model as a test of its own, such as `tests/loom_countdown.rs`:
//!
// Ignored as a doctest, which is built without the flag: it is a test of this crate, and runs as that.
//! ```rust,ignore
#![doc = include_str!("../tests/loom_countdown.rs")]
//! ```
//!
//! and run it, in a release build and with a target directory of its own, since the flag rebuilds everything:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom cargo test --release --test loom_countdown -- --nocapture
//! ```
//!
//! # What is explored?
//!
//! The search takes every order of steps with at most so many *preemptions*, which are switches away from a thread that could
//! go on: two if nothing else is said, which shows most errors. `Explorer` sets the bound and the other limits; the
//! variables `LOOM_MAX_PREEMPTIONS`, `LOOM_MAX_BRANCHES`, `LOOM_MAX_PERMUTATIONS` and `LOOM_MAX_DURATION` (seconds) stand above its
//! defaults and below what a test sets. Each further preemption multiplies the executions by twenty or more, and so does
//! each further node; each further message or snapshot by less. What comes before `explore()` and after
//! `stop_exploring()` is run and not searched: a model of snapshots may leave out the shutdown.
//!
//! A model is the same at each run: it draws no random numbers, reads no clock and starts no thread but by `model::thread`.
//! Share nothing between executions but counters. Such a counter is worth having: assert after the search that each case you
//! mean to check was seen *sometimes*, or the model may prove nothing.
//!
//! # What when it fails?
//!
//! The panic of the failing execution comes through, and with it a line that names a file and how to run that execution alone,
//! step by step. A handler that panics does not end the execution; as on the machine's threads it fails its node, and
//! [`System::shutdown`](crate::System::shutdown) returns what happened. So end a model with `shutdown().expect(..)`.
//!
//! # What is not explored?
//!
//! * **Time**: deadlines never pass, and what waits for a time panics: timers, [`System::every`](crate::System::every),
//!   [`PendingSnapshot::wait_timeout`](crate::PendingSnapshot::wait_timeout).
//! * **More than five threads**: the caller's, the coordinator's, and three nodes.
//! * **crossbeam and parking_lot**: channels and locks are loom's own or built on them.
//! * **Links that fill up**: links are unbounded unless the builder gives them a capacity.
//! * **Everything beyond the bound**, and what loom itself does not model: see its documentation.

#[cfg(loom)]
mod explorer;

#[cfg(loom)]
pub use explorer::{Exploration, Explorer, check, explore, stop_exploring, thread};
