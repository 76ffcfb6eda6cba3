//! A snapshot as subscribers of the `tracing` crate see it. Without the feature there is no span,
//! and these functions do nothing.

pub(crate) use spans::*;

#[cfg(feature = "tracing")]
mod spans {
    use tracing::{Span, debug, info, info_span, warn};

    use crate::id::{NodeId, SnapshotId};
    use crate::runtime::coordinator::outcome::SnapshotResult;

    /// The span of a snapshot that is under way.
    pub(crate) struct SnapshotSpan(Span);

    impl SnapshotSpan {
        /// Begins the span. This calls a subscriber, so the caller must hold no lock.
        pub(crate) fn begin(id: SnapshotId, initiators: &[NodeId]) -> Option<Self> {
            let life = (id.life() > 0).then_some(id.life());
            let span =
                info_span!("snapshot", id = id.number(), life, initiators = initiators.len());
            span.in_scope(|| debug!("begun"));
            Some(SnapshotSpan(span))
        }

        /// Ends the span. The caller must hold no lock. A snapshot that never began ends outside
        /// any span.
        pub(crate) fn end<S, M>(span: Option<Self>, id: SnapshotId, result: &SnapshotResult<S, M>) {
            let span = span.map_or_else(Span::none, |span| span.0);
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
}

#[cfg(not(feature = "tracing"))]
mod spans {
    use crate::id::{NodeId, SnapshotId};
    use crate::runtime::coordinator::outcome::SnapshotResult;

    pub(crate) struct SnapshotSpan;

    impl SnapshotSpan {
        pub(crate) fn begin(_: SnapshotId, _: &[NodeId]) -> Option<Self> {
            None
        }

        pub(crate) fn end<S, M>(_: Option<Self>, _: SnapshotId, _: &SnapshotResult<S, M>) {}
    }
}
