//! Strategies for [proptest]: random topologies, systems and schedules that shrink. They need the
//! feature `proptest`.
//!
//! A test with these strategies finds a case that fails and makes it smaller, with fewer nodes,
//! links, tokens and steps, as long as it still fails.
//!
//! ```
//! use consistent_cut::strategies::runs;
//! use proptest::test_runner::{TestCaseError, TestRunner};
//!
//! // Every snapshot of every run is right, by the counts of the nodes themselves.
//! TestRunner::deterministic().run(&runs(1..=6), |run| {
//!     let simulation = run.simulate().map_err(|error| TestCaseError::fail(error.to_string()))?;
//!     for snapshot in simulation.snapshots() {
//!         run.system.check(snapshot).map_err(|error| TestCaseError::fail(error.to_string()))?;
//!     }
//!     Ok(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which strategy for what?
//!
//! | to test | take |
//! |---|---|
//! | code that takes a [`Topology`](crate::Topology) | [`topologies`], or [`shapes`], [`strongly_connected`], [`digraphs`] |
//! | code that takes a snapshot | [`runs`], with what [`simulate`](NumberedRun::simulate) returns |
//! | a process of your own | a strategy for its settings, and [`choices`] to [drive](Choices::drive) its simulation |
//! | another engine, or threads | [`numbered_systems`]: run the [processes](NumberedSystem::process) there, and [check](NumberedSystem::check) the snapshots |
//! | code that reads schedules | [`schedules`] |
//!
//! # How do I replay a case?
//!
//! Proptest prints the smallest case that fails. The macro `proptest!` keeps its seed in a file.
//! A run also has its [schedule](crate::simulation::Simulation::schedule), which
//! [`replay`](crate::simulation::Simulation::replay) repeats without proptest.

mod choices;
mod numbered_process;
mod numbered_system;
mod runs;
mod topologies;
mod wrong_snapshot;

pub use choices::{Choice, Choices, choices};
pub use numbered_process::{NumberedMessage, NumberedProcess, NumberedState};
pub use numbered_system::{NumberedSystem, numbered_systems};
pub use runs::{NumberedRun, RunError, runs, schedules};
pub use topologies::{digraphs, shapes, strongly_connected, topologies};
pub use wrong_snapshot::WrongSnapshot;
