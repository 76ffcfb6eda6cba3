//! A system on one thread with a simulated time. The caller chooses every step, and the true global
//! state is known.
//!
//! The same [`Process`](crate::Process) code runs here as on threads, by the same
//! [`protocol`](crate::protocol). The caller chooses each next step: any of the [steps that are
//! possible](Simulation::enabled) by hand, one after the other by their [latencies](Latency), at
//! random from a seed, or by an [adversary](Adversary) of your own. The same choices give the same
//! run on every machine. Every run is [recorded](Schedule) and can be
//! [replayed](Simulation::replay).
//!
//! ```
//! use std::time::Duration;
//! use consistent_cut::simulation::{Latency, Simulation, Step};
//! use consistent_cut::{Context, Link, NodeId, Process, Topology};
//!
//! /// Passes a token on; counts how often it had it.
//! struct Holder(u32);
//!
//! impl Process for Holder {
//!     type State = u32;
//!     type Message = ();
//!     fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
//!         if ctx.id().index() == 0 {
//!             ctx.send_on(ctx.out_links()[0], ());
//!         }
//!     }
//!     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
//!         self.0 += 1;
//!         ctx.send_on(ctx.out_links()[0], ());
//!     }
//!     fn state(&self) -> u32 { self.0 }
//! }
//!
//! // By hand: the token is on link 0, and nothing else is possible than that it arrives.
//! let mut simulation = Simulation::builder(Topology::ring(3)?).start(|_| Holder(0))?;
//! let [step] = simulation.enabled() else { panic!("there is one token") };
//! assert_eq!(step.to_string(), "deliver link 0");
//! simulation.step(*step)?;
//! simulation.step(Step::Handle(NodeId::new(1)))?;
//! assert_eq!(simulation.process(NodeId::new(1)).map(|holder| holder.0), Some(1));
//!
//! // By time: a hop takes a millisecond or three, and a snapshot is taken on the way.
//! let ms = Duration::from_millis;
//! let latency = Latency::Uniform(ms(1), ms(3));
//! let ring = Topology::ring(3)?;
//! let mut simulation = Simulation::builder(ring).latency(latency).seed(7).start(|_| Holder(0))?;
//! simulation.run_until(ms(1000));
//! let at_the_beginning = simulation.global_state().expect("no node has failed");
//! simulation.begin_snapshot()?;
//! while simulation.snapshots().is_empty() {
//!     simulation.advance();
//! }
//! let hops = |state: &consistent_cut::GlobalSnapshot<u32, ()>| {
//!     state.states().map(|(_, hops)| hops).sum::<u32>()
//! };
//! let snapshot = &simulation.snapshots()[0];
//! assert!(hops(&at_the_beginning) <= hops(snapshot));
//! assert_eq!(snapshot.in_flight().count(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How does time pass?
//!
//! Time moves only when a step is taken: it jumps to the moment at which the step is due, if that
//! is later. Nodes have no other time. Handlers take the time that [is
//! set](SimulationBuilder::handling_time), which is zero by default. In a run by hand or by an
//! adversary, steps come in any order, whatever their latencies. Each link stays FIFO.
//!
//! # Which algorithm runs?
//!
//! The algorithm of Chandy and Lamport. To see what it is good for, you can
//! [replace](SimulationBuilder::algorithm) it by one of two simpler algorithms. In the first, nodes
//! record at noon by their [clocks](Clock). In the second, a node records before it receives a
//! message that was sent after another node's recording. The processes and all calls are the same,
//! but the snapshots are wrong.
//!
//! ```
//! use std::time::Duration;
//! use consistent_cut::simulation::{Algorithm, Latency, Simulation};
//! # use consistent_cut::{Context, Link, Process, Topology};
//! # struct Holder;
//! # impl Process for Holder {
//! #     type State = ();
//! #     type Message = ();
//! #     fn on_start(&mut self, ctx: &mut Context<'_, ()>) {
//! #         if ctx.id().index() == 0 {
//! #             ctx.send_on(ctx.out_links()[0], ());
//! #         }
//! #     }
//! #     fn on_message(&mut self, _: Link, (): (), ctx: &mut Context<'_, ()>) {
//! #         ctx.send_on(ctx.out_links()[0], ());
//! #     }
//! #     fn state(&self) {}
//! # }
//!
//! // A token that is on a link always: nodes pass it on at once.
//! for (algorithm, tokens) in [(Algorithm::MarkersOnly, 0), (Algorithm::ChandyLamport, 1)] {
//!     let latency = Latency::Constant(Duration::from_millis(1));
//!     let builder = Simulation::builder(Topology::ring(3)?).latency(latency);
//!     let mut simulation = builder.algorithm(algorithm).start(|_| Holder)?;
//!     simulation.begin_snapshot()?;
//!     simulation.run(100);
//!     assert_eq!(simulation.snapshots()[0].in_flight().count(), tokens);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `cargo run --example lecture` shows the three algorithms side by side, step by step.
//!
//! # Unlike on threads
//!
//! Reports of a snapshot reach the collector at once. A node that fails is known to have failed at
//! once; the others go on ([`OnFailure::Continue`](crate::OnFailure::Continue)). A snapshot that
//! was begun and cannot go on never ends: only a call that [takes](Simulation::snapshot) a snapshot
//! has a timeout.

// The first modules are in the order in which rustdoc is to show the calls of `Simulation`.
mod builder;

mod world;

mod run;

mod ask;

mod snapshots;

mod events;

mod state;

mod agenda;
mod appointments;
mod back_pressure;
mod back_queue;
mod enabled;
mod latency;
mod lecture;
mod link_queue;
mod nanos;
mod node;
mod outputs;
mod schedule;
mod step;

pub use ask::{AskError, RunEnd, TakeSnapshotError};
pub use builder::SimulationBuilder;
pub use latency::Latency;
pub use lecture::{Algorithm, Clock, PhysicalTime};
pub use run::{Adversary, AtRandom, ReplayError};
pub use schedule::{Action, Schedule, ScheduleError};
pub use step::{NotEnabled, Step, UnknownNode};
pub use world::Simulation;
