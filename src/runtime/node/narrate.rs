//! Reports what nodes do, in two ways: in words, for a person who runs an execution of a model
//! alone; and to subscribers of the `tracing` crate, with the feature of that name. Without both,
//! these functions do nothing.

use std::fmt;

use crate::id::{LinkId, NodeId, SnapshotId};
use crate::protocol::{Envelope, Report};
use crate::sync::note;

#[cfg(not(feature = "tracing"))]
use off as subscribers;
#[cfg(feature = "tracing")]
use on as subscribers;
pub(crate) use subscribers::{failure, node};

pub(crate) fn sent(node: NodeId, messages: usize, link: LinkId) {
    (0..messages).for_each(|_| note(|| format!("{node} sends a message on {link}")));
}

pub(crate) fn marked(node: NodeId, link: LinkId, snapshot: SnapshotId) {
    note(|| format!("{node} sends the marker of {snapshot} on {link}"));
}

pub(crate) fn taken_in(node: NodeId, messages: usize, link: LinkId) {
    (0..messages).for_each(|_| note(|| format!("{node} takes in a message from {link}")));
}

pub(crate) fn taken_in_one<M>(node: NodeId, envelope: &Envelope<M>, link: LinkId) {
    note(|| format!("{node} takes in {} from {link}", Kind(envelope)));
}

pub(crate) fn returned(node: NodeId, link: LinkId, snapshot: SnapshotId) {
    note(|| format!("{node} sends the marker of {snapshot} back on {link}"));
}

pub(crate) fn handled(node: NodeId, messages: usize, link: LinkId) {
    (0..messages).for_each(|_| note(|| format!("{node} has handled a message from {link}")));
}

pub(crate) fn handled_from_outside(node: NodeId, messages: usize) {
    let told = || format!("{node} has handled a message from its environment link");
    (0..messages).for_each(|_| note(told));
}

pub(crate) fn reported<S, M>(node: NodeId, report: &Report<S, M>) {
    subscribers::report(report);
    let snapshot = report.snapshot();
    note(|| match report {
        Report::Node(_) => format!("{node} has recorded its state for {snapshot}"),
        Report::Link(record) => {
            let (link, messages) = (record.link, record.messages.len());
            format!("{node} has closed {link} for {snapshot}; messages in flight: {messages}")
        }
    });
}

struct Kind<'a, M>(&'a Envelope<M>);

impl<M> fmt::Display for Kind<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Envelope::Message(_) => f.write_str("a message"),
            Envelope::Marker(snapshot) => write!(f, "the marker of {snapshot}"),
            Envelope::End => f.write_str("the end"),
        }
    }
}

/// The part for subscribers: a span for each node's thread, and the node's recordings.
#[cfg(feature = "tracing")]
mod on {
    use tracing::span::EnteredSpan;
    use tracing::{debug, error, info_span};

    use crate::driver::NodeFailure;
    use crate::id::NodeId;
    use crate::protocol::Report;

    /// The span of a node's thread, for as long as the guard lives. It contains the log messages of
    /// handlers.
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
        error!(panic = failure.panic, "failed");
    }
}

#[cfg(not(feature = "tracing"))]
mod off {
    use crate::driver::NodeFailure;
    use crate::id::NodeId;
    use crate::protocol::Report;

    pub(crate) struct NoSpan;

    pub(crate) fn node(_: NodeId, _: &str) -> NoSpan {
        NoSpan
    }

    pub(crate) fn report<S, M>(_: &Report<S, M>) {}

    pub(crate) fn failure(_: &NodeFailure) {}
}
