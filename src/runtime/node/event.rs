//! Events that nodes send to the coordinator.

use std::sync::Arc;
use std::time::Duration;

use super::digest::{Digests, PartDigest};
#[cfg(feature = "timely")]
use super::recordings::Recordings;
use crate::driver::NodeFailure;
use crate::id::NodeId;
use crate::panics::{discard, discard_all};
use crate::protocol::{LinkRecord, NodeRecord, Report};

/// An event of a node.
pub(crate) enum NodeEvent<S, M> {
    /// The node's process wants a snapshot with its node among the initiators.
    Requested(NodeId),
    /// The reports of the node's recordings, and their time.
    Reports(Reports<S, M>, Duration),
    /// Recordings of many nodes.
    #[cfg(feature = "timely")]
    Recorded(Recordings<S, M>),
    /// The node has stopped and will handle no more messages.
    Stopped(NodeId),
    /// The node has obeyed a command to halt. It had not stopped before. Each command to halt is
    /// answered once.
    Halted(NodeId),
    /// The node has panicked.
    Failed(NodeFailure),
}

/// Sends an event to the coordinator. If the coordinator is gone, the event is dropped: the system
/// is being shut down.
pub(crate) type Tell<S, M> = Arc<dyn Fn(NodeEvent<S, M>) + Send + Sync>;

/// Reports on their way. They are dropped part by part, wherever they end: for example unread, in a
/// channel whose receiver goes.
pub(crate) struct Reports<S, M> {
    reports: Vec<Report<S, M>>,
    /// The digests of each report, if recorded values are compared.
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

/// Drops the parts of a report one at a time.
pub(crate) fn discard_report<S, M>(report: Report<S, M>) {
    match report {
        Report::Node(NodeRecord { state, output, environment, .. }) => {
            discard(state);
            discard_all(output.untaken.into_vec());
            discard_all(environment.messages);
        }
        Report::Link(LinkRecord { messages, .. }) => discard_all(messages),
    }
}
