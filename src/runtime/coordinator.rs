//! The coordinator: a thread that starts snapshots, brings reports to the collector core, and answers whoever waits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::ledger::Ledger;
use super::link::{Command, NodePort};
use super::pending::{PendingSnapshot, SnapshotResult};
use super::promise::{Promise, promise};
use super::subscription::{Outcome, Subscribers};
use crate::error::{NodeFailure, SnapshotError};
use crate::id::{NodeId, SnapshotId};
use crate::protocol::{BeginError, CollectorCore, Report};
use crate::sync::{AtomicU64, Mutex, Ordering, Receiver, Sender};
use crate::topology::Topology;

/// What the coordinator hears.
pub(super) enum Event<S, M> {
    /// A caller wants a snapshot.
    Begin {
        id: SnapshotId,
        /// `None` for the smallest set that covers the topology.
        initiators: Option<Vec<NodeId>>,
        promise: Promise<SnapshotResult<S, M>>,
    },
    /// A process wants a snapshot with its node among the initiators.
    Requested(NodeId),
    /// What a node has recorded, at this time.
    Reports(Vec<Report<S, M>>, Duration),
    /// A node has panicked.
    NodeDown(NodeId, NodeFailure),
    /// Somebody wants to hear of every snapshot that ends.
    Subscribe(Sender<Option<Outcome<S, M>>>),
    ShutDown,
}

/// What handle and coordinator share.
pub(super) struct Desk<S, M> {
    pub(super) ledger: Mutex<Ledger<S, M>>,
    /// The id of the next snapshot.
    pub(super) next_id: AtomicU64,
}

impl<S, M> Desk<S, M> {
    pub(super) fn new(remembered: usize) -> Self {
        Desk { ledger: Mutex::new(Ledger::new(remembered)), next_id: AtomicU64::new(1) }
    }

    /// Opens the books for a new snapshot.
    pub(super) fn open(&self) -> (PendingSnapshot<S, M>, Promise<SnapshotResult<S, M>>) {
        let id = SnapshotId::new(self.next_id.fetch_add(1, Ordering::Relaxed));
        let (promise, promised) = promise();
        let pending = PendingSnapshot::new(id, promised);
        self.ledger.lock().open(pending.clone());
        (pending, promise)
    }
}

pub(super) struct Coordinator<S, M> {
    events: Receiver<Event<S, M>>,
    collector: CollectorCore<S, M>,
    topology: Arc<Topology>,
    nodes: Vec<NodePort<M>>,
    /// The nodes that have panicked, in the order in which they did.
    down: Vec<NodeFailure>,
    waiting: BTreeMap<SnapshotId, Promise<SnapshotResult<S, M>>>,
    subscribers: Subscribers<S, M>,
    desk: Arc<Desk<S, M>>,
    clock: Clock,
}

impl<S, M> Coordinator<S, M> {
    pub(super) fn new(
        events: Receiver<Event<S, M>>,
        topology: Arc<Topology>,
        nodes: Vec<NodePort<M>>,
        desk: Arc<Desk<S, M>>,
        clock: Clock,
    ) -> Self {
        Coordinator {
            events,
            collector: CollectorCore::new(Arc::clone(&topology)),
            topology,
            nodes,
            down: Vec::new(),
            waiting: BTreeMap::new(),
            subscribers: Subscribers::new(),
            desk,
            clock,
        }
    }

    /// Serves until it is told to shut down.
    pub(super) fn run(mut self) {
        while let Some(event) = self.events.recv() {
            match event {
                Event::Begin { id, initiators, promise } => {
                    self.waiting.insert(id, promise);
                    let initiators =
                        initiators.unwrap_or_else(|| self.topology.covering_initiators());
                    self.begin(id, &initiators);
                }
                Event::Requested(node) => {
                    let (pending, promise) = self.desk.open();
                    self.waiting.insert(pending.id(), promise);
                    self.begin(pending.id(), &self.topology.cover_with(&[node]));
                }
                Event::Reports(reports, at) => self.add(reports, at),
                Event::NodeDown(node, failure) => self.node_down(node, &failure),
                Event::Subscribe(tx) => self.subscribers.add(tx),
                Event::ShutDown => return self.end(),
            }
        }
    }

    /// Wakes whoever waits, and ends every stream. What comes later is dropped with its promise, which wakes as well.
    fn end(mut self) {
        let waiting = &mut self.waiting;
        self.events.drain(usize::MAX, |event| {
            if let Event::Begin { id, promise, .. } = event {
                waiting.insert(id, promise);
            }
        });
        while let Some((&snapshot, _)) = self.waiting.first_key_value() {
            self.publish(snapshot, Err(SnapshotError::ShutDown { snapshot }));
        }
    }

    fn begin(&mut self, id: SnapshotId, initiators: &[NodeId]) {
        if let Some(failure) = self.down.first() {
            let failure = failure.clone();
            return self.publish(id, Err(SnapshotError::NodeDown { snapshot: id, failure }));
        }
        match self.collector.begin(id, initiators, self.clock.now()) {
            Ok(()) => self.command(initiators.iter().copied(), Command::Begin(id)),
            Err(BeginError::Coverage(error)) => self.publish(id, Err(error.into())),
            // The desk gives each id once.
            Err(BeginError::IdUsed(_) | BeginError::NodeDown(_)) => {}
        }
    }

    fn add(&mut self, reports: Vec<Report<S, M>>, at: Duration) {
        for report in reports {
            if let Ok(Some(snapshot)) = self.collector.add(report, at) {
                self.publish(snapshot.id(), Ok(Arc::new(snapshot)));
            }
        }
    }

    /// Nodes that are down do not hear it; their `NodeDown` has come or will.
    fn command(&self, nodes: impl Iterator<Item = NodeId>, command: Command) {
        nodes.for_each(|node| self.nodes[node.index()].command(command));
    }

    /// Fails every snapshot that still waits for the node; one that has all of its records is not harmed.
    fn node_down(&mut self, node: NodeId, failure: &NodeFailure) {
        self.down.push(failure.clone());
        let live: Vec<_> = self.collector.live().collect();
        for id in live {
            if self.collector.waits_for(id, node) {
                self.collector.abandon(id);
                self.command(self.topology.nodes(), Command::Abandon(id));
                let failure = failure.clone();
                self.publish(id, Err(SnapshotError::NodeDown { snapshot: id, failure }));
            }
        }
    }

    /// The books are closed before the waiting callers wake, so that they find the snapshot in the history.
    fn publish(&mut self, id: SnapshotId, result: SnapshotResult<S, M>) {
        let forgotten = self.desk.ledger.lock().close(id);
        drop(forgotten);
        self.subscribers.tell(&Outcome { id, result: result.clone() });
        if let Some(promise) = self.waiting.remove(&id) {
            promise.keep(result);
        }
    }
}
