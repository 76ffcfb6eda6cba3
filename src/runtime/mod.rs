//! Nodes on threads: the driver that a system runs on.
//!
//! Every node has an OS thread, every link is a crossbeam channel, and a coordinator in a thread of its own
//! starts snapshots and merges their records. The algorithm is in [`protocol`](crate::protocol); here envelopes
//! are moved, threads sleep and wake, and callers wait.
//!
//! ```text
//!   System (any thread)                  Coordinator thread
//!     snapshot(), begin_snapshot() ----->  CollectorCore ----> PendingSnapshot, Subscription
//!     inject() --+                           |  ^
//!                |            Begin(snapshot)|  | reports
//!                v                           v  |
//!              Node thread: links -> NodeCore -> links
//! ```

mod bell;
mod builder;
mod channel;
mod clock;
mod coordinator;
mod handle;
mod ledger;
mod link;
mod node_thread;
mod pending;
mod promise;
mod subscription;
mod threads;

pub use builder::SystemBuilder;
pub use handle::System;
pub use pending::{PendingSnapshot, SnapshotResult};
pub use subscription::{Outcome, Subscription};
