//! Nodes: at work, stopped, down.

use super::{Coordinator, Halt};
use crate::error::{NodeFailure, SnapshotError};
use crate::id::NodeId;
use crate::runtime::link::command::Command;
use crate::runtime::node::event::Asked;
use crate::runtime::settings::OnFailure;

impl<S, M> Coordinator<S, M> {
    /// Nodes that are down do not hear it; their `NodeDown` has come or will.
    pub(super) fn command(&self, nodes: impl Iterator<Item = NodeId>, command: Command) {
        for node in nodes {
            self.nodes[node.index()].command(command);
        }
    }

    /// Halts every node; the snapshot follows when the last has stopped.
    pub(super) fn finish(&mut self, asked: Asked<S, M>) {
        let Asked { id, promise, allowed } = asked;
        self.waiting.add(id, promise);
        if let Some(halt) = &self.halted {
            return self.publish(id, Err(halt.error(id)));
        }
        self.agenda.allow(id, self.clock.now(), allowed);
        // One that waits already goes first, and if it is complete it leaves nothing for this one.
        self.last.push_back(id);
        if self.last.len() == 1 {
            self.active.halt();
            self.command(self.topology.nodes(), Command::Halt);
            self.settle();
        }
        self.cancel_if_it_was(id);
    }

    /// Lets the nodes go on, unless another call waits for a last snapshot.
    pub(super) fn last_has_failed(&mut self) {
        if self.last.is_empty() {
            self.active.resume();
            self.command(self.topology.nodes(), Command::Resume);
        }
        self.client.take_back_a_stop();
        self.settle();
    }

    /// If no node is at work any more: takes the last snapshot, or lets those know who wait for
    /// that.
    pub(super) fn settle(&mut self) {
        if !self.active.is_settled() {
            return;
        }
        match self.last.front() {
            Some(&id) => self.begin(id, &self.collector.cover_with(&[])),
            None => self.settled = None,
        }
    }

    /// Fails every snapshot that still waits for the node; one that has all of its records is not
    /// harmed.
    pub(super) fn node_down(&mut self, failure: NodeFailure) {
        let node = failure.node;
        self.collector.exclude(failure.clone());
        self.active.stopped(node);
        self.client.ledger.lock().add_failure(failure.clone());
        let failed = self.collector.excluded();
        if self.on_failure == OnFailure::Stop || failed.len() == self.topology.node_count() {
            // The first of them, which may have taken the others with it.
            let first = failed.first().cloned().unwrap_or(failure);
            return self.halt(&Halt::Failed(first));
        }
        let live: Vec<_> = self.collector.live().collect();
        for snapshot in live {
            if self.collector.waits_for(snapshot, node) {
                let failure = failure.clone();
                self.fail(snapshot, |_| SnapshotError::NodeDown { snapshot, failure });
            }
        }
        self.settle();
    }

    /// Ends every node. The first reason stands.
    pub(super) fn halt(&mut self, halt: &Halt) {
        if self.halted.is_none() {
            self.halted = Some(halt.clone());
            // Before anybody hears of a failure, so that it can be told from one that the system
            // outlives.
            self.ended = None;
            self.command(self.topology.nodes(), Command::ShutDown);
            self.fail_all(halt);
            self.client.end_streams();
            self.settled = None;
        }
    }
}
