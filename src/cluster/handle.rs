//! The handle of a cluster.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::order::Order;
use super::processes::Fate;
#[cfg(feature = "checkpoint")]
use super::saving::Saving;
use crate::driver::{Ending, InjectError, NodeFailure, StopError};
use crate::id::{NodeId, ReplyTo, SnapshotId};
use crate::monitor::{MonitorBuilder, WaitUntilError, wait_until};
use crate::property::{Check, Detection, Finding, Invariant, StableProperty};
use crate::runtime::{
    AskEnded, AskError, Client, Clock, Command, FindSnapshotError, History, Initiators,
    PendingSnapshot, Periodic, Request, Sampler, SnapshotCounts, Subscription,
};
use crate::snapshot::{GlobalSnapshot, SnapshotError, SnapshotOptions};
use crate::sync::Sender;
use crate::topology::Topology;

/// The handle of a whole cluster, for any thread that is not one of its workers. A worker that
/// waited here would keep its own nodes from running, so such calls are refused. Clones are handles
/// of the same cluster. A cluster goes on when its last handle is dropped.
pub struct ClusterHandle<S, M> {
    topology: Arc<Topology>,
    pub(super) client: Arc<Client<S, M>>,
    pub(super) orders: Sender<Order<M>>,
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
    fate: Option<Arc<Fate>>,
    /// How many workers there are.
    #[cfg(feature = "checkpoint")]
    pub(super) workers: u32,
    #[cfg(feature = "checkpoint")]
    pub(super) saving: Arc<Saving<S, M>>,
}

/// The ends of the ways into a cluster.
pub(super) struct HandleParts<S, M> {
    pub(super) topology: Arc<Topology>,
    pub(super) client: Client<S, M>,
    pub(super) orders: Sender<Order<M>>,
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
    pub(super) fate: Option<Arc<Fate>>,
    #[cfg(feature = "checkpoint")]
    pub(super) workers: u32,
    #[cfg(feature = "checkpoint")]
    pub(super) saving: Saving<S, M>,
}

impl<S, M> ClusterHandle<S, M> {
    pub(super) fn new(parts: HandleParts<S, M>) -> Self {
        ClusterHandle {
            topology: parts.topology,
            client: Arc::new(parts.client),
            orders: parts.orders,
            wake: parts.wake,
            fate: parts.fate,
            #[cfg(feature = "checkpoint")]
            workers: parts.workers,
            #[cfg(feature = "checkpoint")]
            saving: Arc::new(parts.saving),
        }
    }

    /// The topology of the cluster.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }
}

/// Snapshots. Unless its options name initiators, a snapshot begins at every node: its markers go
/// one hop far, however long the paths of the topology are.
impl<S, M> ClusterHandle<S, M> {
    /// Takes a snapshot and waits for it.
    ///
    /// # Errors
    /// As [`System::snapshot`](crate::System::snapshot). At once, in a worker's thread.
    pub fn snapshot(&self) -> Result<Arc<GlobalSnapshot<S, M>>, SnapshotError> {
        self.client.check_thread()?;
        self.begin_snapshot().wait_anywhere()
    }

    /// Takes a snapshot with these options, and waits for it.
    ///
    /// # Errors
    /// As [`System::snapshot_with`](crate::System::snapshot_with). At once, in a worker's thread.
    pub fn snapshot_with(
        &self,
        options: SnapshotOptions,
    ) -> Result<Arc<GlobalSnapshot<S, M>>, SnapshotError> {
        self.client.check_thread()?;
        self.begin_snapshot_with(options).wait_anywhere()
    }

    /// Begins a snapshot and returns at once. Any thread may call this.
    #[expect(clippy::must_use_candidate, reason = "the snapshot goes on without its handle")]
    pub fn begin_snapshot(&self) -> PendingSnapshot<S, M> {
        self.client.begin(Initiators::Fewest, self.client.timeout)
    }

    /// Begins a snapshot with these options and returns at once. An error in the options is
    /// returned by the wait.
    pub fn begin_snapshot_with(&self, options: SnapshotOptions) -> PendingSnapshot<S, M> {
        let SnapshotOptions { initiators, timeout } = options;
        let initiators = initiators.map_or(Initiators::Fewest, Initiators::Only);
        self.client.begin(initiators, timeout.unwrap_or(self.client.timeout))
    }

    /// Takes a snapshot once per `period`, as [`System::every`](crate::System::every) does.
    #[must_use]
    pub fn every(&self, period: Duration) -> Periodic<S, M> {
        Periodic::new(Arc::clone(&self.client), period)
    }

    /// Stops every node after the handler that is running, takes a last snapshot, and ends the
    /// cluster. No message is lost. Messages from outside are refused from the beginning of this
    /// call on: by [`inject`](Self::inject) at once, and by the streams of
    /// [`inject_from`](super::Cluster::inject_from) when their worker hears of it.
    ///
    /// # Errors
    /// As [`System::snapshot_and_stop`](crate::System::snapshot_and_stop). After an error the nodes
    /// go on where they were.
    pub fn snapshot_and_stop(&self) -> Result<Arc<GlobalSnapshot<S, M>>, SnapshotError> {
        self.client.check_thread()?;
        self.client.finish().wait_anywhere()
    }

    /// Finds a snapshot that is under way, or one of the last that ended.
    ///
    /// # Errors
    /// As [`System::find_snapshot`](crate::System::find_snapshot).
    pub fn find_snapshot(
        &self,
        id: SnapshotId,
    ) -> Result<PendingSnapshot<S, M>, FindSnapshotError> {
        self.client.find(id)
    }

    /// The last snapshots that ended, in the order in which they ended.
    #[must_use]
    pub fn history(&self) -> History<S, M> {
        self.client.shared.registry.lock().history()
    }

    /// How many snapshots were asked for, and how they ended.
    #[must_use]
    pub fn snapshot_counts(&self) -> SnapshotCounts {
        self.client.shared.registry.lock().counts()
    }

    /// Subscribes to every snapshot that ends from now on.
    #[must_use]
    pub fn subscribe(&self) -> Subscription<S, M> {
        Subscription::new(Arc::clone(&self.client))
    }
}

/// Properties, as on a [`System`](crate::System).
impl<S, M> ClusterHandle<S, M> {
    /// Takes a snapshot and evaluates a stable property on it.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn detect(
        &self,
        property: &StableProperty<S, M>,
    ) -> Result<Detection<S, M>, SnapshotError> {
        Ok(property.detect(&self.snapshot()?))
    }

    /// Takes a snapshot and checks whether it violates an invariant.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot).
    pub fn check(&self, invariant: &Invariant<S, M>) -> Result<Check<S, M>, SnapshotError> {
        Ok(invariant.check(&self.snapshot()?))
    }

    /// Waits until a stable property holds, as [`System::wait_until`](crate::System::wait_until)
    /// does.
    ///
    /// # Errors
    /// As [`System::wait_until`](crate::System::wait_until). At once, in a worker's thread.
    pub fn wait_until(
        &self,
        property: &StableProperty<S, M>,
        timeout: Duration,
    ) -> Result<Finding<S, M>, WaitUntilError<S, M>> {
        wait_until(&Sampler::new(Arc::clone(&self.client)), property, timeout)
    }

    /// Begins the settings of a monitor, which watches properties in the background.
    pub fn monitor(&self) -> MonitorBuilder<S, M> {
        MonitorBuilder::new(Sampler::new(Arc::clone(&self.client)))
    }
}

/// Nodes, and messages from outside.
impl<S, M> ClusterHandle<S, M> {
    /// Brings a message in from outside, on the environment link of `node`. The message is on its
    /// way to the worker of that node when this call returns. It is part of a snapshot if it has
    /// reached the node before the node records. A stream of messages is faster:
    /// [`inject_from`](super::Cluster::inject_from).
    ///
    /// # Errors
    /// If there is no such node, or if the node is known to have failed, or if the cluster has
    /// ended or is being stopped. The message is handed back.
    pub fn inject(&self, node: NodeId, message: M) -> Result<(), InjectError<M>> {
        if !self.topology.contains(node) {
            let nodes = self.topology.node_count();
            return Err(InjectError::UnknownNode { node, nodes, message });
        }
        let refuse = |why, message| {
            Err(InjectError::Ended { node: self.topology.named(node), why, message })
        };
        // Only looked at here, and not held.
        let is_stopping = *self.client.shared.stops.read() > 0;
        let why = self.why_ended(is_stopping);
        if let Some(why) = why.or_else(|| self.has_failed(node).then_some(Ending::Panicked)) {
            return refuse(why, message);
        }
        if let Err(message) = self.order_unless_stopping(node, message) {
            return refuse(self.why_ended(true).unwrap_or(Ending::LastSnapshot), message);
        }
        (self.wake)();
        Ok(())
    }

    /// Gives the order to inject a message, unless the cluster has ended or is being stopped. No
    /// other lock is taken here: the coordinator may hold it and wait for this one.
    fn order_unless_stopping(&self, node: NodeId, message: M) -> Result<(), M> {
        let stops = self.client.shared.stops.read();
        if *stops > 0 {
            return Err(message);
        }
        let Err(refused) = self.orders.send(Order::Inject(node, message)) else { return Ok(()) };
        match refused.0 {
            Order::Inject(_, message) => Err(message),
            _ => Ok(()),
        }
    }

    /// Asks a node: injects the message that `question` makes, and waits for the
    /// [reply](crate::Context::reply).
    ///
    /// # Errors
    /// As [`System::ask`](crate::System::ask). At once, in a worker's thread.
    pub fn ask(
        &self,
        node: NodeId,
        question: impl FnOnce(ReplyTo) -> M,
        timeout: Duration,
    ) -> Result<M, AskError<M>> {
        if let Some(thread) = self.client.own_threads.name_of_this() {
            return Err(AskError::InOwnHandler { thread });
        }
        let deadline = Clock::deadline_of_caller(timeout);
        let asked = self.client.shared.questions.open(node);
        self.inject(node, question(asked.id))?;
        match asked.wait(deadline) {
            AskEnded::Answered(message) => Ok(message),
            AskEnded::TimedOut => {
                Err(AskError::TimedOut { node: self.topology.named(node), timeout })
            }
            AskEnded::Lost => {
                let why = self.why_ended(false).unwrap_or(Ending::Panicked);
                Err(AskError::Ended { why, node: self.topology.named(node) })
            }
        }
    }

    /// Stops a node after the handler that is running. Returns at once.
    ///
    /// # Errors
    /// If there is no such node, or if the cluster has ended.
    pub fn stop_node(&self, node: NodeId) -> Result<(), StopError> {
        self.stop_by(Command::Stop, node)
    }

    /// Stops a node, and makes it drain its in-links from then on. Returns at once.
    ///
    /// # Errors
    /// As [`stop_node`](Self::stop_node).
    pub fn stop_node_and_drain(&self, node: NodeId) -> Result<(), StopError> {
        self.stop_by(Command::StopAndDrain, node)
    }

    /// The nodes that have failed, and their panics, in the order in which the coordinator heard of
    /// them.
    #[must_use]
    pub fn failures(&self) -> Vec<NodeFailure> {
        self.client.shared.registry.lock().failures.clone()
    }

    /// Waits until no node handles messages any more: each has stopped or failed, or the cluster
    /// has ended. Returns false if the timeout is over first, and at once in a worker's thread.
    #[must_use]
    pub fn wait_until_settled(&self, timeout: Duration) -> bool {
        let settled = &self.client.shared.settled;
        match Clock::deadline(timeout) {
            _ if self.client.own_threads.name_of_this().is_some() => settled.is_open(),
            Some(deadline) => settled.wait_until(deadline),
            None => {
                settled.wait();
                true
            }
        }
    }

    /// Ends the cluster: snapshots under way fail, no node handles anything after the handler that
    /// is running, and messages in flight are dropped. Returns at once; each worker sees the end in
    /// one of its next steps.
    pub fn shut_down(&self) {
        self.client.tell(Request::ShutDown);
    }

    fn stop_by(&self, command: Command, node: NodeId) -> Result<(), StopError> {
        if !self.topology.contains(node) {
            return Err(StopError::UnknownNode { node, nodes: self.topology.node_count() });
        }
        let why = self.why_ended(false);
        let is_lost = || self.orders.send(Order::ToNode(node, command)).is_err();
        match why.or_else(|| is_lost().then_some(Ending::ShutDown)) {
            Some(why) => Err(StopError::Ended { node: self.topology.named(node), why }),
            None => {
                (self.wake)();
                Ok(())
            }
        }
    }

    fn has_failed(&self, node: NodeId) -> bool {
        let registry = self.client.shared.registry.lock();
        registry.failures.iter().any(|failure| failure.node == node)
    }

    /// Why the cluster takes in nothing, if it takes in nothing.
    pub(super) fn why_ended(&self, is_stopping: bool) -> Option<Ending> {
        if let Some(lost) = self.fate.as_ref().and_then(|fate| fate.lost()) {
            return Some(Ending::ProcessLost(Box::new(lost.clone())));
        }
        if !self.client.shared.ended.is_open() {
            return is_stopping.then_some(Ending::LastSnapshot);
        }
        let first = self.client.shared.registry.lock().failures.first().cloned();
        Some(match first {
            Some(failure) => Ending::StoppedWith(failure),
            None if is_stopping => Ending::LastSnapshot,
            None => Ending::ShutDown,
        })
    }
}

impl<S, M> Clone for ClusterHandle<S, M> {
    fn clone(&self) -> Self {
        ClusterHandle {
            topology: Arc::clone(&self.topology),
            client: Arc::clone(&self.client),
            orders: self.orders.clone(),
            wake: Arc::clone(&self.wake),
            fate: self.fate.clone(),
            #[cfg(feature = "checkpoint")]
            workers: self.workers,
            #[cfg(feature = "checkpoint")]
            saving: Arc::clone(&self.saving),
        }
    }
}

impl<S, M> fmt::Debug for ClusterHandle<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterHandle")
            .field("topology", &format_args!("{}", self.topology))
            .finish_non_exhaustive()
    }
}
