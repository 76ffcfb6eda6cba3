#![doc = include_str!("README.md")]
//!
//! # Which calls wait, and what ends each wait?
//!
//! Every wait ends with its system: by a [shutdown](System::shutdown), the last handle that is
//! dropped, a [last snapshot](System::snapshot_and_stop) that is complete, a failure that [stops
//! the system](OnFailure::Stop), or the failure of every node. Before that,
//!
//! | wait | ends when |
//! |---|---|
//! | [`System::snapshot`] and its kind, [`detect`](System::detect), [`check`](System::check), [`PendingSnapshot::wait`] | the snapshot is complete, fails with a node, is cancelled, or its timeout is over: a minute after it was asked for, if [nothing else is said](SystemBuilder::snapshot_timeout) |
//! | [`PendingSnapshot::wait_timeout`] | so does that of `wait`, or its own timeout is over |
//! | [`System::snapshot_and_stop`] | the nodes have stopped and the snapshot is complete, or it fails as any other |
//! | `next` of [`System::every`] | the period is over, and then its snapshot ends |
//! | [`System::inject`] | the environment link has room, its timeout is over, or the node ends; in a handler of the system at once |
//! | [`System::ask`] | a handler has replied, its timeout is over, or the node that was asked fails |
//! | `next` of [`Outputs`] | a node emits something, or every node has ended; in a handler of the system at once |
//! | `next` of a [`Subscription`] | a snapshot ends, whoever asked for it; in a handler of the system at once |
//! | [`System::join`] | every node has stopped or failed; and then as `shutdown` |
//! | [`System::shutdown`], [`shutdown_each`](System::shutdown_each), the drop of the last handle | the handlers that are running have returned: this wait has no other end. [`shutdown_within`](System::shutdown_within) has a timeout |
//! | [`System::wait_until`] | a snapshot shows the property, its timeout is over, or every node has stopped or failed and a snapshot after that does not show it |
//! | [`Monitor::join`](crate::monitor::Monitor::join) | all is found, or every node has stopped or failed and a snapshot after that was looked at |
//! | `next` of [`MonitorEvents`](crate::monitor::MonitorEvents) | there is an event, or the monitor ends; in a handler of the system at once |
//! | the drop of a [`Monitor`](crate::monitor::Monitor) | the property or the callback that is running has returned, and the last snapshot has ended if the monitor stops the system |
//!
//! [`System::try_inject`], [`stop_node`](System::stop_node), [`begin_snapshot`](System::begin_snapshot) and all
//! others wait for nothing. A call that would wait for the handler in which it is made is
//! [refused](System#in-a-handler). Nodes wait for messages, timers and room; markers and commands
//! wake them.

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
pub use coordinator::history::{FindSnapshotError, History, PastSnapshot};
pub(crate) use coordinator::outcome::discard_result;
pub use coordinator::outcome::{Outcome, SnapshotCounts, SnapshotResult};
pub use coordinator::pending::{PendingSnapshot, WaitTimeoutError};
pub use coordinator::settings::OnFailure;
pub use coordinator::subscription::Subscription;
pub use link::traffic::LinkTraffic;
pub use outputs::Outputs;
pub use outside::AskError;
pub(crate) use own_thread::OwnThreads;
pub use periodic::Periodic;
pub(crate) use sampler::{Sampler, Waited};
pub use shutdown::ShutdownError;
pub use system::System;
