//! The algorithm of Chandy and Lamport (1985) as pure code: values go in, values come out. It uses
//! no thread, lock, clock, randomness, I/O or hash order.
//!
//! `src/protocol/rules.rs` holds the two rules, one function per rule; everything else here only
//! serves them. A driver (the [runtime](crate::runtime), a simulation, a model checker, or an
//! engine of your own) moves values between the two kinds of core and decides nothing:
//!
//! ```text
//!             arrive(link, envelope)                         add(report, time)
//!             process_next()           +----------+          +---------------+
//!   links  -> begin_snapshot(id)    -> | NodeCore | -------> | CollectorCore | -> GlobalSnapshot
//!             drain_output()           +----------+  Report  +---------------+
//!                                           |
//!                                           +-> Messages, Marker -> links
//! ```
//!
//! [`NodeCore`] has the table of calls and their order. A driver also owes the following:
//!
//! - **Order.** Envelopes arrive in the order of their link, and outputs leave in the order in
//!   which [`drain_output`](NodeCore::drain_output) hands them out. The proof of the algorithm
//!   rests on that order: a marker leaves behind the messages sent before the recording, and ahead
//!   of the messages sent after it. Reports may go later than sends.
//! - **States.** While the driver drains the output, the core calls
//!   [`Process::state`](crate::Process::state) once per recording, behind the recording's markers.
//! - **Capacities.** Call [`NodeCore::set_capacity`] at both ends of a limited link, and
//!   [`CollectorCore::set_capacity`]. Call [`NodeCore::acknowledge`] at the sender when a message
//!   of the link was received. Markers and acknowledgements that go back on a link keep their order
//!   too: an [`Output::Return`] brings [`NodeCore::marker_returned`] to the sender ahead of the
//!   acknowledgement of every message that was received after it.
//! - **Failures.** When a node fails, put [`Envelope::End`] on each of its out-links, behind all
//!   its messages, and call [`CollectorCore::node_failed`].
//!
//! ```
//! use std::{collections::VecDeque, sync::Arc, time::Duration};
//! use consistent_cut::protocol::{CollectorCore, Envelope, NodeCore, Output};
//! use consistent_cut::{Context, Link, MarkerPolicy, NodeId, Process, SnapshotId, Topology};
//!
//! /// Answers each number that it receives with the next one, to itself.
//! struct Counter(u32);
//! impl Process for Counter {
//!     type State = u32;
//!     type Message = u32;
//!     fn on_start(&mut self, ctx: &mut Context<'_, u32>) { ctx.send(ctx.id(), 1) }
//!     fn on_message(&mut self, _: Link, number: u32, ctx: &mut Context<'_, u32>) {
//!         self.0 = number;
//!         ctx.send(ctx.id(), number + 1);
//!     }
//!     fn state(&self) -> u32 { self.0 }
//! }
//!
//! // An engine of one node with a link to itself, in a dozen lines.
//! let topology = Arc::new(Topology::ring(1)?);
//! let (node, link, id) = (NodeId::new(0), topology.links()[0].id, SnapshotId::new(1));
//! let mut core = NodeCore::new(node, topology.clone(), Counter(0), MarkerPolicy::Overtaking);
//! let mut collector = CollectorCore::new(topology);
//! let mut on_the_link = VecDeque::new();
//! let mut snapshot = None;
//!
//! core.start();
//! collector.begin(id, &[node], Duration::ZERO)?;
//! core.begin_snapshot(id);
//! while snapshot.is_none() {
//!     for output in core.drain_output() {
//!         match output {
//!             Output::Messages { messages, .. } => {
//!                 on_the_link.extend(messages.into_iter().map(Envelope::Message));
//!             }
//!             Output::Marker { snapshot, .. } => {
//!                 on_the_link.push_back(Envelope::Marker(snapshot));
//!             }
//!             Output::Report(report) => {
//!                 if let Ok(Some(complete)) = collector.add(report, Duration::ZERO) {
//!                     snapshot = Some(complete);
//!                 }
//!             }
//!             _ => {}
//!         }
//!     }
//!     if let Some(envelope) = on_the_link.pop_front() {
//!         core.arrive(link, envelope)?;
//!         core.process_next();
//!     }
//! }
//!
//! let snapshot = snapshot.expect("the loop has ended");
//! assert_eq!(*snapshot.state(node), 0);
//! assert_eq!(snapshot.channel(link).messages(), [1]);
//! assert_eq!(snapshot.verify(), Ok(()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod collector;
mod inbox;
mod message;
mod node;
mod open_links;
mod partial;
mod policy;
mod recorder;
mod rules;
mod seen;
mod timers;

pub use crate::causality::{Logged, NodeTexts};
pub use crate::out_links::BatchPool;
pub use crate::snapshot::Missing;
pub use crate::snapshot::NodeImage;
pub use collector::{Abandoned, BeginError, CollectorCore};
pub use message::{
    Envelope, EnvironmentRecord, LinkRecord, NodeRecord, Output, OutputRecord, Report, TimerRecord,
};
pub use node::{DrainOutput, Leftovers, NodeCore, NotAnInLink, Scribe};
pub use policy::MarkerPolicy;
