//! A trace out of the logs that nodes kept, each its own.

use std::collections::{BTreeMap, VecDeque};
use std::iter::Peekable;
use std::sync::Arc;
use std::vec;

use super::event::Logged;
use super::trace::{Trace, TraceError};
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::Topology;

impl Trace {
    /// Merges the logs of nodes, which are given by node. The time is linear in the number of
    /// entries and the size of the topology.
    ///
    /// The logs do not tell which of two events at different nodes happened first, unless one event
    /// depends on the other. So the trace is one of several orders in which the run could have
    /// happened. The same logs always give the same trace.
    ///
    /// # Errors
    /// If no order of all events has each message received after it was sent: such logs are not of
    /// one run. The error says why the log of a node cannot be continued; of several such nodes,
    /// the lowest is named.
    pub fn merge(topology: Arc<Topology>, logs: Vec<Vec<Logged>>) -> Result<Trace, TraceError> {
        let mut merge = Merge::new(topology, logs);
        while let Some(node) = merge.ready.pop_front() {
            merge.go_on(node);
        }
        merge.finish()
    }
}

/// A merge under way. Each node is ready, or waits for one message or recording, or is through. An
/// entry that can be added now can be added later too, so any of the ready nodes may go on.
struct Merge {
    trace: Trace,
    /// The rest of each node's log.
    logs: Vec<Peekable<vec::IntoIter<Logged>>>,
    ready: VecDeque<NodeId>,
    /// For each link: whether its target waits for a message on it.
    awaits_message: Vec<bool>,
    /// For each link: whether the next entry of its source acknowledges a message that is still to
    /// be received.
    awaits_receipt: Vec<bool>,
    /// The nodes that wait for the recording that a node makes for a snapshot.
    await_recording: BTreeMap<(SnapshotId, NodeId), Vec<NodeId>>,
}

impl Merge {
    fn new(topology: Arc<Topology>, logs: Vec<Vec<Logged>>) -> Self {
        Merge {
            ready: (0..logs.len()).map(|index| NodeId::new(index as u32)).collect(),
            logs: logs.into_iter().map(|log| log.into_iter().peekable()).collect(),
            awaits_message: vec![false; topology.link_count()],
            awaits_receipt: vec![false; topology.link_count()],
            await_recording: BTreeMap::new(),
            trace: Trace::new(topology),
        }
    }

    /// Adds the entries of a node's log until an entry is refused.
    fn go_on(&mut self, node: NodeId) {
        while let Some(entry) = self.logs[node.index()].peek() {
            match self.trace.add(node, entry) {
                Err(error) => return self.wait(node, &error),
                Ok(()) => {
                    let added = self.logs[node.index()].next();
                    added.into_iter().for_each(|entry| self.wake(node, &entry));
                }
            }
        }
    }

    /// Notes what a node waits for. An entry that is refused for any other reason would be refused
    /// later too.
    fn wait(&mut self, node: NodeId, error: &TraceError) {
        match *error {
            TraceError::OutOfTurn { link, .. } => {
                if let Some(awaits) = self.awaits_message.get_mut(link.index()) {
                    *awaits = true;
                }
            }
            TraceError::AcknowledgedTooSoon { link, .. } => {
                if let Some(awaits) = self.awaits_receipt.get_mut(link.index()) {
                    *awaits = true;
                }
            }
            TraceError::MarkerTooSoon { link, snapshot, .. } => {
                if let Some(link) = self.trace.topology().link(link) {
                    let other_end = if link.source == node { link.target } else { link.source };
                    let recording = (snapshot, other_end);
                    self.await_recording.entry(recording).or_default().push(node);
                }
            }
            _ => {}
        }
    }

    /// Readies the nodes that wait for this entry, and no others: this keeps the time linear.
    fn wake(&mut self, node: NodeId, entry: &Logged) {
        match entry {
            Logged::Handled { cause, sends } => {
                sends.iter().for_each(|&link| self.wake_target(link));
                if let Some((link, _)) = cause.received() {
                    self.wake_source(link);
                }
            }
            Logged::Recorded(snapshot) => {
                let waiting = self.await_recording.remove(&(*snapshot, node));
                self.ready.extend(waiting.into_iter().flatten());
            }
            Logged::Marker(..) | Logged::MarkerReturned(..) | Logged::Acknowledged(..) => {}
        }
    }

    fn wake_target(&mut self, link: LinkId) {
        if std::mem::take(&mut self.awaits_message[link.index()]) {
            let target = self.trace.topology().link(link).map(|link| link.target);
            self.ready.extend(target);
        }
    }

    fn wake_source(&mut self, link: LinkId) {
        let awaits = self.awaits_receipt.get_mut(link.index());
        if awaits.is_some_and(std::mem::take) {
            let source = self.trace.topology().link(link).map(|link| link.source);
            self.ready.extend(source);
        }
    }

    /// Called when no node is ready: entries that are left cannot be added.
    fn finish(mut self) -> Result<Trace, TraceError> {
        for (index, log) in self.logs.into_iter().enumerate() {
            let node = NodeId::new(index as u32);
            for entry in log {
                self.trace.add(node, &entry)?;
            }
        }
        Ok(self.trace)
    }
}
