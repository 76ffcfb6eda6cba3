//! What a subscriber of the `tracing` crate sees: a span for each node's thread, and what nodes record.
//! Without the feature nothing is here and nothing is done.

#[cfg(feature = "tracing")]
pub(crate) use on::*;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::*;

#[cfg(feature = "tracing")]
mod on {
    use tracing::span::EnteredSpan;
    use tracing::{debug, error, info_span};

    use crate::error::NodeFailure;
    use crate::id::NodeId;
    use crate::protocol::Report;

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
    use crate::id::NodeId;
    use crate::protocol::Report;

    pub(crate) struct NoSpan;

    pub(crate) fn node(_: NodeId, _: &str) -> NoSpan {
        NoSpan
    }

    pub(crate) fn report<S, M>(_: &Report<S, M>) {}

    pub(crate) fn failure(_: &NodeFailure) {}
}
