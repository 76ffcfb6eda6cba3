//! What nodes do, in words: for whoever runs an execution of a model alone. On the machine's threads nothing of it is there.

use std::fmt;

use crate::id::{LinkId, NodeId, SnapshotId};
use crate::protocol::{Envelope, Report};
use crate::sync::note;

pub(crate) fn sent<M>(node: NodeId, envelope: &Envelope<M>, link: LinkId) {
    note(|| format!("{node} sends {} on {link}", Kind(envelope)));
}

pub(crate) fn taken_in<M>(node: NodeId, envelope: &Envelope<M>, link: LinkId) {
    note(|| format!("{node} takes in {} from {link}", Kind(envelope)));
}

pub(crate) fn returned(node: NodeId, link: LinkId, snapshot: SnapshotId) {
    note(|| format!("{node} sends the marker of {snapshot} back on {link}"));
}

pub(crate) fn handled(node: NodeId, link: LinkId) {
    note(|| format!("{node} has handled a message from {link}"));
}

pub(crate) fn reported<S, M>(node: NodeId, report: &Report<S, M>) {
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
