//! What happened before what: traces of runs, consistent cuts, and the execution that a snapshot
//! belongs to.
//!
//! This module knows nothing of how snapshots are taken, and so it can tell whether a snapshot was
//! taken rightly. A [`Trace`] says which events happened: which handler ran at which node, what
//! made it run, and on which links it sent. Event a *happens before* event b if both are of one
//! node and in this order, if b receives a message that a sent, or if a happens before an event
//! that happens before b (Lamport, *Time, Clocks, and the Ordering of Events in a Distributed
//! System*, 1978). A [`Cut`] says for each node how many of its events are included. A cut is
//! *consistent* if for each event that it includes, it includes all events that happen before this
//! event.
//!
//! On a link with a capacity an acknowledgement is a message too: a receipt also happens before
//! every event of the sender that knows of this receipt ([`Logged::Acknowledged`]).
//!
//! ```
//! use std::sync::Arc;
//! use consistent_cut::causality::{Cause, Cut, Logged, Trace};
//! use consistent_cut::{NodeId, Topology};
//!
//! let topology = Arc::new(Topology::line(2)?);
//! let (link, node) = (topology.links()[0].id, NodeId::new);
//! let mut trace = Trace::new(topology);
//! trace.add(node(0), Logged::handled(Cause::Start, [link]))?;
//! trace.add(node(1), Logged::handled(Cause::Message { link, number: 1 }, []))?;
//!
//! let clocks = trace.clocks();
//! assert!(clocks[0].happens_before(&clocks[1]));
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
//! The recorded state lies between [S<sub>b</sub>](Trace::began) and [S<sub>e</sub>](Trace::ended),
//! the states in which the snapshot began and ended. It may be a state that never occurred. But
//! there is an execution in which it occurs: [`Trace::witness`] puts the events before the cut
//! first and the events after the cut behind them. This moves no event over another on which it
//! depends (Chandy and Lamport 1985, Theorem 1). [`Replay`] runs this execution through fresh
//! processes. It shows that the recorded state is reached at the cut, and the real state at the
//! end.
//!
//! This holds for processes that are deterministic: given the same events in the same order they do
//! the same. A process that reads a clock or draws random numbers may behave otherwise in a replay.
//! The replay then proves nothing for this process, though the snapshot is as good as any. If the
//! process sends [on other links](ReplayError::SentElsewhere), [`run`](Replay::run) reports it. If
//! only its state differs, or the content of messages that are still in flight,
//! [`compare`](Replay::compare) reports it. Timers that are set, and whether a node has stopped,
//! are not compared. To make such a process deterministic, keep its seed as a part of its state.

mod clock;
mod cut;
mod event;
mod merge;
mod replay;
mod room;
#[cfg(feature = "serde")]
mod serial;
mod span;
mod texts;
mod trace;
mod witness;

pub use clock::VectorClock;
pub use cut::{Cut, CutError};
pub use event::{Cause, Event, Logged, Mark, MarkKind};
pub use replay::{Replay, ReplayError};
pub use texts::NodeTexts;
pub use trace::{Trace, TraceError};
pub use witness::Witness;
