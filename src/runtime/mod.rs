#![doc = include_str!("README.md")]
//!
//! # What ends each wait?
//!
//! Every wait ends when its system ends. A system ends by a [shutdown](System::shutdown), by the
//! drop of its last handle, by a complete [last snapshot](System::snapshot_and_stop), by a failure
//! that [stops the system](OnFailure::Stop), or by the failure of every node. Most waits end
//! earlier:
//!
//! | wait | ends when |
//! |---|---|
//! | [`System::snapshot`], [`snapshot_with`](System::snapshot_with), [`detect`](System::detect), [`check`](System::check), [`PendingSnapshot::wait`] | the snapshot is complete, a node that it needs fails, it is cancelled, or its timeout is over: a minute after the request, unless [another timeout](SystemBuilder::snapshot_timeout) is set |
//! | [`PendingSnapshot::wait_timeout`] | as for `wait`, or its own timeout is over |
//! | [`System::snapshot_and_stop`] | the nodes have stopped and the snapshot is complete, or the snapshot fails like any other |
//! | `next` of [`System::every`] | the period is over, and then its snapshot ends |
//! | [`System::inject`] | the environment link has room, the timeout is over, or the node ends; in a handler of the system at once |
//! | [`System::ask`] | a handler has replied, the timeout is over, or the asked node fails |
//! | `next` of [`Outputs`] | a node emits a message, or every node has stopped or ended; in a handler of the system at once |
//! | `next` of a [`Subscription`] | a snapshot ends, by any caller; in a handler of the system at once |
//! | [`System::join`] | every node has stopped or failed; then as for `shutdown` |
//! | [`System::shutdown`], [`shutdown_each`](System::shutdown_each), the drop of the last handle | the handlers that are running have returned: nothing else ends this wait. [`shutdown_within`](System::shutdown_within) has a timeout |
//! | [`System::wait_until`] | a snapshot shows the property, the timeout is over, or every node has stopped or failed and a later snapshot does not show the property |
//! | [`Monitor::join`](crate::monitor::Monitor::join) | everything is found, or every node has stopped or failed and a later snapshot was evaluated |
//! | `next` of [`MonitorEvents`](crate::monitor::MonitorEvents) | there is an event, or the monitor ends; in a handler of the system at once |
//! | the drop of a [`Monitor`](crate::monitor::Monitor) | the property or callback that is running has returned, and the last snapshot has ended if the monitor stops the system |
//!
//! The module `checkpoint` has a table of its own calls. All other calls return without waiting,
//! among them [`System::try_inject`], [`stop_node`](System::stop_node) and
//! [`begin_snapshot`](System::begin_snapshot). A call that would wait for its own handler is
//! [refused](System#in-a-handler). Nodes wait for messages, timers and room; markers and commands
//! wake them.
//!
//! # Which metrics are there?
//!
//! The feature `metrics` adds these, for the recorder that the program has installed:
//!
//! | name | |
//! |---|---|
//! | `consistent_cut_snapshots_total` | counter, by `outcome`: `complete`, `refused`, `node_failed`, `timed_out`, `cancelled`, `changed`, `shut_down` |
//! | `consistent_cut_snapshot_seconds` | histogram: seconds from the beginning of a complete snapshot to the recording of its last part |
//! | `consistent_cut_snapshot_messages` | histogram: how many messages are in flight in a complete snapshot |
//! | `consistent_cut_node_failures_total` | counter: nodes that have failed |
//!
//! All systems of one process add to the same metrics. The module `checkpoint` lists its own.

// The first modules are in the order in which rustdoc is to show the calls of `System`.
mod builder;

mod system;

mod outside;

mod shutdown;

mod clock;
mod coordinator;
mod launch;
mod link;
mod node;
mod outputs;
mod own_thread;
mod periodic;
mod sampler;
mod settings;
mod thread_limits;
mod threads;
mod tuning;
mod wiring;

pub use builder::SystemBuilder;
#[cfg(feature = "timely")]
pub(crate) use builder::first_id_after;
#[cfg(any(feature = "checkpoint", feature = "timely"))]
pub(crate) use clock::Clock;
pub use coordinator::history::{FindSnapshotError, History, PastSnapshot};
pub(crate) use coordinator::outcome::discard_result;
pub use coordinator::outcome::{Outcome, SnapshotCounts};
pub use coordinator::pending::{PendingSnapshot, WaitTimeoutError};
pub use coordinator::settings::OnFailure;
pub use coordinator::subscription::Subscription;
// For the other driver whose snapshots a coordinator takes.
#[cfg(feature = "timely")]
pub(crate) use coordinator::{
    client::{Client, Shared},
    nodes::Nodes,
    registry::Registry,
    request::{Event, Initiators, Request},
    settings::CoordinatorSettings,
    thread::{Coordinator, Parts as CoordinatorParts},
};
#[cfg(feature = "timely")]
pub(crate) use link::command::Command;
pub use link::traffic::LinkTraffic;
#[cfg(feature = "timely")]
pub(crate) use node::{
    event::NodeEvent,
    questions::{Ended as AskEnded, Questions},
    recordings::Recordings,
    reports::discard_report,
};
pub use outputs::Outputs;
pub use outside::AskError;
pub(crate) use own_thread::OwnThreads;
pub use periodic::Periodic;
pub(crate) use sampler::{Sampler, Waited};
pub use shutdown::ShutdownError;
pub use system::System;
