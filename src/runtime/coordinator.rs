//! The coordinator: a thread that starts snapshots, brings reports to the collector core, and answers whoever waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::agenda::Agenda;
use super::clock::Clock;
use super::desk::Desk;
use super::discard::{discard_report, discard_result, discard_snapshot};
use super::event::{Asked, Event, Initiators};
use super::outside::{Command, NodePort};
use super::pending::SnapshotResult;
use super::promise::Promise;
use super::roll::Roll;
use super::settings::{OnFailure, Settings};
use super::subscription::{Outcome, Subscribers};
use super::trace::Spans;
use super::waiting::Waiting;
use crate::error::{Missing, NodeFailure, Silent, SnapshotError};
use crate::id::{NodeId, SnapshotId};
use crate::protocol::{Abandoned, BeginError, CollectorCore, Report};
use crate::sync::Receiver;
use crate::topology::Topology;

pub(super) struct Coordinator<S, M> {
    events: Receiver<Event<S, M>>,
    topology: Arc<Topology>,
    /// Of the snapshots that nodes ask for.
    deadline: Duration,
    on_failure: OnFailure,
    nodes: Vec<NodePort<M>>,
    desk: Arc<Desk<S, M>>,
    clock: Clock,
    collector: CollectorCore<S, M>,
    agenda: Agenda<Initiators>,
    roll: Roll,
    waiting: Waiting<S, M>,
    subscribers: Subscribers<S, M>,
    spans: Spans,
    /// Snapshots to take once every node has stopped: the first of them, and the next only if that fails.
    last: VecDeque<SnapshotId>,
    /// Why no snapshot begins any more.
    halted: Option<Halt>,
    /// Dropped when no snapshot will be taken any more. It stands before `settled`: a thread that
    /// wakes because the nodes have settled finds out then whether the system has ended too.
    ended: Option<Promise<()>>,
    /// Dropped when no node will handle anything more; that wakes the threads that wait for it.
    settled: Option<Promise<()>>,
}

/// Why the nodes have ended.
#[derive(Clone)]
enum Halt {
    /// A caller wanted it.
    ShutDown,
    /// A node has failed, and the system stops with it; or every node has, and this one was the
    /// first.
    Failed(NodeFailure),
}

/// The loop.
impl<S, M> Coordinator<S, M> {
    pub(super) fn new(
        events: Receiver<Event<S, M>>,
        topology: Arc<Topology>,
        settings: &Settings,
        nodes: Vec<NodePort<M>>,
        desk: Arc<Desk<S, M>>,
        until: (Promise<()>, Promise<()>),
        clock: Clock,
    ) -> Self {
        let mut collector = CollectorCore::new(Arc::clone(&topology));
        for link in topology.links() {
            collector.set_capacity(link.id, settings.capacities.of(link));
        }
        Coordinator {
            events,
            collector,
            agenda: Agenda::new(settings.limits),
            roll: Roll::new(&topology),
            topology,
            deadline: settings.deadline,
            on_failure: settings.on_failure,
            nodes,
            desk,
            clock,
            waiting: Waiting::new(),
            subscribers: Subscribers::new(),
            spans: Spans::default(),
            last: VecDeque::new(),
            halted: None,
            ended: Some(until.1),
            settled: Some(until.0),
        }
    }

    /// Serves until it is told to shut down.
    pub(super) fn run(mut self) {
        loop {
            if let Some(event) = self.next_event() {
                if matches!(event, Event::ShutDown) {
                    return self.end();
                }
                self.hear(event);
            }
            self.keep_time();
        }
    }

    /// `None` if there is something to do before the next event.
    fn next_event(&self) -> Option<Event<S, M>> {
        match self.agenda.next_wake() {
            None => self.events.recv(),
            Some(wake) => self
                .clock
                .instant(wake)
                .map_or_else(|| self.events.recv(), |deadline| self.events.recv_until(deadline)),
        }
    }

    fn hear(&mut self, event: Event<S, M>) {
        match event {
            Event::Begin { asked, initiators } => self.ask(asked, initiators),
            Event::Requested(node) => {
                let (_, asked) = self.desk.open(self.deadline);
                self.ask(asked, Initiators::With(vec![node]));
            }
            Event::Finish(asked) => self.finish(asked),
            Event::Cancel(id) => self.cancel(id),
            Event::Reports(reports, at) => self.add(reports.take(), at),
            Event::Stopped(node) => {
                self.roll.stopped(node);
                self.settle();
            }
            Event::NodeDown(failure) => self.node_down(failure),
            Event::Subscribe(tx) => self.subscribers.add(tx),
            // The loop ends with it.
            Event::ShutDown => {}
        }
    }

    /// Ends what is overdue, and begins what may begin.
    fn keep_time(&mut self) {
        let now = self.clock.now();
        while let Some((id, deadline)) = self.agenda.overdue(now) {
            self.fail(id, |missing| SnapshotError::DeadlinePassed {
                snapshot: id,
                deadline,
                missing,
            });
        }
        while let Some((id, initiators)) = self.agenda.begin_next(now) {
            let initiators = match initiators {
                Initiators::Only(nodes) => nodes,
                Initiators::With(nodes) => self.collector.cover_with(&nodes),
            };
            self.begin(id, &initiators);
        }
    }

    /// Wakes whoever waits, and ends every stream. What comes later is dropped with its promise, which wakes as well.
    fn end(mut self) {
        let waiting = &mut self.waiting;
        self.events.drain(usize::MAX, |event| match event {
            Event::Begin { asked, .. } | Event::Finish(asked) => {
                waiting.add(asked.id, asked.promise);
            }
            other => drop(other),
        });
        let halt = self.halted.get_or_insert(Halt::ShutDown).clone();
        self.fail_all(&halt);
    }
}

/// Snapshots: asked for, begun, complete or failed.
impl<S, M> Coordinator<S, M> {
    fn ask(&mut self, asked: Asked<S, M>, initiators: Initiators) {
        let Asked { id, promise, allowed } = asked;
        self.waiting.add(id, promise);
        match &self.halted {
            Some(halt) => self.publish(id, Err(halt.error(id))),
            None => self.agenda.ask(id, initiators, self.clock.now(), allowed),
        }
        self.cancel_if_it_was(id);
    }

    fn cancel(&mut self, id: SnapshotId) {
        if self.waiting.contains(id) {
            self.fail(id, |missing| SnapshotError::Cancelled { snapshot: id, missing });
        } else if self.desk.ledger.lock().is_live(id) {
            // Whoever asks for it has opened the books, and has yet to tell.
            self.waiting.cancel_ahead(id);
        }
    }

    fn cancel_if_it_was(&mut self, id: SnapshotId) {
        if self.waiting.was_cancelled(id) {
            self.cancel(id);
        }
    }

    fn begin(&mut self, id: SnapshotId, initiators: &[NodeId]) {
        let begun = self.collector.begin(id, initiators, self.clock.now());
        let error = match begun {
            Ok(()) => {
                self.spans.begin(id, initiators);
                return self.command(initiators.iter().copied(), Command::Begin(id));
            }
            Err(BeginError::Coverage(error)) => error.into(),
            Err(BeginError::NodeDown(failure)) => SnapshotError::NodeDown { snapshot: id, failure },
            // The last snapshot: it was begun when the last node stopped, and a stopped one has failed since.
            Err(BeginError::IdUsed(_)) => return,
        };
        self.agenda.take_back(id);
        self.collector.abandon(id);
        self.forget(id);
        self.publish(id, Err(error));
    }

    fn add(&mut self, reports: Vec<Report<S, M>>, at: Duration) {
        for report in reports {
            match self.collector.add(report, at) {
                Ok(None) => {}
                Ok(Some(snapshot)) => self.publish(snapshot.id(), Ok(Arc::new(snapshot))),
                Err(late) => discard_report(late),
            }
        }
    }

    /// Ends a snapshot that was asked for and is not complete; nothing happens if there is none.
    fn fail(&mut self, id: SnapshotId, error: impl FnOnce(Silent) -> SnapshotError) {
        if !self.waiting.contains(id) {
            return;
        }
        let missing = match self.collector.abandon(id) {
            Some(Abandoned { missing, records }) => {
                records.into_iter().for_each(discard_report);
                missing
            }
            None if self.last.front() == Some(&id) => self.roll.at_work(),
            None => Missing::default(),
        };
        self.forget(id);
        let missing = Silent::new(missing, &self.topology);
        self.publish(id, Err(error(missing)));
    }

    /// Tells the nodes that a snapshot is over, even one that they have never heard of: of ids without gaps they remember
    /// nothing but the range. Those that end need not know.
    fn forget(&self, id: SnapshotId) {
        if self.halted.is_none() {
            self.command(self.topology.nodes(), Command::Abandon(id));
        }
    }

    fn fail_all(&mut self, halt: &Halt) {
        // None of these comes after another any more.
        self.last.clear();
        while let Some(id) = self.waiting.first() {
            self.fail(id, |_| halt.error(id));
        }
    }

    /// The books are closed before the waiting callers wake, so that they find the snapshot in the history.
    fn publish(&mut self, id: SnapshotId, result: SnapshotResult<S, M>) {
        self.agenda.end(id, self.clock.now());
        let waiting = self.last.len();
        self.last.retain(|last| *last != id);
        let is_last = self.last.len() < waiting;
        let is_complete = result.is_ok();
        let forgotten = self.desk.ledger.lock().close(id, &result);
        discard_snapshot(forgotten);
        self.spans.end(id, &result);
        self.subscribers.tell(&Outcome { id, result: result.clone() });
        if let Some(promise) = self.waiting.remove(id) {
            promise.keep(result.clone());
        }
        // Where nobody has kept it, its values end here.
        discard_result(result);
        if is_last && is_complete {
            self.halt(&Halt::ShutDown);
        } else if is_last {
            self.settle();
        }
    }
}

/// Nodes: at work, stopped, down.
impl<S, M> Coordinator<S, M> {
    /// Nodes that are down do not hear it; their `NodeDown` has come or will.
    fn command(&self, nodes: impl Iterator<Item = NodeId>, command: Command) {
        for node in nodes {
            self.nodes[node.index()].command(command);
        }
    }

    /// Halts every node; the snapshot follows when the last has stopped.
    fn finish(&mut self, asked: Asked<S, M>) {
        let Asked { id, promise, allowed } = asked;
        self.waiting.add(id, promise);
        if let Some(halt) = &self.halted {
            return self.publish(id, Err(halt.error(id)));
        }
        self.agenda.allow(id, self.clock.now(), allowed);
        // One that waits already goes first, and if it is complete it leaves nothing for this one.
        self.last.push_back(id);
        if self.last.len() == 1 {
            self.command(self.topology.nodes(), Command::Halt);
            self.settle();
        }
        self.cancel_if_it_was(id);
    }

    /// If no node is at work any more: takes the last snapshot, or lets those know who wait for that.
    fn settle(&mut self) {
        if !self.roll.is_settled() {
            return;
        }
        match self.last.front() {
            Some(&id) => self.begin(id, &self.collector.cover_with(&[])),
            None => self.settled = None,
        }
    }

    /// Fails every snapshot that still waits for the node; one that has all of its records is not harmed.
    fn node_down(&mut self, failure: NodeFailure) {
        let node = failure.node;
        self.collector.exclude(failure.clone());
        self.roll.stopped(node);
        self.desk.ledger.lock().add_failure(failure.clone());
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
    fn halt(&mut self, halt: &Halt) {
        if self.halted.is_none() {
            self.halted = Some(halt.clone());
            self.command(self.topology.nodes(), Command::ShutDown);
            self.fail_all(halt);
            self.subscribers.end();
            self.ended = None;
            self.settled = None;
        }
    }
}

impl Halt {
    fn error(&self, snapshot: SnapshotId) -> SnapshotError {
        match self.clone() {
            Halt::ShutDown => SnapshotError::ShutDown { snapshot },
            Halt::Failed(failure) => SnapshotError::NodeDown { snapshot, failure },
        }
    }
}
