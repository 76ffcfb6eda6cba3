//! What the coordinator hears.

use std::time::Duration;

use super::digest::{Digests, PartDigest};
use crate::error::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::panics::{discard, discard_all};
use crate::protocol::{LinkRecord, NodeRecord, Report};
use crate::runtime::coordinator::pending::SnapshotResult;
use crate::runtime::coordinator::promise::Promise;

pub(crate) enum Event<S, M> {
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
pub(crate) struct Reports<S, M> {
    reports: Vec<Report<S, M>>,
    /// Of each report, if recorded values are compared.
    digests: Vec<Vec<PartDigest>>,
}

impl<S, M> Reports<S, M> {
    pub(crate) fn new(reports: Vec<Report<S, M>>, digests: Option<Digests<S, M>>) -> Self {
        let digests =
            digests.iter().flat_map(|digests| reports.iter().map(|report| digests.of(report)));
        let digests = digests.collect();
        Reports { reports, digests }
    }

    pub(crate) fn take(mut self) -> (Vec<Report<S, M>>, Vec<Vec<PartDigest>>) {
        (std::mem::take(&mut self.reports), std::mem::take(&mut self.digests))
    }
}

impl<S, M> Drop for Reports<S, M> {
    fn drop(&mut self) {
        self.reports.drain(..).for_each(discard_report);
    }
}

/// Drops the parts of a report by themselves.
pub(crate) fn discard_report<S, M>(report: Report<S, M>) {
    match report {
        Report::Node(NodeRecord { state, environment, .. }) => {
            discard(state);
            discard_all(environment.messages);
        }
        Report::Link(LinkRecord { messages, .. }) => discard_all(messages),
    }
}

/// A snapshot that a caller waits for.
pub(crate) struct Asked<S, M> {
    pub(crate) id: SnapshotId,
    pub(crate) promise: Promise<SnapshotResult<S, M>>,
    /// How long it may take.
    pub(crate) allowed: Duration,
}

/// Where a snapshot starts.
pub(crate) enum Initiators {
    /// At these nodes and no others.
    Only(Vec<NodeId>),
    /// At these nodes, and as few others as it takes to reach all.
    With(Vec<NodeId>),
}
