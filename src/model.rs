//! Model checking: every way in which the threads of a small system can interleave.
//!
//! Under `--cfg loom` the crate runs on the threads of the model checker
//! [loom](https://docs.rs/loom) instead of the machine's threads. A model is a closure that builds
//! a [`System`](crate::System), uses it and asserts something. `check` runs the model many times,
//! each time with another order of the threads' steps, until it has seen all orders up to a bound.
//! Processes, systems and snapshots are the same code as without loom.
//!
//! # How do I write a model?
//!
//! Declare the flag in `Cargo.toml`, so that the compiler does not warn. A dependency on loom is
//! not needed:
//!
//! ```toml
//! [lints.rust]
//! unexpected_cfgs = { level = "warn", check-cfg = ["cfg(loom)"] }
//! ```
//!
//! Write the model as a test of its own, such as `tests/loom/countdown.rs`:
//!
// Ignored as a doctest, which is built without the flag. It runs as a test of this crate.
//! ```rust,ignore
#![doc = include_str!("../tests/loom/countdown.rs")]
//! ```
//!
//! and run it, in a release build and with a target directory of its own, since the flag rebuilds
//! everything:
//!
//! ```text
//! RUSTFLAGS="--cfg loom" CARGO_TARGET_DIR=target/loom \
//!     cargo test --release --test loom_countdown -- --nocapture
//! ```
//!
//! # What is explored?
//!
//! A *preemption* is a switch away from a thread that could go on. The search takes every order of
//! steps with at most a given number of preemptions: two by default, which shows most errors.
//! `Explorer` sets this bound and the other limits. The variables `LOOM_MAX_PREEMPTIONS`,
//! `LOOM_MAX_BRANCHES`, `LOOM_MAX_PERMUTATIONS` and `LOOM_MAX_DURATION` (seconds) override the
//! defaults of `Explorer`, and are overridden by values that a test sets.
//!
//! | `Explorer::new()` and | |
//! |---|---|
//! | `.preemptions(3)` | sets another bound |
//! | `.exhaustive()` | sets no bound: explores all executions |
//! | `.branches(20_000)` | sets how many steps an execution may have; 10,000 by default |
//! | `.executions(1_000_000)`, `.duration(time)` | ends the search at this limit in any case |
//! | `.checkpoint(file)` | continues an earlier search that was cut off |
//! | `.failures_in(directory)` | sets where failing executions are kept |
//! | `.check(model)` | searches |
//!
//! The result, an `Exploration`, tells how many executions were explored, and whether these were
//! all executions within the bound, or all executions there are.
//!
//! # How large may a model be?
//!
//! Small. Two nodes, a few messages and one snapshot make tens of thousands of executions at the
//! default bound. A release build explores about 6,000 executions a second. Each further
//! preemption, and each further node, multiplies the number of executions by ten to forty. Each
//! further message or snapshot multiplies it by less.
//!
//! * Steps after `stop_exploring()` are run and not searched, up to `explore()` if that follows. A
//!   model of snapshots may leave out the shutdown in this way, and a model of a shutdown may leave
//!   out the steps before it.
//! * Let the system tell when it is done: [`Context::stop`](crate::Context::stop) at each node, and
//!   [`System::join`](crate::System::join). A lost message is then a deadlock, and loom finds it.
//! * Choose the bound for the model: for one node explore all executions, for three nodes allow one
//!   preemption.
//!
//! A model must be the same at each run. It draws no random numbers, reads no clock, depends on no
//! hash order, and starts threads only by `model::thread`. Executions share nothing but counters.
//! Such a counter is useful: assert after the search that each case that the model is to check was
//! seen at least once. Without such an assertion the model may prove nothing.
//!
//! # What if a model fails?
//!
//! The panic of the failing execution is passed on. A message before it says how to run that
//! execution alone:
//!
//! ```text
//! Execution 1181 failed. It runs once more, to be kept.
//! To run execution 1181 alone and see each step, set
//! LOOM_CHECKPOINT_FILE=.../target/loom/model-failures/consistent-cut-model-4711-1-1181.json
//! LOOM_MAX_PREEMPTIONS=2 LOOM_LOG=consistent_cut=trace and run this test alone.
//! ```
//!
//! The run of that execution then prints the steps of its nodes. For the model above with the wrong
//! assertion that no message is ever in flight, it prints:
//!
//! ```text
//! node 0 sends a message on link 0
//! node 0 sends the marker of snapshot 1 on link 0
//! node 0 has recorded its state for snapshot 1
//! node 1 takes in a message from link 0
//! node 1 takes in the marker of snapshot 1 from link 0
//! node 1 sends the marker of snapshot 1 on link 1
//! node 1 has recorded its state for snapshot 1
//! node 1 has closed link 0 for snapshot 1; messages in flight: 1
//! ```
//!
//! The file belongs to one search, so let each test make its own. The file is in the directory in
//! which cargo builds, and `cargo clean` removes it. A variable that names a missing file is
//! refused, since otherwise the whole search would run.
//!
//! * `deadlock; threads = [...]`: each thread waits for another. Thread 0 is the model's own. A
//!   system adds its coordinator, and then its nodes in their order.
//! * `Model exceeded maximum number of branches`: an execution never ends, for example because two
//!   nodes keep sending each other messages. A model must end.
//! * `node 1 has taken no step for 10s`: a handler is in an endless loop, which loom cannot
//!   interrupt (`Explorer::stuck_after`).
//! * A handler that panics does not end the execution. As on the machine's threads, its node has
//!   failed, and [`System::shutdown`](crate::System::shutdown) returns the panic. End a model with
//!   `shutdown().expect(..)`; otherwise it may miss a failed assertion in a handler.
//!
//! # What is not explored?
//!
//! * **Time**: no time passes in a model. Calls that need time panic and say so: timers (at their
//!   node), timeouts of snapshots, [`System::every`](crate::System::every),
//!   [`SystemBuilder::min_pause`](crate::SystemBuilder::min_pause),
//!   [`PendingSnapshot::wait_timeout`](crate::PendingSnapshot::wait_timeout).
//! * **More than five threads**: the caller's, the coordinator's, and three nodes; or fewer nodes
//!   and threads of the model's own. A thread that has ended counts too. A model in which one
//!   system goes on from the snapshot of another has therefore one node per system. A larger system
//!   is refused by [`SystemBuilder::spawn`](crate::SystemBuilder::spawn).
//! * **crossbeam and parking_lot**: under loom, each channel and each lock is replaced by a small
//!   one of this crate's own. The models explore whether the channels and locks are used correctly.
//!   The replacement of a channel hands out its contents as a whole, where crossbeam hands them out
//!   one by one.
//! * **Old values**: in a model of a whole system, a look at a bell or into a channel always finds
//!   the newest value. The crate's models of single parts explore the effects of old values. On the
//!   machine's threads a node may also be woken before the end of a turn, and may look again before
//!   it sleeps. Only the models of single parts explore these early looks.
//! * **Full links**: links are unbounded unless the builder gives them a capacity.
//!   [`System::link_traffic`](crate::System::link_traffic) counts no message of an unbounded link
//!   as received. A node with many in-links uses marks to find the links to look at: in a model
//!   from three in-links on, and on the machine's threads from nine on.
//! * **Everything beyond the bound**, and everything that loom itself does not model: see its
//!   documentation. loom may also explore too little if a thread's steps depend on values that loom
//!   does not see, such as your own counter that a handler reads. Let only assertions depend on
//!   such values.

#[cfg(loom)]
mod explorer;
#[cfg(loom)]
mod files;
#[cfg(loom)]
pub mod thread;

#[cfg(loom)]
pub use explorer::{Exploration, Explorer, check, explore, stop_exploring};
