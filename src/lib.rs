//! Run processes on threads, joined by FIFO links, and take **consistent global snapshots** of them while they run.
//!
//! A system is a [`Topology`] of nodes and links. Each node runs a [`Process`] of yours, a state and what it does
//! with a message, on an OS thread of its own; each link is a channel that keeps its order. At any moment the
//! [`System`] can be asked for a [`GlobalSnapshot`]: the state of every node and the messages on every link,
//! recorded without stopping anything, by the algorithm of Chandy and Lamport (1985).
//!
//! # What does it look like?
//!
//! Two nodes pass a token to and fro, until it comes to rest. A snapshot finds it once: on a link while it travels,
//! at a node when it rests.
//!
//! ```
//! use consistent_cut::{Context, Link, Process, System, Topology};
//! use std::io::{Write, stdout};
//!
//! struct Holder {
//!     has_token: bool,
//! }
//!
//! impl Process for Holder {
//!     type State = bool;
//!     type Message = u32; // the token: how many hops it has left
//!
//!     fn on_start(&mut self, ctx: &mut Context<'_, u32>) {
//!         if std::mem::take(&mut self.has_token) {
//!             ctx.send_on(ctx.out_links()[0], 1000);
//!         }
//!     }
//!
//!     fn on_message(&mut self, from: Link, hops_left: u32, ctx: &mut Context<'_, u32>) {
//!         match hops_left {
//!             0 => self.has_token = true,
//!             _ => ctx.send(from.source, hops_left - 1),
//!         }
//!     }
//!
//!     fn state(&self) -> bool {
//!         self.has_token
//!     }
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let system = System::builder(Topology::ring(2)?)
//!         .spawn(|node| Holder { has_token: node.index() == 0 })?;
//!     let snapshot = system.snapshot()?;
//!     snapshot.verify()?;
//!     writeln!(stdout(), "{snapshot}").ok();
//!     let held = snapshot.states().filter(|(_, has_token)| **has_token).count();
//!     assert_eq!(held + snapshot.in_flight().count(), 1);
//!     Ok(())
//! }
//! ```
//!
//! `cargo run --release --example token_conservation` shows a larger one at work.
//!
//! # What does a snapshot mean?
//!
//! Its parts are recorded at different moments, so the recorded state S\* need not have occurred. What is certain
//! (section 4 of the paper): S\* is reachable from S<sub>b</sub>, the state in which the snapshot began, and
//! S<sub>e</sub>, the state in which it ended, is reachable from S\*. Hence
//!
//! | in the snapshot | what you know |
//! |---|---|
//! | a [stable property](#words) is true | it is true from the snapshot's end on |
//! | a stable property is false | it was false when the snapshot began; nothing is known of now |
//! | an invariant is false | it is not an invariant: a reachable state breaks it |
//! | an invariant is true | nothing of the states that were not seen |
//!
//! [`causality`] shows it for a run at hand, [simulated](simulation) or [traced](SystemBuilder::traced) on threads: it finds the
//! execution that passes through S\*, and runs it.
//!
//! And every snapshot obeys the channel law: with n messages sent on a link before its sender recorded, and m
//! received before its receiver recorded, the link holds exactly messages m+1 to n, in order.
//! [`ChannelState`] shows n and m, and [`GlobalSnapshot::verify`] checks the numbers.
//!
//! `cargo run --features diagram --example lecture` tells and draws all of this, from snapshots that trust clocks to the state that
//! never occurred; `cargo run --release --example clock_skew` counts how often clocks mislead.
//!
//! # What does it cost?
//!
//! * **Running**: what a node sends on a link is handed over in batches of up to 64 messages, so a busy
//!   system pays for a hand-over once for many messages.
//! * **A snapshot**: a marker on each link, a call of [`Process::state`] at each node, a clone of each message in
//!   flight at the cut. It takes one running handler's time a hop, however long the backlog
//!   ([`MarkerPolicy::Overtaking`]).
//! * **Snapshots all the time**: they take a part of the speed of a busy system; ten a second take little.
//! * **Idle**: a thread a node, which sleeps. A link takes memory for what is in flight.
//!
//! `cargo bench --bench goals` prints the ratios of your machine, to loops written by hand with
//! crossbeam and to a system without snapshots.
//!
//! # What are the limits?
//!
//! * One process, threads only: nothing here crosses a network.
//! * A handler that never returns holds up [`System::shutdown`]; [`System::shutdown_within`] gives
//!   up its thread. Snapshots fail when their time is up and name its node.
//! * A handler cannot wait for its own system: [what it may call](System#in-a-handler).
//! * On Linux some 16,000 nodes fit into a process, by the usual limit of memory maps; more are
//!   refused ([`SpawnError::NoRoomForThreads`]).
//! * Links hold 65,536 messages if nothing else is said; a sender whose link is full handles nothing until there is room.
//!   A cycle of full links stands still, as with any bounded queues. Environment links hold any number.
//! * A timer is late by what its node is busy with, and two nodes' timers have no order.
//! * A state or message that shares memory with a live process goes on changing after it was recorded. The
//!   compiler refuses the `Rc`; an `Arc<Mutex<_>>` is for you to avoid.
//!   [`SystemBuilder::detect_shared_memory`] looks for it.
//! * The outside world is no node: see [`System::inject`].
//!
//! # How do I ask for snapshots?
//!
//! | call | |
//! |---|---|
//! | [`System::snapshot`] | begins one and waits for it |
//! | [`System::begin_snapshot`] | returns a [`PendingSnapshot`] at once: wait from any thread, with or without a limit |
//! | [`Context::request_snapshot`] | from a handler |
//! | [`System::subscribe`], [`System::history`], [`System::find_snapshot`] | see all that end, how the last ended, or a certain one |
//! | [`System::snapshot_with`], [`System::begin_snapshot_with`] | with initiators of your choice, or a timeout of its own ([`SnapshotOptions`]) |
//! | [`System::every`] | one every so often |
//! | [`System::snapshot_and_stop`] | the last one, which loses nothing |
//!
//! Any number may be under way together, up to a limit that you can set; each has its [`SnapshotId`], and they may end in any
//! order. The initiators must reach every node: along links, and on links with a
//! [capacity](SystemBuilder::capacity) also against their direction, since markers go back there. A choice that does
//! not reach all is refused with the names of the nodes left out. If you make none, the smallest set is taken that
//! reaches every node along links.
//!
//! # What if something goes wrong?
//!
//! Every snapshot ends: with the whole, or with an error that names nodes and links. Every wait
//! ends too, at the latest with its system: [a
//! table](runtime#which-calls-wait-and-what-ends-each-wait) lists what ends each.
//!
//! | what happens | what you get |
//! |---|---|
//! | a handler panics, or [`Process::state`], or the clone of a message | the node has failed. By [`OnFailure`] the system stops, or goes on without the node: [`System::failures`], [`GlobalSnapshot::failures`] |
//! | a handler never returns | snapshots fail when their time is up and name its node and the links that are silent ([`SnapshotError::TimedOut`]); [`System::shutdown_within`] gives it up and names it |
//! | a handler waits for its own system | an error at once ([`SnapshotError::InOwnHandler`]) |
//! | every node has failed | the system has ended: waits return, and snapshots fail |
//! | a node stops, by [`Context::stop`] or [`System::stop_node`] | its state takes part in snapshots, with what lies on its in-links; with [`Context::stop_and_drain`] it keeps no sender waiting |
//! | every link is full and every node waits | snapshots complete, and show it |
//! | a shutdown, or the handle is dropped | whoever waits is told, and every thread is joined |
//!
//! # How does back-pressure work?
//!
//! A link's [capacity](SystemBuilder::capacity) counts messages from the handler that sends them until their receiver has processed
//! them. A handler never blocks: what it sends beyond the capacity waits in line, and until it has room its node
//! handles nothing more. The node's runtime goes on meanwhile. Markers need no room, and a message in line is in flight, so a
//! snapshot neither waits for room nor misses anything:
//!
//! ```text
//!   sender                  link of capacity 3              receiver
//!   waits: f e   | marker | d c b  ->->->->->->->->  handles a
//! ```
//!
//! The receiver's acknowledgements make room, and they are messages too. So on a link with a capacity the marker also
//! goes back to the sender, ahead of the acknowledgements given after the recording: a snapshot shows a state that the
//! system with these capacities can reach. A handler can ask for the room on a link ([`Context::room`]), and drop a
//! message, divert it or wait.
//!
//! When a marker is handled behind a backlog is the [`MarkerPolicy`]: overtaking it, a ring of four nodes with 10,000 messages
//! queued at each and handlers of 100 microseconds takes 2 ms for a snapshot, and in order 1.6 s; it records all that
//! is queued, four times as much (`cargo bench --bench marker_policy`).
//!
//! # How do I go on from a snapshot?
//!
//! [`SystemBuilder::restore`] starts a system from any snapshot in which every node took part: states, what was in flight on each
//! link, timers, injected messages that were not received. With [`System::snapshot_and_stop`] before it, the system
//! goes on as if it had never stopped. The process says by [`Restore`] how it becomes what it was.
//! [`GlobalSnapshot::edit`] changes a snapshot before that: drops a message that kills its receiver, say.
//!
//! # How do I watch it?
//!
//! [`System::link_traffic`] counts messages on each link, [`System::traffic_on`] on one,
//! [`System::snapshot_counts`] how snapshots ended, [`System::history`] prints the last of them as
//! a table; [`GlobalSnapshot::timings`] tells of each node how long its marker was under way and
//! how many messages it recorded. With the feature `tracing` there is a span for each snapshot and
//! each node.
//!
//! # How do I watch for a property?
//!
//! State it in a line: an [`Invariant`], or a [`StableProperty`]. [`System::check`] and [`System::detect`] look for it in a snapshot,
//! [`System::wait_until`] waits until it holds, and a [monitor] watches any number of them in the background, at a share of the time that you
//! set. Termination, deadlock, lost tokens, conserved quantities and garbage are [ready to use](property#what-is-there-ready-to-use).
//!
//! ```
//! # use std::time::Duration;
//! # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
//! # struct Relay;
//! # impl Process for Relay {
//! #     type State = ();
//! #     type Message = u32;
//! #     fn on_message(&mut self, _: Link, hops: u32, ctx: &mut Context<'_, u32>) {
//! #         if hops > 0 { ctx.send_on(ctx.out_links()[0], hops - 1) }
//! #     }
//! #     fn state(&self) {}
//! # }
//! use consistent_cut::property::terminated;
//!
//! // A message that goes round until it has made its hops.
//! let system = System::builder(Topology::ring(3)?).spawn(|_| Relay)?;
//! system.inject(NodeId::new(0), 1000)?;
//! system.wait_until(&terminated(|_, &()| true), Duration::from_secs(60))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # How do I run it without threads?
//!
//! [`simulation`] runs the same processes on one thread, step by step, and shows the true global state at each: for tests
//! that take the same course every time, and for looking at what a snapshot is. The algorithm itself is in [`protocol`],
//! without threads, clocks or randomness: its page shows an engine in a dozen lines. Drive it from a runtime of your
//! own.
//!
//! # How do I see what happened?
//!
//! [`diagram`] draws the trace of a run in space and time, with the cuts of its snapshots and the messages in flight there, and the same run
//! rearranged so that the cut is straight (SVG, by the feature `diagram`); and a topology with what a snapshot holds, for Graphviz.
//!
//! # How do I know that my process is right?
//!
//! [`model`] has every interleaving of a small system explored, on the runtime as it is. [`simulation`] runs larger ones by the
//! million steps, at random from a seed, and replays the one that failed. With the feature
//! `proptest`, the module `strategies` draws systems and runs for tests, and makes a case that fails
//! smaller.
//!
//! # Which features are there?
//!
//! None is on unless you ask for it.
//!
//! | feature | what it adds | dependencies |
//! |---|---|---|
//! | `diagram` | `diagram::SpaceTime`: the trace of a run as a picture, in SVG | `svg` |
//! | `graph-files` | topologies from GML, GraphML and DOT: `Topology::from_graph_file` and others | `roxmltree`, `winnow` |
//! | `proptest` | `strategies` for tests with random systems that shrink | `proptest` |
//! | `tracing` | a span for each snapshot and each node's thread, with events | `tracing` |
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | node, link | a process with its thread; a directed FIFO channel between two nodes |
//! | global state | the state of every node and of every link |
//! | execution, reachable | a series of global states, each a permitted transition from the last; T is reachable from S if some execution leads from S to T |
//! | marker, initiator | the control message that separates before from after on a link; a node that starts a snapshot without having received a marker |
//! | cut | the events of each node that a snapshot includes; consistent if whatever happened before an included event is included |
//! | invariant | holds in every reachable state |
//! | stable property | once true, stays true |
//!
//! # Where is what?
//!
//! From the words up; each module imports only from those before it.
//!
//! | | |
//! |---|---|
//! | [`NodeId`], [`LinkId`], [`SnapshotId`] | names |
//! | [`topology`] | nodes and links: shapes, files, petgraph, coverage |
//! | [`Process`], [`Context`] | what you write |
//! | [`GlobalSnapshot`] | what you get |
//! | [`causality`] | what happened before what: traces, cuts, and the execution that a snapshot belongs to |
//! | [`diagram`] | pictures: runs in space and time, what snapshots hold |
//! | [`protocol`] | the algorithm |
//! | [`property`] | what can be known from a snapshot: invariants, stable properties, detectors |
//! | [`simulation`] | nodes without threads, one step at a time |
//! | `strategies` | random topologies, systems and runs for tests (feature `proptest`) |
//! | [`runtime`] | threads, links, the coordinator |
//! | [`monitor`] | a running system, watched for properties |
//! | [`model`] | every interleaving, by loom |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

pub mod causality;
mod chance;
pub mod diagram;
mod error;
#[cfg(doctest)]
mod guide;
mod id;
pub mod model;
pub mod monitor;
mod out_links;
mod outbox;
mod panics;
mod process;
pub mod property;
pub mod protocol;
pub mod runtime;
pub mod simulation;
mod snapshot;
mod spaced;
#[cfg(feature = "proptest")]
pub mod strategies;
mod sync;
pub mod topology;

pub use error::{
    Ending, InjectError, NodeFailure, RestoreError, ShutdownError, Silent, SnapshotError,
    SpawnError, StopError,
};
pub use id::{LinkId, NodeId, ReplyTo, SnapshotId, TimerId};
pub use process::{Context, Emitted, Process, Restore};
pub use property::{Check, Detection, Invariant, StableProperty};
pub use protocol::MarkerPolicy;
pub use runtime::{
    AskError, FindSnapshotError, History, LinkTraffic, OnFailure, Outcome, Outputs, PastSnapshot,
    PendingSnapshot, Periodic, SnapshotCounts, SnapshotResult, Subscription, System, SystemBuilder,
    WaitTimeoutError,
};
pub use snapshot::{
    ChannelState, Diff, DiffError, EditError, GlobalSnapshot, LinkDiff, NodeChange, NodeTiming,
    OutputState, PendingTimer, SnapshotEditor, SnapshotOptions, Timings, VerifyError, Violation,
};
pub use topology::{
    CoverageError, EdgeListReader, GraphProblem, LineProblem, Link, NamedLink, NamedNode, Topology,
    TopologyError,
};

pub use petgraph;

/// The README's code is compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
