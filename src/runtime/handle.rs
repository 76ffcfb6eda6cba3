//! The handle of a running system.

use std::fmt;
use std::sync::Arc;

use super::builder::SystemBuilder;
use super::coordinator::{Desk, Event};
use super::link::{Command, NodePort};
use super::pending::{PendingSnapshot, SnapshotResult};
use super::subscription::{Outcome, Subscription};
use super::threads::Threads;
use crate::error::{InjectError, ShutdownError, SnapshotError};
use crate::id::{NodeId, SnapshotId};
use crate::process::Process;
use crate::sync::{Mutex, Sender, channel};
use crate::topology::Topology;

/// A running system: one thread a node, and the coordinator. Share it by reference or in an [`Arc`]; every call works
/// from any thread but those of its own nodes, where only the calls that do not wait do. A handler that waits for a
/// snapshot of its own system, drops it or shuts it down waits for itself: use
/// [`Context::request_snapshot`](crate::Context::request_snapshot) there.
///
/// Dropped, it shuts down and joins every thread.
pub struct System<P: Process> {
    topology: Arc<Topology>,
    coordinator: Sender<Event<P::State, P::Message>>,
    nodes: Vec<NodePort<P::Message>>,
    desk: Arc<Desk<P::State, P::Message>>,
    /// Empty once shut down.
    threads: Mutex<Option<Threads<P>>>,
}

impl<P: Process> System<P> {
    /// Begins the description of a system of this topology.
    pub fn builder(topology: impl Into<Arc<Topology>>) -> SystemBuilder<P> {
        SystemBuilder::new(topology.into())
    }

    pub(super) fn new(
        topology: Arc<Topology>,
        coordinator: Sender<Event<P::State, P::Message>>,
        nodes: Vec<NodePort<P::Message>>,
        desk: Arc<Desk<P::State, P::Message>>,
        threads: Threads<P>,
    ) -> Self {
        System { topology, coordinator, nodes, desk, threads: Mutex::new(Some(threads)) }
    }

    /// The system's topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// Takes a snapshot, started at the smallest set of nodes that reaches all, and waits for it.
    ///
    /// A marker waits at each node for the handler that is running, so this takes one handler's time a hop. With
    /// [`MarkerPolicy::InOrder`](crate::MarkerPolicy::InOrder) it waits for the backlog too.
    ///
    /// # Errors
    /// If a node is down, or the system is shut down first.
    pub fn snapshot(&self) -> SnapshotResult<P::State, P::Message> {
        self.begin_snapshot().wait()
    }

    /// Takes a snapshot started at these nodes, and waits for it.
    ///
    /// # Errors
    /// As [`begin_snapshot_from`](Self::begin_snapshot_from) and [`PendingSnapshot::wait`].
    pub fn snapshot_from(&self, initiators: &[NodeId]) -> SnapshotResult<P::State, P::Message> {
        self.begin_snapshot_from(initiators)?.wait()
    }

    /// Begins a snapshot and returns at once. Any number may be under way together.
    pub fn begin_snapshot(&self) -> PendingSnapshot<P::State, P::Message> {
        self.begin(None)
    }

    /// Begins a snapshot at these nodes and returns at once.
    ///
    /// # Errors
    /// [`SnapshotError::Coverage`] if a node is not in the topology, or the nodes do not reach all others;
    /// then nothing was started.
    pub fn begin_snapshot_from(
        &self,
        initiators: &[NodeId],
    ) -> Result<PendingSnapshot<P::State, P::Message>, SnapshotError> {
        self.topology.check_coverage(initiators)?;
        Ok(self.begin(Some(initiators.to_vec())))
    }

    fn begin(&self, initiators: Option<Vec<NodeId>>) -> PendingSnapshot<P::State, P::Message> {
        let (pending, promise) = self.desk.open();
        let event = Event::Begin { id: pending.id(), initiators, promise };
        if self.coordinator.send(event).is_err() {
            // Shut down: the promise was dropped with the event, and the wait says so.
            let forgotten = self.desk.ledger.lock().close(pending.id());
            drop(forgotten);
        }
        pending
    }

    /// A snapshot that is under way, or one of the last that ended ([`SystemBuilder::history`]).
    ///
    /// # Errors
    /// [`SnapshotError::Unknown`] if it is neither.
    pub fn find_snapshot(
        &self,
        id: SnapshotId,
    ) -> Result<PendingSnapshot<P::State, P::Message>, SnapshotError> {
        self.desk.ledger.lock().find(id)
    }

    /// The last snapshots that ended, in the order in which they did, whoever asked for them.
    pub fn history(&self) -> Vec<Outcome<P::State, P::Message>> {
        let ended: Vec<_> = self.desk.ledger.lock().ended().cloned().collect();
        let outcome =
            |pending: PendingSnapshot<_, _>| Outcome { id: pending.id(), result: pending.wait() };
        ended.into_iter().map(outcome).collect()
    }

    /// Every snapshot that ends from now on, whoever asks for it: the way to hear of those that nodes ask for.
    pub fn subscribe(&self) -> Subscription<P::State, P::Message> {
        let (tx, rx) = channel();
        if self.coordinator.send(Event::Subscribe(tx.clone())).is_err() {
            // Shut down: the stream is at its end.
            let _ = tx.send(None);
        }
        Subscription::new(rx)
    }

    /// Brings a message in from outside, on the environment link of `node`. Any number of threads may do so
    /// while snapshots are taken: once this call has returned, the message is part of every snapshot begun later, in the
    /// node's state or on its environment link. The messages that one thread injects into one node keep
    /// their order; the outside is no node, so between different nodes there is none.
    ///
    /// # Errors
    /// If there is no such node, it has panicked, or the system was shut down. The message is handed back.
    pub fn inject(&self, node: NodeId, message: P::Message) -> Result<(), InjectError<P::Message>> {
        let Some(port) = self.nodes.get(node.index()) else {
            let nodes = self.nodes.len();
            return Err(InjectError::UnknownNode { node, nodes, message });
        };
        port.inject(message).map_err(|refused| InjectError::Ended {
            node,
            text: self.topology.describe(node),
            message: refused.0,
        })
    }

    /// Ends the system: wakes whoever waits for a snapshot, lets every running handler finish, joins all threads, and
    /// hands back the processes by node. Messages in flight are dropped.
    ///
    /// # Errors
    /// If nodes have panicked, or the system was shut down before.
    pub fn shutdown(&self) -> Result<Vec<P>, ShutdownError> {
        let threads = self.threads.lock().take();
        let mut threads = threads.ok_or(ShutdownError::AlreadyShutDown)?;
        // Where a thread has ended by itself there is nobody to tell.
        let _ = self.coordinator.send(Event::ShutDown);
        threads.join_coordinator();
        for node in &self.nodes {
            node.command(Command::ShutDown);
        }
        threads.join_nodes()
    }
}

impl<P: Process> Drop for System<P> {
    fn drop(&mut self) {
        // Shut down before, or with failures that nobody wants to hear of.
        let _ = self.shutdown();
    }
}

impl<P: Process> fmt::Debug for System<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System")
            .field("topology", &format_args!("{}", self.topology))
            .finish_non_exhaustive()
    }
}
