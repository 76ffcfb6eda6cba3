//! Nodes: at work, stopped, failed.

use super::Coordinator;
#[cfg(feature = "timely")]
use crate::driver::LostProcess;
use crate::driver::NodeFailure;
use crate::id::SnapshotId;
use crate::runtime::coordinator::halt::Halt;
use crate::runtime::coordinator::nodes::Nodes;
use crate::runtime::coordinator::request::Initiators;
use crate::runtime::coordinator::settings::OnFailure;
use crate::runtime::link::command::Command;
use crate::snapshot::SnapshotError;

impl<S, M, N: Nodes> Coordinator<S, M, N> {
    /// Halts every node, if a last snapshot is wanted and the nodes are not halted. The snapshot
    /// begins when the last node has stopped.
    pub(super) fn halt_nodes_for(&mut self, last: Option<SnapshotId>) {
        if self.last.is_none() && last.is_some() {
            self.last = last;
            self.active.halt();
            self.parts.nodes.command_all(Command::Halt);
            // Waiting callers get no room, and are refused.
            self.parts.nodes.let_callers_look();
            self.settle();
        }
    }

    /// Lets the nodes go on, unless another call waits for a last snapshot.
    pub(super) fn last_has_failed(&mut self, failed: SnapshotId, next: Option<SnapshotId>) {
        if self.last == Some(failed) {
            self.last = next;
            if next.is_none() {
                self.active.resume();
                self.parts.nodes.command_all(Command::Resume);
            }
        }
        *self.parts.shared.stops.write() -= 1;
    }

    /// If no node is at work any more: takes the last snapshot, or wakes the callers that wait for
    /// this state.
    pub(super) fn settle(&mut self) {
        if !self.active.is_settled() {
            return;
        }
        match self.last {
            Some(id) => self.begin(id, Initiators::Fewest),
            None => self.parts.shared.settled.open(),
        }
    }

    /// Fails every snapshot that still needs the node. A snapshot that has all records of the node
    /// goes on.
    pub(super) fn node_failed(&mut self, failure: NodeFailure) {
        let node = failure.node.id;
        self.parts.collector.node_failed(failure.clone());
        self.active.stopped(node);
        self.parts.shared.registry.lock().failures.push(failure.clone());
        self.parts.shared.questions.node_failed(node);
        let failed = self.parts.collector.failures();
        let stops = self.parts.on_failure == OnFailure::Stop;
        if stops || failed.len() == self.parts.topology.node_count() {
            // The first node that failed may have caused the other failures.
            let first = failed.first().cloned().unwrap_or(failure);
            return self.halt(&Halt::Failed(first));
        }
        let live: Vec<_> = self.parts.collector.live().collect();
        for snapshot in live {
            if self.parts.collector.waits_for(snapshot, node) {
                let failure = failure.clone();
                self.fail(snapshot, |_| SnapshotError::NodeFailed { snapshot, failure });
            }
        }
        self.settle();
    }

    /// Fails every snapshot under way, and ends every node, since a process of the cluster is lost.
    #[cfg(feature = "timely")]
    pub(super) fn process_lost(&mut self, lost: &LostProcess) {
        if self.is_halted {
            return;
        }
        // As in `halt`, this comes before any caller learns of a failure.
        self.parts.shared.ended.open();
        let live: Vec<_> = self.parts.collector.live().chain(self.last).collect();
        for snapshot in live {
            let lost = Box::new(lost.clone());
            self.fail(snapshot, |missing| SnapshotError::ProcessLost { snapshot, lost, missing });
        }
        self.halt(&Halt::ProcessLost(lost.clone()));
    }

    /// Ends every node. If it is called several times, the first reason counts.
    pub(super) fn halt(&mut self, halt: &Halt) {
        if self.is_halted {
            return;
        }
        // This comes before any caller learns of a failure. A caller can then distinguish it from a
        // failure that the system outlives.
        self.parts.shared.ended.open();
        self.parts.nodes.command_all(Command::ShutDown);
        self.parts.nodes.let_callers_look();
        (self.last, self.wake) = (None, None);
        self.close(halt);
        self.parts.shared.settled.open();
        self.is_halted = true;
    }
}
