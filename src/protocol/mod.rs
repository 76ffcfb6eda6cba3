//! The algorithm of Chandy and Lamport (1985), pure: values in, values out. No thread, lock, clock,
//! randomness, I/O or hash order.
//!
//! The two rules stand in [`rules`], a function each; everything else here only serves them. A driver (the
//! [runtime](crate::runtime), a simulation, a model checker, or an engine of your own) moves values between
//! the two kinds of core and decides nothing:
//!
//! ```text
//!             arrive(link, envelope)                          add(report, time)
//!             process_next()            +----------+          +---------------+
//!   links  -> begin_snapshot(id)     -> | NodeCore | -------> | CollectorCore | -> GlobalSnapshot
//!             drain_output()            +----------+  Report  +---------------+
//!                                            |
//!                                            +-> Send { link, envelope } -> links
//! ```
//!
//! For each node:
//!
//! 1. Once: [`NodeCore::start`].
//! 2. As they come: [`NodeCore::arrive`] for what a link delivers, in the link's order;
//!    [`NodeCore::begin_snapshot`] for an initiator; [`NodeCore::process_next`] to let the process handle one message.
//! 3. After each of these: [`NodeCore::drain_output`], and carry out every [`Output`] **in order**. That
//!    order is the proof of the algorithm: a marker leaves after the messages sent before the recording and
//!    before those sent after it.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//! use consistent_cut::protocol::{CollectorCore, Envelope, MarkerPolicy, NodeCore, Output};
//! use consistent_cut::{Context, Link, NodeId, Process, SnapshotId, Topology};
//!
//! struct Counter(u32);
//! impl Process for Counter {
//!     type State = u32;
//!     type Message = u32;
//!     fn on_message(&mut self, _: Link, amount: u32, _: &mut Context<'_, u32>) { self.0 += amount }
//!     fn state(&self) -> u32 { self.0 }
//! }
//!
//! // One node with a link to itself: it initiates, and its own marker closes the link.
//! let topology = Arc::new(Topology::ring(1)?);
//! let (node, link, id) = (NodeId::new(0), topology.links()[0].id, SnapshotId::new(1));
//! let mut core = NodeCore::new(node, topology.clone(), Counter(0), MarkerPolicy::Overtaking);
//! let mut collector = CollectorCore::new(topology);
//! core.start();
//! core.arrive(link, Envelope::Message(5))?;         // still unreceived when the node records
//! collector.begin(id, &[node], Duration::ZERO)?;
//! core.begin_snapshot(id);
//! core.arrive(link, Envelope::Marker(id))?;
//!
//! let mut snapshot = None;
//! for output in core.drain_output() {
//!     if let Output::Report(report) = output {
//!         snapshot = snapshot.or(collector.add(report, Duration::ZERO));
//!     }
//! }
//! let snapshot = snapshot.expect("every link has closed");
//! assert_eq!(*snapshot.state(node), 0);
//! # // The message arrived outside of the node's own sends, so the count of sends is the test's to keep.
//! assert_eq!(snapshot.channel(link).messages(), [5]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod collector;
mod message;
mod node;
mod recorder;
pub mod rules;
mod seen;

pub use collector::{BeginError, CollectorCore, Missing};
pub use message::{Envelope, EnvironmentRecord, LinkRecord, NodeRecord, Output, Report};
pub use node::{MarkerPolicy, NodeCore, NotAnInLink};
