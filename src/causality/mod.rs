//! What happened before what: traces of runs, consistent cuts, and the execution that a snapshot belongs to.
//!
//! Nothing here knows how snapshots are taken, and so it can tell whether one was taken rightly. A [`Trace`] says which events
//! happened: which handler ran at which node, what made it run, and on which links it sent. Event a *happens before*
//! event b if they are of one node and in this order, or if b receives what a sent, or by way of others (Lamport, *Time, Clocks, and the
//! Ordering of Events in a Distributed System*, 1978). A [`Cut`] says for each node how many of its events are included. It
//! is *consistent* if with each event all are included that happen before it.
//!
//! On a link with a capacity an acknowledgement is a message too: a receipt also happens before every event of the sender that
//! knows of it ([`Trace::acknowledge`]).
//!
//! ```
//! use std::sync::Arc;
//! use consistent_cut::causality::{Cause, Cut, Trace};
//! use consistent_cut::{NodeId, Topology};
//!
//! let topology = Arc::new(Topology::line(2)?);
//! let (link, node) = (topology.links()[0].id, NodeId::new);
//! let mut trace = Trace::new(topology);
//! let sends = trace.push(node(0), Cause::Start, &[link])?;
//! let receives = trace.push(node(1), Cause::Message { link, number: 1 }, &[])?;
//!
//! let clocks = trace.clocks();
//! assert!(clocks[sends.index()].happens_before(&clocks[receives.index()]));
//! assert!(Cut::new([1, 1]).check(&trace).is_ok());
//! assert!(Cut::new([1, 0]).check(&trace).is_ok(), "the message is in flight");
//! let error = Cut::new([0, 1]).check(&trace).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "the cut includes that node 1 received message 1 of link 0, and not that node 0 sent it"
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which state was recorded?
//!
//! Perhaps one that never occurred, between [S<sub>b</sub>](Trace::began) and [S<sub>e</sub>](Trace::ended), the states in which the
//! snapshot began and ended. But there is an execution in which it does: [`Trace::witness`] puts the events before the cut
//! first and those after it behind, which moves no event over one that it depends on (Chandy and Lamport 1985, Theorem 1).
//! [`Replay`] runs it, through fresh processes, and shows that the recorded state comes out at the cut and the real one at
//! the end.
//!
//! That holds for processes that are deterministic: with the same events in the same order they do the same. One that asks a clock or
//! chance may do otherwise when it is run again; nothing is then shown for it, though the snapshot is as good as any. Where it sends
//! [on other links](ReplayError::SentElsewhere), [`run`](Replay::run) notices. Where only what its messages say differs, or its
//! state, [`compare`](Replay::compare) does, by what is in flight and by the states. Timers that are set, and whether a node has
//! stopped, are not compared. Give such a process its seed as a part of its state.

mod clock;
mod cut;
mod event;
mod merge;
mod replay;
mod room;
mod span;
mod texts;
mod trace;
mod witness;

pub use clock::VectorClock;
pub use cut::{Cut, CutError};
pub use event::{Cause, Event, EventId, Logged, Mark, MarkKind};
pub use replay::{Replay, ReplayError};
pub use texts::NodeTexts;
pub use trace::{Trace, TraceError};
pub use witness::Witness;
