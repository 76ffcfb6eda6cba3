//! Systems on [timely dataflow](https://docs.rs/timely): a million nodes on one machine, and one
//! system on several workers and processes. The same [`Process`](crate::Process) runs here as on
//! [threads](crate::System), unchanged; its states and messages must be [`Portable`].
//!
//! ```
//! use std::sync::Arc;
//! use consistent_cut::cluster::{Cluster, ClusterSettings, Placement};
//! use consistent_cut::{Context, Link, NodeId, Process, Topology};
//!
//! /// Passes a token on, and counts how often it has seen it.
//! struct Relay(u64);
//!
//! impl Process for Relay {
//!     type State = u64;
//!     type Message = u64;
//!     fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
//!         if ctx.id() == NodeId::new(0) { ctx.send_on(ctx.out_links()[0], 1) }
//!     }
//!     fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
//!         self.0 += 1;
//!         ctx.send_on(ctx.out_links()[0], hops + 1);
//!     }
//!     fn state(&self) -> u64 { self.0 }
//! }
//!
//! let topology = Arc::new(Topology::ring(10_000)?);
//! let (tx, handles) = std::sync::mpsc::channel();
//! // Two workers, each a thread. Each builds its part of the cluster, and runs its own nodes.
//! let workers = timely::execute(timely::Config::process(2), move |worker| {
//!     let cluster = worker.dataflow::<u64, _, _>(|scope| {
//!         let (placement, settings) = (Placement::blocks(), ClusterSettings::new());
//!         let built = Cluster::build(scope, &topology, &placement, &settings, |_| Relay(0));
//!         built.expect("the settings fit the topology").0
//!     });
//!     // The first worker has the handle of the whole cluster.
//!     if let Some(handle) = cluster.handle() {
//!         tx.send(handle.clone()).expect("the main thread waits for it");
//!     }
//!     while !cluster.has_ended() {
//!         worker.step_or_park(None);
//!     }
//! })?;
//!
//! let handle = handles.recv()?;
//! let snapshot = handle.snapshot()?;
//! snapshot.verify()?;
//! // Wherever the token is, there is one: at a node between two handlers, it is on a link.
//! assert_eq!(snapshot.in_flight().count(), 1);
//! handle.shut_down();
//! workers.join();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Threads or a cluster?
//!
//! | | [`System`](crate::System) | [`Cluster`] |
//! |---|---|---|
//! | a node is | a thread | a value that a worker thread visits |
//! | nodes | thousands | millions |
//! | a slow or blocking handler holds up | its node | its worker, with all of the worker's nodes |
//! | processes | one | one, or several on several machines |
//! | states and messages | any | serde can write and read them |
//! | input and output | calls | calls and streams of timely dataflow |
//! | loom explores it | yes | no |
//!
//! # How does it work?
//!
//! Each worker thread runs one operator, which owns the worker's nodes and a mailbox for each. The
//! worker visits the nodes that have mail in turn, and a node handles up to 64 messages in a visit.
//! A message for a node of another worker leaves the operator in a parcel, and the engine brings it
//! to the operator over there. For each pair of workers the engine keeps parcels in order, so every
//! link delivers its messages in the order of sending: the first law holds, and with it the
//! algorithm. The nodes are the [`NodeCore`](crate::protocol::NodeCore)s that threads drive too.
//! The coordinator is that of threads as well, in a thread of its own beside the first worker.
//! Markers, acknowledgements, reports and commands travel in the same parcels as messages.
//!
//! The operator sends everything at one timestamp. So no message makes the engine track progress,
//! and timestamps say nothing about the messages of processes.
//!
//! # What differs from threads?
//!
//! - A snapshot begins at every node, unless its [options](crate::SnapshotOptions::initiators) name
//!   initiators. Its markers go one hop far, so its time does not grow with the diameter.
//! - Links have no limit by default. With a [limit](ClusterSettings::capacity) they obey it as on
//!   threads.
//! - Emitted messages are on the stream when their handler has returned, so a snapshot holds none
//!   of them. A restored node emits again what it emitted after the cut, under the same numbers.
//! - A message that was injected before a snapshot began may reach its node after the node has
//!   recorded. Then the snapshot does not have it.
//! - The times of a snapshot come from all workers. A worker sets its clock by the coordinator's
//!   when its nodes are built, and is late by the time for which that word has waited there.
//! - A thread that has run a worker counts as one from then on: it waits for no cluster.

//!
//! # Several processes
//!
//! [`execute`] and [`start`] connect the processes of a cluster, on one machine or on several, and
//! run their workers. A [`ProcessConfig`] says which of the processes this is, and where the others
//! are. It comes from timely's own flags, from the environment that a [launcher](launch) sets, or
//! from calls.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # use consistent_cut::cluster::{Cluster, ClusterSettings, Placement, ProcessConfig, execute};
//! # use consistent_cut::{Context, Link, Process, Topology};
//! # struct Relay(u64);
//! # impl Process for Relay {
//! #     type State = u64;
//! #     type Message = u64;
//! #     fn on_message(&mut self, _: Link, _: u64, _: &mut Context<'_, u64>) {}
//! #     fn state(&self) -> u64 { self.0 }
//! # }
//! let topology = Arc::new(Topology::ring(10_000)?);
//! // -w 4 -n 2 -p 0 -h addresses.txt
//! let (config, _) = ProcessConfig::from_args(std::env::args())?;
//! execute(&config.application("relay", &topology), move |worker, _| {
//!     let cluster = worker.dataflow::<u64, _, _>(|scope| {
//!         let (placement, settings) = (Placement::blocks(), ClusterSettings::new());
//!         let built = Cluster::build(scope, &topology, &placement, &settings, |_| Relay(0));
//!         built.map(|(cluster, _)| cluster)
//!     })?;
//!     while !cluster.has_ended() {
//!         worker.step_or_park(None);
//!     }
//!     Ok(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **The connections are neither encrypted nor authenticated, as timely's never are.** Every
//! program that reaches the addresses can read messages and states, and can join in the place of a
//! process. Use a trusted network, or a tunnel that encrypts.
//!
//! All processes run, or none does. They begin when each is connected with each, and the loss of
//! one ends them all:
//!
//! | what happens | then |
//! |---|---|
//! | a process is killed, or exits early | all others end at once with [`ClusterError::PeerLost`] |
//! | a process is stopped, or the network is down | the same after the time of [`ProcessConfig::silence`] |
//! | a worker panics, or returns an error | its process ends with that error, all others with `PeerLost` and its text |
//! | a snapshot is under way at a loss | it fails with [`SnapshotError::ProcessLost`](crate::SnapshotError::ProcessLost), and all later ones too |
//! | a caller of the handle waits at a loss | the call returns an error |
//! | a worker does not return after a loss | it is left behind after four seconds: the program should exit |
//! | a process of an earlier start still runs | its [epoch](ProcessConfig::epoch) is lower: it is refused, and ends |
//! | another program, topology or count | [`ConnectError::OtherPlan`] at both |
//! | strangers connect to the port | they are dropped |
//!
//! After a loss all processes start again, with a higher epoch, and go on from the last checkpoint,
//! in another number if you like. [`launch`] does so on each host. `cargo run --release --example
//! cluster --features timely,object-store` kills a process and shows it.

#![doc = include_str!("deployment.md")]
#![doc = include_str!("on_paper.md")]

mod build_error;
#[cfg(feature = "checkpoint")]
mod checkpointing;
mod clock;
mod coordinator;
mod dataflow;
mod few_cut_links;
mod handle;
mod order;
mod parcel;
mod part;
mod placement;
mod places;
mod post;
mod processes;
mod regions;
#[cfg(feature = "checkpoint")]
mod saving;
mod settings;
mod slot;
mod station;
mod worker;

pub use build_error::BuildError;
#[cfg(feature = "checkpoint")]
#[cfg_attr(docsrs, doc(cfg(feature = "checkpoint")))]
pub use checkpointing::{ClusterCheckpoint, ClusterSaveError};
pub use handle::ClusterHandle;
pub use part::Cluster;
pub use placement::Placement;
pub use processes::*;
pub use settings::ClusterSettings;
pub use station::Portable;
