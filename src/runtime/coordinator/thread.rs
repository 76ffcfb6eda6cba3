//! The coordinator: a thread that starts snapshots, brings reports to the collector core, and answers whoever waits.

mod nodes;
mod snapshots;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::active_nodes::ActiveNodes;
use super::agenda::Agenda;
use super::client::Client;
use super::promise::Promise;
use super::waiting::Waiting;
use crate::error::{NodeFailure, SnapshotError};
use crate::id::SnapshotId;
use crate::protocol::CollectorCore;
use crate::runtime::clock::Clock;
use crate::runtime::node::digest::{Comparison, Digests};
use crate::runtime::node::event::{Event, Initiators};
use crate::runtime::node::port::NodePort;
use crate::runtime::node::trace::Spans;
use crate::runtime::settings::{OnFailure, Settings};
use crate::sync::Receiver;
use crate::topology::Topology;

pub(crate) struct Coordinator<S, M> {
    events: Receiver<Event<S, M>>,
    topology: Arc<Topology>,
    /// Of the snapshots that nodes ask for.
    deadline: Duration,
    on_failure: OnFailure,
    nodes: Vec<NodePort<M>>,
    client: Arc<Client<S, M>>,
    clock: Clock,
    collector: CollectorCore<S, M>,
    agenda: Agenda<Initiators>,
    active: ActiveNodes,
    waiting: Waiting<S, M>,
    spans: Spans,
    /// If recorded values are compared.
    comparison: Option<Comparison<S, M>>,
    /// Snapshots to take once every node has stopped: the first of them, and the next only if that fails.
    last: VecDeque<SnapshotId>,
    /// Why no snapshot begins any more.
    halted: Option<Halt>,
    /// Dropped when no snapshot will be taken any more. It stands before `settled`: a thread that
    /// wakes because the nodes have settled finds out then whether the system has ended too.
    ended: Option<Promise<()>>,
    /// Dropped when no node will handle anything more; that wakes the threads that wait for it.
    settled: Option<Promise<()>>,
    unheard: Unheard,
}

/// Snapshots that no node has heard of and that are over. Nodes remember the ids of snapshots that
/// are over as ranges, so each series of such ids makes a range more, until the nodes are told that
/// all ids up to one are over.
struct Unheard {
    /// How many have ended since the nodes were told.
    snapshots: u64,
    /// The id that they were told of last.
    told: Option<SnapshotId>,
}

/// Whichever way the coordinator ends, subscribers hear of nothing more.
impl<S, M> Drop for Coordinator<S, M> {
    fn drop(&mut self) {
        self.client.end_streams();
    }
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
    pub(crate) fn new(
        events: Receiver<Event<S, M>>,
        topology: Arc<Topology>,
        settings: &Settings,
        nodes: Vec<NodePort<M>>,
        client: Arc<Client<S, M>>,
        until: (Promise<()>, Promise<()>),
        clock: Clock,
    ) -> Self {
        let mut collector = CollectorCore::new(Arc::clone(&topology));
        for link in topology.links() {
            collector.set_capacity(link.id, settings.capacities.of(link));
        }
        let told = client.ledger.lock().last_of_those_over();
        Coordinator {
            events,
            collector,
            agenda: Agenda::new(settings.limits),
            active: ActiveNodes::new(&topology),
            topology,
            deadline: settings.deadline,
            on_failure: settings.on_failure,
            nodes,
            client,
            clock,
            waiting: Waiting::new(),
            spans: Spans::default(),
            comparison: None,
            last: VecDeque::new(),
            halted: None,
            ended: Some(until.1),
            settled: Some(until.0),
            unheard: Unheard { snapshots: 0, told },
        }
    }

    /// Has recorded values compared with what they were when they were recorded.
    pub(crate) fn compare(&mut self, digests: Digests<S, M>) {
        self.comparison = Some(Comparison::new(digests));
    }

    /// Serves until it is told to shut down.
    pub(crate) fn run(mut self) {
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
            Event::Requested(node) => self.request(node),
            Event::Finish(asked) => self.finish(asked),
            Event::Cancel(id) => self.cancel(id),
            Event::Reports(reports, at) => self.add(reports, at),
            Event::Stopped(node) => {
                self.active.stopped(node);
                self.settle();
            }
            Event::Halted(node) => {
                self.active.halted(node);
                self.settle();
            }
            Event::NodeDown(failure) => self.node_down(failure),
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
        if let Some(nodes) = self.agenda.next_requests(now) {
            self.begin_requested(&nodes, now);
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

impl Halt {
    fn error(&self, snapshot: SnapshotId) -> SnapshotError {
        match self.clone() {
            Halt::ShutDown => SnapshotError::ShutDown { snapshot },
            Halt::Failed(failure) => SnapshotError::NodeDown { snapshot, failure },
        }
    }
}
