//! What the coordinator hears.

use std::time::Duration;

use super::digest::{Digests, PartDigest};
use super::discard::discard_report;
use super::pending::SnapshotResult;
use super::promise::Promise;
use crate::error::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::protocol::Report;

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
    Reports(Reports<S, M>, Duration),
    /// A node has stopped for good: it handles nothing more.
    Stopped(NodeId),
    /// A node that has not stopped was told to halt, and has. Each such word is answered once.
    Halted(NodeId),
    /// A node has panicked.
    NodeDown(NodeFailure),
    ShutDown,
}

/// Reports on their way. Wherever they end, unheard perhaps in a channel whose receiver goes, they are dropped part by part.
pub(super) struct Reports<S, M> {
    reports: Vec<Report<S, M>>,
    /// Of each report, if recorded values are compared.
    digests: Vec<Vec<PartDigest>>,
}

impl<S, M> Reports<S, M> {
    pub(super) fn new(reports: Vec<Report<S, M>>, digests: Option<Digests<S, M>>) -> Self {
        let digests =
            digests.iter().flat_map(|digests| reports.iter().map(|report| digests.of(report)));
        let digests = digests.collect();
        Reports { reports, digests }
    }

    pub(super) fn take(mut self) -> (Vec<Report<S, M>>, Vec<Vec<PartDigest>>) {
        (std::mem::take(&mut self.reports), std::mem::take(&mut self.digests))
    }
}

impl<S, M> Drop for Reports<S, M> {
    fn drop(&mut self) {
        self.reports.drain(..).for_each(discard_report);
    }
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
