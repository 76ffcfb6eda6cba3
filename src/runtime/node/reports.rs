//! Reports of recordings on their way to the coordinator.

use super::digest::{Digests, PartDigest};
use crate::panics::{discard, discard_all};
use crate::protocol::{LinkRecord, NodeRecord, Report};

/// Reports on their way. They are dropped part by part, wherever they end: for example unread, in a
/// channel whose receiver goes.
pub(crate) struct Reports<S, M> {
    reports: Vec<Report<S, M>>,
    /// The digests of each report, if recorded values are compared.
    digests: Vec<Vec<PartDigest>>,
}

impl<S, M> Reports<S, M> {
    pub(crate) fn new(reports: Vec<Report<S, M>>, digests: Option<Digests<S, M>>) -> Self {
        let of_all = |of: Digests<S, M>| reports.iter().map(|report| of.of(report)).collect();
        let digests = digests.map(of_all).unwrap_or_default();
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
