//! Properties of a running system that a snapshot can show: invariants, stable properties, and
//! ready detectors.
//!
//! State a property in a line, and look for it in any snapshot: of a [running
//! system](crate::System::detect), by [a monitor](crate::monitor) that takes snapshots in the
//! background, or of a [simulation](crate::simulation). The verdict says exactly as much as a
//! snapshot can promise:
//!
//! ```
//! use consistent_cut::property::{Check, Detection, Invariant, StableProperty};
//! # use consistent_cut::{Context, Link, Process, System, Topology};
//! # struct Counter(u64);
//! # impl Process for Counter {
//! #     type State = u64;
//! #     type Message = ();
//! #     fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
//! #         ctx.send_on(ctx.out_links()[0], ())
//! #     }
//! #     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
//! #         self.0 += 1;
//! #         if self.0 < 100 { ctx.send_on(ctx.out_links()[0], ()) }
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
//! let all_done =
//!     StableProperty::new("all done", |s| s.states().all(|(_, rounds)| *rounds == 100));
//! match system.detect(&all_done)? {
//!     Detection::HoldsNow(finding) => println!("done, as {} shows", finding.snapshot.id()),
//!     Detection::DidNotHoldAtStart(_) => {} // they may be done by now
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is ready to use?
//!
//! | | holds when | kind |
//! |---|---|---|
//! | [`terminated`], [`Termination`] | every node is passive, and nothing can wake one | stable |
//! | [`token_lost`] | fewer tokens are left than there were | stable |
//! | [`conserved`], [`assert_conserved`] | there is as much as there should be | invariant |
//! | [`deadlocked`] | nodes wait for grants of each other: of all, any, or some | stable |
//! | [`deadlocked_on_full_links`] | nodes wait for each other because links are full | stable |
//! | [`deadlocked_with_full_links`] | either, or both together | stable |
//!
//! [`find_deadlock`], [`find_deadlock_on_full_links`] and [`find_deadlock_with_full_links`] answer
//! with the nodes and their cycle. [`find_garbage`] answers with the objects that no reference
//! leads to, at nodes or in flight. Such objects stay garbage.
//!
//! Each detector states the model in which it is right, with the proof. Its time is linear in
//! nodes, links and messages. In addition, the search for garbage sorts ids, and a search for
//! deadlocks sorts the nodes that each node waits for. [`Census`] tells where a quantity is.
//!
//! # What does false mean?
//!
//! See [`Detection`]. To wait until a property holds, use
//! [`System::wait_until`](crate::System::wait_until).
//!
//! # What if nodes have failed?
//!
//! Snapshots are then taken without these nodes
//! ([`GlobalSnapshot::failures`](crate::GlobalSnapshot::failures)), and your functions see the
//! other nodes only. A property of "every node" becomes a property of the nodes that have not
//! failed. Make sure that this property is stable all the same, or look at the failed nodes as
//! well.

mod census;
mod conservation;
mod deadlock;
mod finding;
mod garbage;
mod invariant;
mod predicate;
mod stable;
mod termination;
mod verdict;

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
pub use verdict::Verdict;
