//! Consistent global snapshots of processes that run on threads.
#![warn(missing_docs)]

mod error;
mod id;
mod outbox;
mod process;
pub mod protocol;
pub mod runtime;
mod snapshot;
mod sync;
pub mod topology;

pub use error::{InjectError, NodeFailure, ShutdownError, SnapshotError, SpawnError};
pub use id::{LinkId, NodeId, SnapshotId};
pub use process::{Context, Process};
pub use protocol::MarkerPolicy;
pub use runtime::{Outcome, PendingSnapshot, SnapshotResult, Subscription, System, SystemBuilder};
pub use snapshot::{ChannelState, GlobalSnapshot, Timings, VerifyError, Violation};
pub use topology::{CoverageError, Link, Topology, TopologyError};

pub use petgraph;
