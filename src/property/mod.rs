//! What can be known of a running system from a snapshot: invariants, stable properties, and ready detectors.
//!
//! A property is stated in a line and looked for in any snapshot: of a [running system](crate::System::detect), by
//! [a monitor](crate::monitor) that takes them in the background, or of a [simulation](crate::simulation). The answer is what a snapshot can promise,
//! and no more:
//!
//! ```
//! use consistent_cut::property::{Check, Detection, Invariant, StableProperty};
//! # use consistent_cut::{Context, Link, Process, System, Topology};
//! # struct Counter(u64);
//! # impl Process for Counter {
//! #     type State = u64;
//! #     type Message = ();
//! #     fn on_start(&mut self, ctx: &mut Context<'_, ()>) { ctx.send_on(ctx.out_links()[0].id, ()) }
//! #     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
//! #         self.0 += 1;
//! #         if self.0 < 100 { ctx.send_on(ctx.out_links()[0].id, ()) }
//! #     }
//! #     fn state(&self) -> u64 { self.0 }
//! # }
//!
//! // Each node counts its rounds, up to a hundred.
//! let system = System::builder(Topology::ring(3)?).spawn(|_| Counter(0))?;
//!
//! let in_bounds = Invariant::new("in bounds", |s| s.states().all(|(_, rounds)| *rounds <= 100));
//! match system.check(&in_bounds)? {
//!     Check::Held(_) => {} // it says nothing of other states
//!     Check::Violated(finding) => panic!("a reachable state breaks it: {}", finding.reason),
//! }
//!
//! let all_done = StableProperty::new("all done", |s| s.states().all(|(_, rounds)| *rounds == 100));
//! match system.detect(&all_done)? {
//!     Detection::HoldsNow(finding) => println!("done, as {} shows", finding.snapshot.id()),
//!     Detection::DidNotHoldAtStart(_) => {} // they may be done by now
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is there, ready to use?
//!
//! | | holds when | kind |
//! |---|---|---|
//! | [`terminated`], [`Termination`] | every node is passive, and nothing can wake one | stable |
//! | [`token_lost`] | fewer tokens are left than there were | stable |
//! | [`conserved`], [`assert_conserved`] | there is as much of something as there should be | invariant |
//! | [`deadlocked`] | nodes wait for each other, with requests for all, any, or some of others | stable |
//! | [`deadlocked_on_full_links`] | nodes wait for each other because links are full, without a line of yours | stable |
//! | [`deadlocked_with_full_links`] | one of the two, or nodes wait for grants from nodes that wait for room | stable |
//!
//! [`find_deadlock`], [`find_deadlock_on_full_links`] and [`find_deadlock_with_full_links`] answer with the nodes and their cycle; [`find_garbage`] with the objects that no
//! reference leads to, at nodes or in flight, and these are garbage for good.
//!
//! Each states the model in which it is right, with the proof. Each is linear in nodes, links and messages; besides, garbage puts
//! ids in order, and a deadlock the nodes that one node waits for. [`Census`] tells where a quantity is.
//!
//! # Why is a false stable property not false now?
//!
//! See [`Detection`]. To wait until one holds, there is [`System::run_until`](crate::System::run_until).
//!
//! # What if nodes are down?
//!
//! A snapshot then is without them ([`GlobalSnapshot::down`](crate::GlobalSnapshot::down)), and a function of yours sees what is left. A property
//! that says something of every node says it of those that are up: make sure that it is stable all the same, or ask for the nodes that are
//! down.

mod census;
mod conservation;
mod deadlock;
mod finding;
mod garbage;
mod invariant;
mod predicate;
mod stable;
mod termination;

pub use census::Census;
pub use conservation::{assert_conserved, conserved, token_lost};
pub use deadlock::{
    Deadlock, DeadlockCause, Gone, Request, WaitForGraph, deadlocked, deadlocked_on_full_links,
    deadlocked_with_full_links, find_deadlock, find_deadlock_on_full_links,
    find_deadlock_with_full_links,
};
pub use finding::Finding;
pub use garbage::{Garbage, Heap, find_garbage};
pub use invariant::{Check, Invariant, InvariantViolated};
pub use predicate::Predicate;
pub use stable::{Detection, StableProperty};
pub use termination::{Termination, terminated};
