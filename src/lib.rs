//! consistent-cut runs processes on threads and takes consistent global snapshots of them while
//! they run.
//!
//! A **process** is a state and a handler for messages. Each process runs on a thread of its own,
//! as a **node**. Nodes send messages on **links**, which deliver them in the order in which they
//! were sent. A **global snapshot** holds the state of every node and the messages on every link.
//! Taking a snapshot stops no node.
//!
//! The snapshots are consistent: if a snapshot includes the receipt of a message, it includes the
//! sending of this message too. The algorithm is that of Chandy and Lamport (1985).
//!
//! # What does it look like?
//!
//! Two nodes pass a token back and forth until it has no hops left. A snapshot shows the token
//! once: on a link, or at a node.
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
//! `cargo run --release --example token_conservation` runs a larger system of this kind.
//!
//! The [guide](https://github.com/consistent-cut/consistent-cut/blob/main/guide/src/SUMMARY.md) leads
//! from the lecture on snapshots to your own tests in twelve short chapters.
//!
//! # Words
//!
//! | word | meaning |
//! |---|---|
//! | process | your code: a state, and a handler for messages ([`Process`]) |
//! | node | a process together with its thread |
//! | link | a directed channel from one node to another, first in first out (FIFO) |
//! | message in flight | a message that was sent and is not yet received |
//! | topology | the nodes and links of a system ([`Topology`]); fixed when the system starts |
//! | system | a running topology, and the handle by which you use it ([`System`]) |
//! | global state | the state of every node and of every link at the same moment |
//! | execution | a series of global states, each a permitted transition from the one before |
//! | reachable | T is reachable from S if an execution leads from S to T |
//! | snapshot | a recorded global state ([`GlobalSnapshot`]); a node *records* when it notes down its state |
//! | marker | the control message on a link that separates messages sent before the sender recorded from messages sent after |
//! | initiator | a node that starts a snapshot without having received a marker |
//! | cut | the events of each node that a snapshot includes; it is consistent if every event that happened before an included event is included too |
//! | invariant | a property of every reachable state |
//! | stable property | a property that stays true once it is true |
//!
//! # What is a snapshot?
//!
//! The parts of a snapshot are recorded at different moments. The system may therefore never have
//! been in the recorded state S\*. Section 4 of the paper proves where S\* lies: S\* is reachable
//! from S<sub>b</sub>, the state in which the snapshot began, and S<sub>e</sub>, the state in which
//! the snapshot ended, is reachable from S\*. It follows:
//!
//! | in the snapshot | what you know |
//! |---|---|
//! | a stable property is true | the property is true from the snapshot's end on |
//! | a stable property is false | the property was false when the snapshot began; nothing is known about now |
//! | an invariant is false | the property is not an invariant: a reachable state violates it |
//! | an invariant is true | nothing about states that were not seen |
//!
//! Every snapshot obeys the **channel law**: if n messages were sent on a link before its sender
//! recorded, and m were received before its receiver recorded, then the link holds exactly messages
//! m+1 to n, in order. [`ChannelState`] shows n and m, and [`GlobalSnapshot::verify`] checks the
//! numbers.
//!
//! ```
//! # use consistent_cut::*; use std::time::Duration; struct Idle; impl Process for Idle {
//! #     type State = (); type Message = u32; fn state(&self) {}
//! #     fn on_message(&mut self, _: Link, _: u32, _: &mut Context<'_, u32>) {} }
//! # let system = System::builder(Topology::ring(2)?).spawn(|_| Idle)?;
//! let snapshot = system.snapshot()?;
//! for channel in snapshot.channels() {
//!     let in_flight = channel.sent() - channel.received();
//!     assert_eq!(channel.messages().len() as u64, in_flight);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The module [`causality`] finds an execution that passes through S\*, and runs it. It works from
//! a run that was [simulated](simulation) or [traced](SystemBuilder::traced) on threads. `cargo run
//! --features diagram --example lecture` explains and draws these things. `cargo run --release
//! --example clock_skew` counts how often snapshots by clocks are wrong.
//!
//! # What does it cost?
//!
//! * **Running**: a node hands over its messages in batches of up to 64 per link. A busy system
//!   therefore pays for one hand-over per batch.
//! * **A snapshot**: one marker on each link, one call of [`Process::state`] at each node, and one
//!   clone of each message in flight at the cut. It takes the time of one running handler per hop,
//!   however long the backlog is ([`MarkerPolicy::Overtaking`]).
//! * **Snapshots without pause**: they slow a busy system down. Ten snapshots a second cost little.
//! * **Idle**: one sleeping thread per node. A link takes memory for its messages in flight.
//!
//! The benchmark prints the ratios of your machine: to loops written by hand with crossbeam, and to
//! a system without snapshots.
//!
//! ```sh
//! cargo bench --bench goals
//! ```
//!
//! # What are the limits?
//!
//! * All nodes run on threads of one process. There is no network transport.
//! * A handler that never returns makes snapshots fail at their timeout; the error names its node.
//!   It also blocks [`System::shutdown`]. [`System::shutdown_within`] gives the thread up.
//! * A handler cannot wait for its own system: see [the calls that it may
//!   make](System#in-a-handler).
//! * On Linux, the usual limit of memory maps leaves room for about 16,000 nodes per process. A
//!   larger system is refused ([`SpawnError::NoRoomForThreads`]).
//! * A link holds at most 65,536 messages, unless you set another capacity. A sender whose link is
//!   full handles no messages until there is room. A cycle of full links is a deadlock, as with any
//!   bounded queues. Environment links, which carry [injected](System::inject) messages, have the
//!   same limit by default.
//! * A timer fires late if its node is busy. Timers of two nodes have no order.
//! * A recorded state or message that shares memory with a running process changes after it was
//!   recorded. The compiler refuses an `Rc`, but not an `Arc<Mutex<_>>`.
//!   [`SystemBuilder::detect_shared_memory`] searches for such values.
//! * The outside world is not a node: see [`System::inject`].
//! * A snapshot is a value in memory. The module `checkpoint` keeps snapshots in a file (feature
//!   `checkpoint`). A snapshot can only be restored with the same topology.
//!
//! ```
//! # use consistent_cut::*; struct Idle; impl Process for Idle {
//! #     type State = (); type Message = u32; fn state(&self) {}
//! #     fn on_message(&mut self, _: Link, _: u32, _: &mut Context<'_, u32>) {} }
//! let system = System::builder(Topology::ring(3)?)
//!     .capacity(1000) // messages per link
//!     .stack_size(64 << 10) // bytes per node
//!     .spawn(|_| Idle)?;
//! # drop(system);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
#![doc = include_str!("guide.md")]
//!
//! # Which features exist?
//!
//! No feature is on by default.
//!
//! | feature | what it adds | dependencies |
//! |---|---|---|
//! | `checkpoint` | durable snapshots: a program that is killed goes on from the last one | `redb`, `postcard`, `serde_json`, `blake3`, `fastcdc`, `serde` |
//! | `diagram` | `diagram::SpaceTime`: the trace of a run as a picture, in SVG | `svg` |
//! | `graph-files` | topologies from GML, GraphML and DOT: `Topology::from_graph_file` and others | `roxmltree`, `winnow` |
//! | `metrics` | counts and durations of snapshots and checkpoints, for a recorder that you install | `metrics` |
//! | `object-store` | checkpoints in a folder or bucket that several machines share | `object_store`, `tokio`, `futures-util`, `checkpoint` |
//! | `proptest` | `strategies` for tests with random systems that shrink | `proptest` |
//! | `serde` | ids, topologies, snapshots, traces and schedules, written and read in any format | `serde` |
//! | `timely` | `cluster`: a million nodes on a few worker threads, and several processes, on timely dataflow | `timely`, `serde` |
//! | `tracing` | a span for each snapshot and each node's thread, with events | `tracing` |
//!
//! # Where is what?
//!
//! Each module imports only from modules above it in this table.
//!
//! | module or type | what it is |
//! |---|---|
//! | [`NodeId`], [`LinkId`], [`SnapshotId`] | names |
//! | [`topology`] | nodes and links: shapes, files, petgraph, coverage |
//! | [`Process`], [`Context`] | the code that you write, and its calls |
//! | [`GlobalSnapshot`] | the result of a snapshot |
//! | [`causality`] | which event happened before which: traces, cuts, and the execution that a snapshot belongs to |
//! | [`diagram`] | pictures: runs in space and time, and the contents of snapshots |
//! | [`protocol`] | the algorithm |
//! | [`property`] | conclusions from a snapshot: invariants, stable properties, detectors |
//! | [`simulation`] | nodes without threads, one step at a time |
//! | `strategies` | random topologies, systems and runs for tests (feature `proptest`) |
//! | [`runtime`] | threads, links, the coordinator |
//! | [`monitor`] | the watch on a running system for properties |
//! | `checkpoint` | durable snapshots, and systems that go on from them (feature `checkpoint`) |
//! | `cluster` | millions of nodes on worker threads, and several processes (feature `timely`) |
//! | [`model`] | every interleaving, by loom |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

// First, since rustdoc shows the calls of `System` in the order of its modules.
pub mod runtime;

pub mod causality;
mod chance;
#[cfg(feature = "checkpoint")]
pub mod checkpoint;
#[cfg(feature = "timely")]
pub mod cluster;
pub mod diagram;
mod driver;
mod ends;
#[cfg(doctest)]
mod guide;
mod id;
mod meters;
pub mod model;
pub mod monitor;
mod out_links;
mod outbox;
mod panics;
mod process;
pub mod property;
pub mod protocol;
pub mod simulation;
mod snapshot;
mod spaced;
#[cfg(feature = "proptest")]
pub mod strategies;
mod sync;
pub mod topology;

pub use driver::{Ending, InjectError, Loss, LostProcess, NodeFailure, SpawnError, StopError};
pub use id::{LinkId, NodeId, ReplyTo, SnapshotId, TimerId};
pub use process::{Context, Emitted, Process, Restore};
#[doc(inline)]
pub use property::{Check, Detection, Invariant, StableProperty};
#[doc(inline)]
pub use protocol::MarkerPolicy;
#[doc(inline)]
pub use runtime::{
    AskError, FindSnapshotError, History, LinkTraffic, OnFailure, Outcome, Outputs, PastSnapshot,
    PendingSnapshot, Periodic, ShutdownError, SnapshotCounts, Subscription, System, SystemBuilder,
    WaitTimeoutError,
};
pub use snapshot::{
    ChannelState, Diff, DiffError, EditError, GlobalSnapshot, LinkDiff, NodeChange, NodeTiming,
    OutputState, PartsError, PendingTimer, RecordedNode, RestoreError, Silent, SnapshotEditor,
    SnapshotError, SnapshotOptions, SnapshotParts, Timings, VerifyError, Violation,
};
#[doc(inline)]
pub use topology::{
    CoverageError, EdgeListReader, GraphProblem, LineProblem, Link, NamedLink, NamedNode, Topology,
    TopologyError,
};

pub use petgraph;

/// The README's code is compiled as doctests. It needs the feature `checkpoint`.
#[cfg(all(doctest, feature = "checkpoint"))]
#[doc = include_str!("../README.md")]
struct Readme;
