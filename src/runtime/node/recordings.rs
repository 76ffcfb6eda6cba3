//! Recordings of many nodes on their way to the coordinator.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reports::discard_report;
use crate::id::{LinkId, SnapshotId};
use crate::protocol::{LinkRecord, NodeRecord, Report};

/// Recordings of a worker's nodes and of their links. They are kept apart since there are more
/// links than nodes, and the record of a link is far smaller. They are dropped part by part,
/// wherever they end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recordings<S, M> {
    nodes: Vec<Recorded<S, M>>,
    /// The counts of all nodes, one node after the other.
    counts: Vec<u64>,
    /// The links that were recorded as empty, each with the snapshot. Nearly all are.
    empty: Vec<(SnapshotId, LinkId)>,
    /// The records of links with messages in flight.
    links: Vec<LinkRecord<M>>,
    /// The time of the last recording, which counts for all links.
    pub(crate) at: Duration,
}

/// The record of a node, but for its counts of links. These would be two boxes for each node, and
/// another thread is slow to free them.
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
        let (nodes, counts) = (Vec::new(), Vec::new());
        Recordings { nodes, counts, empty: Vec::new(), links: Vec::new(), at: Duration::ZERO }
    }

    pub(crate) fn push(&mut self, report: Report<S, M>, now: Duration) {
        self.at = now;
        match report {
            Report::Node(record) => self.push_node(record, now),
            Report::Link(LinkRecord { snapshot, link, messages }) if messages.is_empty() => {
                self.empty.push((snapshot, link));
            }
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
        if self.nodes.is_empty() && self.empty.is_empty() && self.links.is_empty() {
            return None;
        }
        // Most often as many follow.
        let next = Recordings {
            nodes: Vec::with_capacity(self.nodes.len()),
            counts: Vec::with_capacity(self.counts.len()),
            empty: Vec::with_capacity(self.empty.len()),
            links: Vec::with_capacity(self.links.len()),
            at: self.at,
        };
        Some(std::mem::replace(self, next))
    }

    /// The records of nodes, each with its time, and those of links. A snapshot needs all of them,
    /// so their order does not matter.
    pub(crate) fn into_parts(
        mut self,
    ) -> (impl Iterator<Item = (NodeRecord<S, M>, Duration)>, impl Iterator<Item = LinkRecord<M>>)
    {
        let (nodes, links) = (std::mem::take(&mut self.nodes), std::mem::take(&mut self.links));
        let as_record = |(snapshot, link)| LinkRecord { snapshot, link, messages: Vec::new() };
        let empty = std::mem::take(&mut self.empty).into_iter().map(as_record);
        let mut all = std::mem::take(&mut self.counts).into_iter();
        let nodes = nodes.into_iter().map(move |Recorded { mut record, at, counts }| {
            let mut next = |count: u32| all.by_ref().take(count as usize).collect();
            [record.sent, record.received, record.acknowledged] = counts.map(&mut next);
            (record, at)
        });
        (nodes, empty.chain(links))
    }
}

impl<S, M> Drop for Recordings<S, M> {
    fn drop(&mut self) {
        let nodes = self.nodes.drain(..).map(|recorded| Report::Node(recorded.record));
        nodes.for_each(discard_report);
        self.links.drain(..).map(Report::<S, M>::Link).for_each(discard_report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{LinkId, NodeId, SnapshotId};
    use crate::protocol::{EnvironmentRecord, OutputRecord};

    /// With one count of sent messages, and with as many of the others as are asked for.
    fn node(number: u32, received: u64, acknowledged: u64) -> NodeRecord<u32, u32> {
        NodeRecord {
            snapshot: SnapshotId::new(1),
            node: NodeId::new(number),
            state: number,
            stopped: false,
            drains: false,
            sent: [10].into(),
            received: (20..20 + received).collect(),
            acknowledged: (30..30 + acknowledged).collect(),
            timers: Vec::new(),
            output: OutputRecord::default(),
            environment: EnvironmentRecord { sent: 0, received: 0, messages: vec![number] },
        }
    }

    /// With as many messages as its number says.
    fn link(number: u32) -> LinkRecord<u32> {
        let messages = vec![number; number as usize];
        LinkRecord { snapshot: SnapshotId::new(1), link: LinkId::new(number), messages }
    }

    fn at(second: u64) -> Duration {
        Duration::from_secs(second)
    }

    #[test]
    fn records_come_out_as_they_were_put_in() {
        let mut all = Recordings::new();
        let nodes = [node(0, 2, 0), node(1, 0, 1), node(2, 3, 1)];
        for (second, record) in (0..).zip(nodes.clone()) {
            all.push(Report::Node(record), at(second));
            all.push(Report::Link(link(second as u32)), at(second));
        }
        let taken = all.take().expect("there are some");
        assert!(all.take().is_none());
        assert_eq!(taken.at, at(2));
        assert_eq!((taken.empty.len(), taken.links.len()), (1, 2), "an empty link has no vector");
        let (records, links) = taken.into_parts();
        assert!(records.eq(nodes.into_iter().zip([at(0), at(1), at(2)])));
        assert!(links.eq([link(0), link(1), link(2)]));
    }

    /// Such values come from another program. The collector refuses the records.
    #[test]
    fn counts_that_are_not_there_are_left_out() {
        let mut all = Recordings::new();
        all.push(Report::Node(node(0, 2, 0)), at(0));
        all.counts.truncate(2);
        all.nodes[0].counts = [1, u32::MAX, u32::MAX];
        let (mut records, _) = all.into_parts();
        let (record, _) = records.next().expect("one");
        assert_eq!((&*record.sent, &*record.received), (&[10][..], &[20][..]));
        assert!(record.acknowledged.is_empty());
    }
}
