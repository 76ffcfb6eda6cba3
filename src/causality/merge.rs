//! One trace out of the logs that nodes kept apart.

use std::collections::{BTreeMap, VecDeque};
use std::iter::Peekable;
use std::sync::Arc;
use std::vec;

use super::event::Logged;
use super::trace::{Trace, TraceError};
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::Topology;

impl Trace {
    /// Puts the logs of nodes together that were kept apart, by node. The time is linear in their entries and the topology.
    ///
    /// The logs do not say what happened first at different nodes, unless one depends on the other. So the trace is one order of
    /// several in which the run could have happened; the same logs give the same.
    ///
    /// # Errors
    /// If there is no order of all events in which each message is received after it was sent: then the logs are of no one run.
    /// It says what keeps the log of the lowest node from going on, of those that cannot.
    pub fn merge(topology: Arc<Topology>, logs: Vec<Vec<Logged>>) -> Result<Trace, TraceError> {
        let mut merge = Merge::new(topology, logs);
        while let Some(node) = merge.ready.pop_front() {
            merge.go_on(node);
        }
        merge.finish()
    }
}

/// A merge under way. Each node is ready, waits for one message or recording, or is through: an entry can no longer be refused
/// once it was accepted, so it does not matter which of the ready nodes goes on.
struct Merge {
    trace: Trace,
    /// What is left of each node's log.
    logs: Vec<Peekable<vec::IntoIter<Logged>>>,
    ready: VecDeque<NodeId>,
    /// Of each link, whether its target waits for a message on it.
    awaits_message: Vec<bool>,
    /// Of each link, whether its source waits to be told of a message that is still to be received.
    awaits_receipt: Vec<bool>,
    /// Who waits for the recording that a node makes for a snapshot.
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

    /// Adds what it can of a node's log.
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

    /// Notes what a node waits for. Anything else that is refused now would be refused later too.
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

    /// Readies the nodes that wait for what an entry of a node has brought, and no others: that keeps it linear.
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

    /// Nobody is ready: what is left of a log cannot be added.
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
