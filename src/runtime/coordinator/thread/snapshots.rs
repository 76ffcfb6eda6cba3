//! Snapshots: their beginning, their completion and their failure.

use std::sync::Arc;
use std::time::Duration;

use super::Coordinator;
use crate::id::{NodeId, SnapshotId};
use crate::panics::discard_all;
use crate::protocol::{Abandoned, BeginError, Report};
use crate::runtime::coordinator::ended::Ended;
use crate::runtime::coordinator::halt::Halt;
use crate::runtime::coordinator::nodes::Nodes;
use crate::runtime::coordinator::outcome::{SnapshotResult, discard_result};
use crate::runtime::coordinator::request::Initiators;
use crate::runtime::coordinator::span::SnapshotSpan;
use crate::runtime::link::command::Command;
use crate::runtime::node::digest::PartDigest;
#[cfg(feature = "timely")]
use crate::runtime::node::recordings::Recordings;
use crate::runtime::node::reports::{Reports, discard_report};
use crate::snapshot::{GlobalSnapshot, Silent, SnapshotError};

impl<S, M, N: Nodes> Coordinator<S, M, N> {
    /// Only initiators that a caller has named need a check.
    pub(super) fn begin(&mut self, id: SnapshotId, initiators: Initiators) {
        let (nodes, is_covering) = match initiators {
            Initiators::Fewest => (self.initiators_with(&[]), true),
            Initiators::Only(nodes) => (nodes, false),
            Initiators::Requesting(nodes) => {
                nodes.iter().for_each(|&node| self.parts.nodes.answer(node));
                (self.initiators_with(&nodes), true)
            }
        };
        let (collector, now) = (&mut self.parts.collector, self.parts.clock.now());
        let begun = if is_covering {
            collector.begin_covering(id, &nodes, now)
        } else {
            collector.begin(id, &nodes, now)
        };
        let error = match begun {
            Ok(()) => {
                if let Some(span) = SnapshotSpan::begin(id, &nodes) {
                    self.parts.shared.registry.lock().set_span(id, span);
                }
                return self.tell_initiators(nodes, is_covering, Command::Begin(id));
            }
            Err(BeginError::Coverage(error)) => error.into(),
            Err(BeginError::NodeFailed(failure)) => {
                SnapshotError::NodeFailed { snapshot: id, failure }
            }
            // This is the last snapshot. It began when the last node stopped, and a stopped node
            // has failed since.
            Err(BeginError::IdUsed(_)) => return,
        };
        self.parts.collector.abandon(id);
        self.end_as(id, Err(error), Ending::Refused);
    }

    /// The initiators of a snapshot for which no caller has named them.
    fn initiators_with(&self, requesting: &[NodeId]) -> Vec<NodeId> {
        if N::BEGIN_EVERYWHERE {
            self.parts.collector.nodes().collect()
        } else {
            self.parts.collector.cover_with(requesting)
        }
    }

    fn tell_initiators(&self, nodes: Vec<NodeId>, is_covering: bool, begin: Command) {
        if is_covering && N::BEGIN_EVERYWHERE {
            self.parts.nodes.command_all(begin);
        } else {
            nodes.into_iter().for_each(|node| self.parts.nodes.command(node, begin));
        }
    }

    pub(super) fn cancel(&mut self, id: SnapshotId) {
        self.fail(id, |missing| SnapshotError::Cancelled { snapshot: id, missing });
    }

    pub(super) fn add(&mut self, reports: Reports<S, M>, at: Duration) {
        let (reports, digests) = reports.take();
        let mut digests = digests.into_iter();
        for report in reports {
            self.add_one(report, digests.next(), at);
        }
    }

    /// Adds the recordings of many nodes.
    #[cfg(feature = "timely")]
    pub(super) fn add_recordings(&mut self, recordings: Recordings<S, M>) {
        let at = recordings.at;
        let (nodes, links) = recordings.into_parts();
        for (record, at) in nodes {
            self.add_one(Report::Node(record), None, at);
        }
        for record in links {
            self.add_one(Report::Link(record), None, at);
        }
    }

    /// Adds a report, with its digests if recorded values are compared.
    pub(super) fn add_one(
        &mut self,
        report: Report<S, M>,
        digests: Option<Vec<PartDigest>>,
        at: Duration,
    ) {
        let id = report.snapshot();
        match self.parts.collector.add(report, at) {
            Ok(complete) => {
                if let Some(digests) = digests {
                    self.parts.shared.registry.lock().add_digests(id, digests);
                }
                if let Some(snapshot) = complete {
                    self.complete(Arc::new(snapshot));
                }
            }
            Err(late) => discard_report(late),
        }
    }

    /// Ends a snapshot that has all its records. The snapshot fails if a recorded value has
    /// changed.
    fn complete(&mut self, snapshot: Arc<GlobalSnapshot<S, M>>) {
        let id = snapshot.id();
        let change = self.parts.digests.and_then(|digests| {
            let recorded = self.parts.shared.registry.lock().take_digests(id);
            digests.find_change(&recorded, &snapshot)
        });
        match change {
            None => self.end(id, Ok(snapshot)),
            Some(error) => {
                self.end(id, Err(error));
                discard_result(Ok(snapshot));
            }
        }
    }

    /// Ends a snapshot that is not complete. Does nothing if it has ended.
    pub(super) fn fail(&mut self, id: SnapshotId, error: impl FnOnce(Silent) -> SnapshotError) {
        let topology = &self.parts.topology;
        let missing = match self.parts.collector.abandon(id) {
            Some(Abandoned { missing, states, messages }) => {
                discard_all(states);
                discard_all(messages);
                // Nodes that are ending need not know.
                if !self.is_halted {
                    self.parts.nodes.command_all(Command::Abandon(id));
                }
                Silent::recording(missing, topology)
            }
            None if self.last == Some(id) => Silent::halting(self.active.at_work(), topology),
            None => Silent::queued(),
        };
        self.end(id, Err(error(missing)));
    }

    fn end(&mut self, id: SnapshotId, result: SnapshotResult<S, M>) {
        self.end_as(id, result, Ending::Begun);
    }

    /// The registry removes the snapshot before the waiting callers wake, so that they find it in
    /// the history. After a failed last snapshot the nodes resume before any caller learns of the
    /// failure, since its caller may inject at once.
    fn end_as(&mut self, id: SnapshotId, result: SnapshotResult<S, M>, ending: Ending) {
        let shared = Arc::clone(&self.parts.shared);
        let now = self.parts.clock.now();
        let mut registry = shared.registry.lock();
        let ended = match (ending, result) {
            (Ending::Refused, Err(error)) => registry.refuse(id, error),
            (_, result) => registry.end(id, result, now),
        };
        let ended = match ended {
            Ok(ended) => ended,
            Err(result) => {
                drop(registry);
                return discard_result(result);
            }
        };
        self.wake = registry.next_wake();
        let (was_last, is_complete) = (ended.was_last, ended.result.is_ok());
        if was_last && !is_complete {
            self.last_has_failed(id, registry.last());
        }
        drop(registry);
        if was_last && !is_complete {
            self.settle();
        }
        self.deliver(ended);
        if was_last && is_complete {
            self.halt(&Halt::ShutDown);
        }
    }

    fn deliver(&self, ended: Ended<S, M>) {
        if let Some(over) = ended.over_up_to {
            self.parts.nodes.command_all(Command::AbandonUpTo(over));
        }
        self.parts.shared.deliver(ended);
    }

    /// Ends every snapshot and every question, since no snapshot begins any more.
    pub(super) fn close(&mut self, halt: &Halt) {
        self.parts.shared.questions.close();
        let live: Vec<_> = self.parts.collector.live().collect();
        for id in live {
            if let Some(Abandoned { states, messages, .. }) = self.parts.collector.abandon(id) {
                discard_all(states);
                discard_all(messages);
            }
        }
        loop {
            let requesting = std::mem::take(&mut self.requesting);
            let now = self.parts.clock.now();
            let (ended, is_over) = self.parts.shared.registry.lock().close(halt, requesting, now);
            ended.into_iter().for_each(|ended| self.parts.shared.deliver(ended));
            if is_over {
                break;
            }
        }
        self.parts.shared.has_ended_one.notify_all();
    }

    /// Ends the requests of nodes that had requested a snapshot before they ended.
    pub(super) fn refuse_requests(&mut self) {
        if !self.requesting.is_empty() {
            // The reason for which the nodes ended was stored before, and counts.
            self.close(&Halt::ShutDown);
        }
    }
}

/// Whether an ended snapshot had begun or waited, or could not begin at its turn.
#[derive(Clone, Copy)]
enum Ending {
    Begun,
    Refused,
}
