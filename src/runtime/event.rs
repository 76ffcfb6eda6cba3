//! What the coordinator hears.

use std::time::Duration;

use super::pending::SnapshotResult;
use super::promise::Promise;
use super::subscription::Outcome;
use crate::error::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::protocol::Report;
use crate::sync::Sender;

pub(super) enum Event<S, M> {
    /// A caller wants a snapshot.
    Begin {
        asked: Asked<S, M>,
        initiators: Initiators,
    },
    /// A caller wants every node stopped, and then a snapshot.
    Finish(Asked<S, M>),
    /// A caller wants no longer to have it.
    Cancel(SnapshotId),
    /// A process wants a snapshot with its node among the initiators.
    Requested(NodeId),
    /// What a node has recorded, at this time.
    Reports(Vec<Report<S, M>>, Duration),
    /// A node has stopped: it handles nothing more.
    Stopped(NodeId),
    /// A node has panicked.
    NodeDown(NodeFailure),
    /// Somebody wants to hear of every snapshot that ends.
    Subscribe(Sender<Option<Outcome<S, M>>>),
    ShutDown,
}

/// A snapshot that a caller waits for.
pub(super) struct Asked<S, M> {
    pub(super) id: SnapshotId,
    pub(super) promise: Promise<SnapshotResult<S, M>>,
    /// How long it may take.
    pub(super) allowed: Duration,
}

/// Where a snapshot starts.
pub(super) enum Initiators {
    /// At these nodes and no others.
    Only(Vec<NodeId>),
    /// At these nodes, and as few others as it takes to reach all.
    With(Vec<NodeId>),
}
