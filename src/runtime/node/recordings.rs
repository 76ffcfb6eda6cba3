//! Recordings of many nodes on their way to the coordinator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reports::discard_report;
use crate::protocol::{LinkRecord, NodeRecord, Report};

/// Recordings of a worker's nodes and of their links. They are kept apart since there are more
/// links than nodes, and the record of a link is far smaller. They are dropped part by part,
/// wherever they end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recordings<S, M> {
    nodes: Vec<Recorded<S, M>>,
    /// The counts of all nodes, one node after the other.
    counts: Vec<u64>,
    links: Vec<LinkRecord<M>>,
    /// The time of the last recording, which counts for all links.
    pub(crate) at: Duration,
}

/// The record of a node, but for its counts of links. A million nodes would otherwise leave two
/// boxes each to another thread, which is slow to free them.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Recorded<S, M> {
    record: NodeRecord<S, M>,
    /// The node's own time, from which its pending timers count.
    at: Duration,
    /// How many counts of sent, received and acknowledged messages are the node's.
    counts: [u32; 3],
}

impl<S, M> Recordings<S, M> {
    pub(crate) fn new() -> Self {
        let (nodes, counts, links) = (Vec::new(), Vec::new(), Vec::new());
        Recordings { nodes, counts, links, at: Duration::ZERO }
    }

    pub(crate) fn push(&mut self, report: Report<S, M>, now: Duration) {
        self.at = now;
        match report {
            Report::Node(record) => self.push_node(record, now),
            Report::Link(record) => self.links.push(record),
        }
    }

    fn push_node(&mut self, mut record: NodeRecord<S, M>, at: Duration) {
        let counts = [&mut record.sent, &mut record.received, &mut record.acknowledged];
        let counts = counts.map(|counts| {
            self.counts.extend_from_slice(counts);
            // A node has fewer links than there are numbers of links.
            std::mem::take(counts).len() as u32
        });
        self.nodes.push(Recorded { record, at, counts });
    }

    /// Takes the recordings, if there are any.
    pub(crate) fn take(&mut self) -> Option<Self> {
        if self.nodes.is_empty() && self.links.is_empty() {
            return None;
        }
        // Most often as many follow.
        let next = Recordings {
            nodes: Vec::with_capacity(self.nodes.len()),
            counts: Vec::with_capacity(self.counts.len()),
            links: Vec::with_capacity(self.links.len()),
            at: self.at,
        };
        Some(std::mem::replace(self, next))
    }

    /// The records of nodes, each with its time, and those of links. A snapshot needs all of them,
    /// so their order does not matter.
    pub(crate) fn into_parts(
        mut self,
    ) -> (impl Iterator<Item = (NodeRecord<S, M>, Duration)>, Vec<LinkRecord<M>>) {
        let (nodes, links) = (std::mem::take(&mut self.nodes), std::mem::take(&mut self.links));
        let mut all = std::mem::take(&mut self.counts).into_iter();
        let nodes = nodes.into_iter().map(move |Recorded { mut record, at, counts }| {
            let mut next = |count: u32| all.by_ref().take(count as usize).collect();
            [record.sent, record.received, record.acknowledged] = counts.map(&mut next);
            (record, at)
        });
        (nodes, links)
    }
}

impl<S, M> Drop for Recordings<S, M> {
    fn drop(&mut self) {
        let nodes = self.nodes.drain(..).map(|recorded| Report::Node(recorded.record));
        nodes.for_each(discard_report);
        self.links.drain(..).map(Report::<S, M>::Link).for_each(discard_report);
    }
}
