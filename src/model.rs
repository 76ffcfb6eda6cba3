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
//! Write the model as a test of its own, such as `tests/loom/countdown.rs`:
//!
// Ignored as a doctest, which is built without the flag: it is a test of this crate, and runs as that.
//! ```rust,ignore
#![doc = include_str!("../tests/loom/countdown.rs")]
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
//! defaults and below what a test sets.
//!
//! | `Explorer::new()` and | |
//! |---|---|
//! | `.preemptions(3)` | another bound |
//! | `.exhaustive()` | none: all executions that there are |
//! | `.branches(20_000)` | how many steps an execution may have; 10,000 if not set |
//! | `.executions(1_000_000)`, `.duration(time)` | an end of the search, come what may |
//! | `.checkpoint(file)` | goes on where an earlier search was cut off |
//! | `.failures_in(directory)` | where failing executions are kept |
//! | `.check(model)` | searches |
//!
//! The result, an `Exploration`, tells how many executions there were, and whether these
//! were all within the bound, or all that there are.
//!
//! # How large may a model be?
//!
//! Small: two nodes, a few messages and one snapshot are tens of thousands of executions at the usual bound, of which a release
//! build explores some 6,000 a second. Each further preemption multiplies them by ten to forty, and so does each further
//! node; each further message or snapshot by less.
//!
//! * What comes after `stop_exploring()` is run and not searched, up to `explore()` if that follows: a model of snapshots may leave
//!   out the shutdown so, and a model of a shutdown what comes before it.
//! * Let the system tell when it is done: [`Context::stop`](crate::Context::stop) at each node, and
//!   [`System::join`](crate::System::join). A message that is lost is then a deadlock, and found.
//! * Choose the bound for the model: all executions of a system of one node, one preemption for three nodes.
//!
//! A model is the same at each run: it draws no random numbers, reads no clock, goes by no hash order and starts no thread but by
//! `model::thread`. Share nothing between executions but counters. Such a counter is worth having: assert after the search that each case you
//! mean to check was seen *sometimes*, or the model may prove nothing.
//!
//! # What when it fails?
//!
//! The panic of the failing execution comes through, and with it how to run that execution alone:
//!
//! ```text
//! Execution 1181 failed. It runs once more, to be kept.
//! To run execution 1181 alone and see each step, set
//! LOOM_CHECKPOINT_FILE=.../target/loom/model-failures/consistent-cut-model-4711-1-1181.json
//! LOOM_MAX_PREEMPTIONS=2 LOOM_LOG=consistent_cut=trace and run this test alone.
//! ```
//!
//! It then says what its nodes do. With the model above and the wrong assertion that no message is ever under way:
//!
//! ```text
//! node 0 sends a message on link 0
//! node 0 has recorded its state for snapshot 1
//! node 0 sends the marker of snapshot 1 on link 0
//! node 1 takes in a message from link 0
//! node 1 takes in the marker of snapshot 1 from link 0
//! node 1 has recorded its state for snapshot 1
//! node 1 sends the marker of snapshot 1 on link 1
//! node 1 has closed link 0 for snapshot 1; messages in flight: 1
//! ```
//!
//! The file belongs to one search, so let each test make one. It lies in the directory that cargo
//! builds in, in which `cargo clean` removes it. A variable that names a file which is not there is
//! refused, since the whole search would run.
//!
//! * `deadlock; threads = [...]`: each thread waits for another. Thread 0 is the model's own; a system adds its
//!   coordinator, and then its nodes in their order.
//! * `Model exceeded maximum number of branches`: an execution that goes round in a circle, such as two nodes that send each other
//!   messages for ever. A model has an end.
//! * `node 1 has taken no step for 10s`: a handler that goes round in a loop, which loom cannot
//!   interrupt (`Explorer::stuck_after`).
//! * A handler that panics does not end the execution: as on the machine's threads it fails its node, and
//!   [`System::shutdown`](crate::System::shutdown) returns what happened. So end a model with `shutdown().expect(..)`, or it
//!   may pass over an assertion of a handler.
//!
//! # What is not explored?
//!
//! * **Time**: no time passes in a model. Whatever needs it says so in a panic: timers (at their node), timeouts of snapshots,
//!   [`System::every`](crate::System::every), [`SystemBuilder::min_pause`](crate::SystemBuilder::min_pause),
//!   [`PendingSnapshot::wait_timeout`](crate::PendingSnapshot::wait_timeout).
//! * **More than five threads**: the caller's, the coordinator's, and three nodes; or fewer nodes and threads of the model's own. One
//!   that has ended counts too, so a system that goes on from the snapshot of another has one node. A larger system is
//!   refused by [`SystemBuilder::spawn`](crate::SystemBuilder::spawn).
//! * **crossbeam and parking_lot**: under loom each channel and each lock is a small one of its own, and what is explored of it is
//!   that it is used rightly. It hands out what it holds in one piece, where crossbeam's do so one by one.
//! * **Old values**: in a model of a whole system a look at a bell or into a channel always finds the newest. What an old value can do
//!   there is explored by the crate's own models of these parts alone; and so are the looks by which, on the machine's threads, a
//!   node is woken earlier than at the end of a turn, or looks again before it sleeps.
//! * **Full links**: links are unbounded unless the builder gives them a capacity, and of those that are
//!   [`System::link_traffic`](crate::System::link_traffic) counts nothing as received. The hints by which a node with more than
//!   sixteen in-links finds those to look at are never used.
//! * **Everything beyond the bound**, and what loom itself does not model: see its documentation. loom may also explore too little where
//!   a thread's steps depend on what loom does not see, such as a counter of your own that a handler reads: let nothing
//!   depend on those but assertions.

#[cfg(loom)]
mod explorer;
#[cfg(loom)]
mod files;
#[cfg(loom)]
pub mod thread;

#[cfg(loom)]
pub use explorer::{Exploration, Explorer, check, explore, stop_exploring};
