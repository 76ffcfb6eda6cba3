//! Snapshots: asked for, begun, complete or failed.

use std::sync::Arc;
use std::time::Duration;

use super::{Coordinator, Halt, Unheard};
use crate::error::{Silent, SnapshotError};
use crate::id::{NodeId, SnapshotId};
use crate::protocol::{Abandoned, BeginError};
use crate::runtime::coordinator::pending::{SnapshotResult, discard_result};
use crate::runtime::link::command::Command;
use crate::runtime::node::digest::PartDigest;
use crate::runtime::node::event::{Asked, Initiators, Reports, discard_report};
use crate::snapshot::GlobalSnapshot;

/// The nodes are told of snapshots that they have never heard of once these are so many.
const MOST_UNHEARD: u64 = 64;

impl<S, M> Coordinator<S, M> {
    pub(super) fn ask(&mut self, asked: Asked<S, M>, initiators: Initiators) {
        let Asked { id, promise, allowed } = asked;
        self.waiting.add(id, promise);
        match &self.halted {
            Some(halt) => self.publish(id, Err(halt.error(id))),
            None => self.agenda.ask(id, initiators, self.clock.now(), allowed),
        }
        self.cancel_if_it_was(id);
    }

    /// A process asks for a snapshot, and joins the others that wait for one.
    pub(super) fn request(&mut self, node: NodeId) {
        match self.halted.clone() {
            Some(halt) => self.refuse_requests(&halt),
            None => self.agenda.request(node),
        }
    }

    /// Begins the snapshot that answers the requests of these nodes. Only now is there one: it has
    /// its id and its time from here on.
    pub(super) fn begin_requested(&mut self, nodes: &[NodeId], now: Duration) {
        let (_, Asked { id, promise, allowed }) = self.client.open(self.deadline);
        self.waiting.add(id, promise);
        self.agenda.begin_requested(id, now, allowed);
        nodes.iter().for_each(|&node| self.client.requests.answer(node));
        self.begin(id, &self.collector.cover_with(nodes));
    }

    /// No snapshot begins any more: those who listen for the one that was to answer nodes hear why
    /// there is none.
    fn refuse_requests(&mut self, halt: &Halt) {
        let (_, Asked { id, promise, .. }) = self.client.open(self.deadline);
        self.waiting.add(id, promise);
        self.publish(id, Err(halt.error(id)));
    }

    pub(super) fn cancel(&mut self, id: SnapshotId) {
        if self.waiting.contains(id) {
            self.fail(id, |missing| SnapshotError::Cancelled { snapshot: id, missing });
        } else if self.client.ledger.lock().is_live(id) {
            // Whoever asks for it has opened the books, and has yet to tell.
            self.waiting.cancel_ahead(id);
        }
    }

    pub(super) fn cancel_if_it_was(&mut self, id: SnapshotId) {
        if self.waiting.was_cancelled(id) {
            self.cancel(id);
        }
    }

    pub(super) fn begin(&mut self, id: SnapshotId, initiators: &[NodeId]) {
        let begun = self.collector.begin(id, initiators, self.clock.now());
        let error = match begun {
            Ok(()) => {
                self.spans.begin(id, initiators);
                return self.command(initiators.iter().copied(), Command::Begin(id));
            }
            Err(BeginError::Coverage(error)) => error.into(),
            Err(BeginError::NodeDown(failure)) => SnapshotError::NodeDown { snapshot: id, failure },
            // The last snapshot: it was begun when the last node stopped, and a stopped one has
            // failed since.
            Err(BeginError::IdUsed(_)) => return,
        };
        self.agenda.take_back(id);
        self.collector.abandon(id);
        self.unheard.snapshots += 1;
        self.publish(id, Err(error));
    }

    pub(super) fn add(&mut self, reports: Reports<S, M>, at: Duration) {
        let (reports, digests) = reports.take();
        let mut digests = digests.into_iter();
        for report in reports {
            let id = report.snapshot();
            let digests = digests.next();
            match self.collector.add(report, at) {
                Ok(complete) => {
                    self.note(id, digests);
                    if let Some(snapshot) = complete {
                        self.complete(Arc::new(snapshot));
                    }
                }
                Err(late) => discard_report(late),
            }
        }
    }

    fn note(&mut self, id: SnapshotId, digests: Option<Vec<PartDigest>>) {
        if let Some((comparison, digests)) = self.comparison.as_mut().zip(digests) {
            comparison.note(id, digests);
        }
    }

    /// Publishes a snapshot, unless a value in it has changed.
    fn complete(&mut self, snapshot: Arc<GlobalSnapshot<S, M>>) {
        let comparison = self.comparison.as_ref();
        match comparison.and_then(|comparison| comparison.find_change(&snapshot)) {
            None => self.publish(snapshot.id(), Ok(snapshot)),
            Some(error) => {
                self.publish(snapshot.id(), Err(error));
                discard_result(Ok(snapshot));
            }
        }
    }

    /// Ends a snapshot that was asked for and is not complete; nothing happens if there is none.
    pub(super) fn fail(&mut self, id: SnapshotId, error: impl FnOnce(Silent) -> SnapshotError) {
        if !self.waiting.contains(id) {
            return;
        }
        let missing = match self.collector.abandon(id) {
            Some(Abandoned { missing, records }) => {
                records.into_iter().for_each(discard_report);
                self.forget(id);
                Silent::recording(missing, &self.topology)
            }
            None => {
                self.unheard.snapshots += 1;
                match self.last.front() {
                    Some(last) if *last == id => {
                        Silent::halting(self.active.at_work(), &self.topology)
                    }
                    _ => Silent::queued(),
                }
            }
        };
        self.publish(id, Err(error(missing)));
    }

    /// Tells the nodes that a snapshot which was under way is over. Nodes that end need not know.
    fn forget(&self, id: SnapshotId) {
        if self.halted.is_none() {
            self.command(self.topology.nodes(), Command::Abandon(id));
        }
    }

    /// Tells the nodes of snapshots that never began, all at once, when there are many and none
    /// older is under way.
    fn forget_unheard(&mut self) {
        if self.unheard.snapshots < MOST_UNHEARD || self.halted.is_some() {
            return;
        }
        let over = self.client.ledger.lock().last_of_those_over();
        if over > self.unheard.told {
            self.unheard = Unheard { snapshots: 0, told: over };
            if let Some(id) = over {
                self.command(self.topology.nodes(), Command::AbandonUpTo(id));
            }
        }
    }

    pub(super) fn fail_all(&mut self, halt: &Halt) {
        // None of these comes after another any more.
        self.last.clear();
        if self.agenda.take_requests().is_some() {
            self.refuse_requests(halt);
        }
        while let Some(id) = self.waiting.first() {
            self.fail(id, |_| halt.error(id));
        }
    }

    /// The books are closed before the waiting callers wake, so that they find the snapshot in the
    /// history. Before that the nodes go on, if this was a last snapshot that failed: its caller
    /// may inject at once.
    pub(super) fn publish(&mut self, id: SnapshotId, result: SnapshotResult<S, M>) {
        self.agenda.end(id, self.clock.now());
        if let Some(comparison) = &mut self.comparison {
            comparison.forget(id);
        }
        let waiting = self.last.len();
        self.last.retain(|last| *last != id);
        let is_last = self.last.len() < waiting;
        let is_complete = result.is_ok();
        if is_last && !is_complete {
            self.last_has_failed();
        }
        self.client.close(id, &result);
        self.spans.end(id, &result);
        if let Some(promise) = self.waiting.remove(id) {
            promise.keep(result.clone());
        }
        // Where nobody has kept it, its values end here.
        discard_result(result);
        self.forget_unheard();
        if is_last && is_complete {
            self.halt(&Halt::ShutDown);
        }
    }
}
