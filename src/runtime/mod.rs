//! Nodes on threads: the driver that a system runs on.
//!
//! Every node has an OS thread, every link is a pair of crossbeam channels, and a coordinator in a thread of its own
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

mod agenda;
mod bell;
mod builder;
mod channel;
mod clock;
mod coordinator;
mod desk;
mod digest;
mod discard;
mod event;
mod gauge;
mod handle;
mod history;
mod idleness;
mod in_link;
mod ledger;
mod marks;
mod node_thread;
mod notes;
mod options;
mod out_link;
mod outside;
mod pending;
mod periodic;
mod promise;
mod requests;
mod roll;
mod sampler;
mod settings;
mod subscribers;
mod subscription;
mod threads;
mod trace;
mod traffic;
mod waiting;
mod wiring;

pub use builder::SystemBuilder;
pub(crate) use discard::{discard, discard_result};
pub use handle::{EndedNode, System};
pub use history::{History, PastSnapshot};
pub use ledger::SnapshotCounts;
pub use options::SnapshotOptions;
pub use pending::{PendingSnapshot, SnapshotResult};
pub use periodic::Periodic;
pub(crate) use sampler::{Sampler, Waited};
pub use settings::OnFailure;
pub use subscription::{Outcome, Subscription};
pub use traffic::LinkTraffic;
