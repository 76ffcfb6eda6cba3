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
    /// Each with its own time, from which the node's pending timers count.
    nodes: Vec<(NodeRecord<S, M>, Duration)>,
    links: Vec<LinkRecord<M>>,
    /// The time of the last recording, which counts for all links.
    pub(crate) at: Duration,
}

impl<S, M> Recordings<S, M> {
    pub(crate) fn new() -> Self {
        Recordings { nodes: Vec::new(), links: Vec::new(), at: Duration::ZERO }
    }

    pub(crate) fn push(&mut self, report: Report<S, M>, now: Duration) {
        self.at = now;
        match report {
            Report::Node(record) => self.nodes.push((record, now)),
            Report::Link(record) => self.links.push(record),
        }
    }

    /// Takes the recordings, if there are any.
    pub(crate) fn take(&mut self) -> Option<Self> {
        if self.nodes.is_empty() && self.links.is_empty() {
            return None;
        }
        // Most often as many follow.
        let (nodes, links) = (self.nodes.len(), self.links.len());
        let (nodes, links) = (Vec::with_capacity(nodes), Vec::with_capacity(links));
        Some(std::mem::replace(self, Recordings { nodes, links, at: self.at }))
    }

    /// The records of nodes and of links. A snapshot needs all of them, so their order does not
    /// matter.
    pub(crate) fn into_parts(mut self) -> (Vec<(NodeRecord<S, M>, Duration)>, Vec<LinkRecord<M>>) {
        (std::mem::take(&mut self.nodes), std::mem::take(&mut self.links))
    }
}

impl<S, M> Drop for Recordings<S, M> {
    fn drop(&mut self) {
        self.nodes.drain(..).for_each(|(record, _)| discard_report(Report::Node(record)));
        self.links.drain(..).map(Report::<S, M>::Link).for_each(discard_report);
    }
}
