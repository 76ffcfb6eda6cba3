//! What a subscriber of the `tracing` crate sees: a span for each snapshot and for each node's thread. Without the feature
//! nothing is here and nothing is done.

#[cfg(feature = "tracing")]
pub(crate) use on::*;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::*;

#[cfg(feature = "tracing")]
mod on {
    use std::collections::BTreeMap;

    use tracing::span::EnteredSpan;
    use tracing::{Span, debug, error, info, info_span, warn};

    use crate::error::NodeFailure;
    use crate::id::{NodeId, SnapshotId};
    use crate::protocol::Report;
    use crate::runtime::coordinator::pending::SnapshotResult;

    /// The spans of the snapshots that are under way.
    #[derive(Default)]
    pub(crate) struct Spans(BTreeMap<SnapshotId, Span>);

    impl Spans {
        pub(crate) fn begin(&mut self, id: SnapshotId, initiators: &[NodeId]) {
            let life = (id.life() > 0).then_some(id.life());
            let span =
                info_span!("snapshot", id = id.number(), life, initiators = initiators.len());
            span.in_scope(|| debug!("begun"));
            self.0.insert(id, span);
        }

        pub(crate) fn end<S, M>(&mut self, id: SnapshotId, result: &SnapshotResult<S, M>) {
            // One that has never begun has its say outside any span.
            let span = self.0.remove(&id).unwrap_or_else(Span::none);
            span.in_scope(|| match result {
                Ok(snapshot) => {
                    let timings = snapshot.timings();
                    let messages: usize = timings.nodes().iter().map(|node| node.messages).sum();
                    info!(snapshot = id.number(), took = ?timings.duration(), messages, "complete");
                }
                Err(error) => warn!(snapshot = id.number(), %error, "failed"),
            });
        }
    }

    /// The span of a node's thread, for as long as the guard lives: what the handlers log is in it.
    pub(crate) fn node(node: NodeId, name: &str) -> EnteredSpan {
        info_span!("node", index = node.index(), name).entered()
    }

    pub(crate) fn report<S, M>(report: &Report<S, M>) {
        let snapshot = report.snapshot().number();
        match report {
            Report::Node(_) => debug!(snapshot, "recorded"),
            Report::Link(record) => {
                let (link, messages) = (record.link.index(), record.messages.len());
                debug!(snapshot, link, messages, "link closed");
            }
        }
    }

    pub(crate) fn failure(failure: &NodeFailure) {
        error!(panic = failure.panic, "down");
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::error::NodeFailure;
    use crate::id::{NodeId, SnapshotId};
    use crate::protocol::Report;
    use crate::runtime::coordinator::pending::SnapshotResult;

    #[derive(Default)]
    pub(crate) struct Spans {}

    impl Spans {
        pub(crate) fn begin(&mut self, _: SnapshotId, _: &[NodeId]) {}

        pub(crate) fn end<S, M>(&mut self, _: SnapshotId, _: &SnapshotResult<S, M>) {}
    }

    pub(crate) struct NoSpan;

    pub(crate) fn node(_: NodeId, _: &str) -> NoSpan {
        NoSpan
    }

    pub(crate) fn report<S, M>(_: &Report<S, M>) {}

    pub(crate) fn failure(_: &NodeFailure) {}
}
