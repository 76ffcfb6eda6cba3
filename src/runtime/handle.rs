//! The handle of a running system.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::builder::SystemBuilder;
use super::desk::Desk;
use super::discard::discard_all;
use super::event::{Event, Initiators};
use super::gauge::Gauge;
use super::history::{History, PastSnapshot};
use super::ledger::SnapshotCounts;
use super::options::SnapshotOptions;
use super::outside::{Command, NodePort};
use super::pending::{PendingSnapshot, SnapshotResult};
use super::periodic::Periodic;
use super::subscription::Subscription;
use super::threads::Threads;
use super::traffic::LinkTraffic;
use crate::causality::{Logged, Trace, TraceError};
use crate::error::{InjectError, NodeFailure, ShutdownError, SnapshotError, StopError};
use crate::id::{NodeId, SnapshotId};
use crate::process::Process;
use crate::sync::Mutex;
use crate::topology::Topology;

/// A running system: one thread a node, and the coordinator. Share it by reference or in an [`Arc`]; every call works
/// from any thread but those of its own nodes, where only the calls that do not wait do. A handler that waits for a
/// snapshot of its own system, drops it or shuts it down waits for itself: use
/// [`Context::request_snapshot`](crate::Context::request_snapshot) there.
///
/// Dropped, it shuts down and joins every thread.
pub struct System<P: Process> {
    topology: Arc<Topology>,
    /// How long a snapshot may take.
    deadline: Duration,
    nodes: Vec<NodePort<P::Message>>,
    /// By link; behind the topology's links the environment links.
    gauges: Vec<Arc<Gauge>>,
    desk: Arc<Desk<P::State, P::Message>>,
    /// Empty once shut down.
    threads: Mutex<Option<Threads<P>>>,
    /// Of a traced system that was shut down, by node.
    logs: Mutex<Option<Vec<Vec<Logged>>>>,
}

/// What a system hands back of each node when it ends: its process, or what the node has panicked with.
pub type EndedNode<P> = Result<P, NodeFailure>;

/// The system.
impl<P: Process> System<P> {
    /// Begins the description of a system of this topology.
    pub fn builder(topology: impl Into<Arc<Topology>>) -> SystemBuilder<P> {
        SystemBuilder::new(topology.into())
    }

    pub(super) fn new(
        topology: Arc<Topology>,
        deadline: Duration,
        nodes: Vec<NodePort<P::Message>>,
        gauges: Vec<Arc<Gauge>>,
        desk: Arc<Desk<P::State, P::Message>>,
        threads: Threads<P>,
    ) -> Self {
        System {
            topology,
            deadline,
            nodes,
            gauges,
            desk,
            threads: Mutex::new(Some(threads)),
            logs: Mutex::new(None),
        }
    }

    /// For what takes snapshots without the handle.
    pub(super) fn desk(&self) -> &Arc<Desk<P::State, P::Message>> {
        &self.desk
    }

    /// How long a snapshot may take.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The system's topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }
}

/// Snapshots.
impl<P: Process> System<P> {
    /// Takes a snapshot, started at the smallest set of nodes that reaches all, and waits for it.
    ///
    /// A marker waits at each node for the handler that is running, so this takes one handler's time a hop. With
    /// [`MarkerPolicy::InOrder`](crate::MarkerPolicy::InOrder) it waits for the backlog too.
    ///
    /// # Errors
    /// If it is not complete before the deadline ([`SystemBuilder::snapshot_deadline`]), a node that it needs fails, somebody
    /// cancels it, or the system is shut down first.
    pub fn snapshot(&self) -> SnapshotResult<P::State, P::Message> {
        self.begin_snapshot().wait()
    }

    /// Takes a snapshot started at these nodes, and waits for it.
    ///
    /// # Errors
    /// As [`begin_snapshot_from`](Self::begin_snapshot_from) and [`snapshot`](Self::snapshot).
    pub fn snapshot_from(&self, initiators: &[NodeId]) -> SnapshotResult<P::State, P::Message> {
        self.begin_snapshot_from(initiators)?.wait()
    }

    /// Takes a snapshot with these options, and waits for it.
    ///
    /// # Errors
    /// As [`begin_snapshot_with`](Self::begin_snapshot_with) and [`snapshot`](Self::snapshot).
    pub fn snapshot_with(&self, options: SnapshotOptions) -> SnapshotResult<P::State, P::Message> {
        self.begin_snapshot_with(options)?.wait()
    }

    /// Begins a snapshot and returns at once. Any number may be asked for; of these,
    /// [`SystemBuilder::max_in_flight`] are under way together. The others wait in the order asked
    /// for, before what nodes request; each takes about 350 bytes while it waits. A million that
    /// wait are ended by a shutdown in about a second.
    pub fn begin_snapshot(&self) -> PendingSnapshot<P::State, P::Message> {
        self.desk.begin(self.deadline)
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
        self.begin_snapshot_with(SnapshotOptions::new().initiators(initiators.iter().copied()))
    }

    /// Begins a snapshot with these options and returns at once.
    ///
    /// # Errors
    /// As [`begin_snapshot_from`](Self::begin_snapshot_from), if the options name initiators.
    pub fn begin_snapshot_with(
        &self,
        options: SnapshotOptions,
    ) -> Result<PendingSnapshot<P::State, P::Message>, SnapshotError> {
        let allowed = options.deadline.unwrap_or(self.deadline);
        let Some(nodes) = options.initiators else {
            return Ok(self.desk.begin(allowed));
        };
        self.topology.check_coverage(&nodes)?;
        Ok(self.desk.begin_at(Initiators::Only(nodes), allowed))
    }

    /// A snapshot every `period`, for as long as the system runs. The iterator does the waiting; nothing happens between
    /// its calls.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use consistent_cut::{Context, Link, Process, System, Topology};
    /// # struct Idle;
    /// # impl Process for Idle {
    /// #     type State = ();
    /// #     type Message = ();
    /// #     fn on_message(&mut self, _: Link, _: (), _: &mut Context<'_, ()>) {}
    /// #     fn state(&self) {}
    /// # }
    /// let system = System::builder(Topology::ring(3)?).spawn(|_| Idle)?;
    /// for snapshot in system.every(Duration::from_millis(10)).take(3) {
    ///     snapshot?.verify()?;
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn every(&self, period: Duration) -> Periodic<P::State, P::Message> {
        Periodic::new(Arc::clone(&self.desk), period, self.deadline)
    }

    /// Stops every node after the handler that is running, takes a last snapshot, and ends the nodes. Nothing is lost: what the
    /// nodes did not handle any more is in flight in the snapshot, injected messages that were accepted included, and
    /// a system [restored](SystemBuilder::restore) from it goes on as if it had never stopped. From the beginning of this
    /// call [`inject`](Self::inject) refuses messages. [`shutdown`](Self::shutdown) and [`join`](Self::join) then hand
    /// back the processes.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot). Unless the system has ended or another thread waits in this
    /// call, the nodes then go on where they were, and messages can be injected again.
    pub fn snapshot_and_stop(&self) -> SnapshotResult<P::State, P::Message> {
        self.desk.finish(self.deadline).wait()
    }

    /// A snapshot that is under way, or one of the last that ended ([`SystemBuilder::history`]).
    ///
    /// # Errors
    /// [`SnapshotError::Unknown`] if it is neither; [`SnapshotError::NotKept`] if it was complete,
    /// and its states and messages are gone ([`SystemBuilder::keep_snapshots`]).
    pub fn find_snapshot(
        &self,
        id: SnapshotId,
    ) -> Result<PendingSnapshot<P::State, P::Message>, SnapshotError> {
        self.desk.ledger.lock().find(id)
    }

    /// The last snapshots that ended, in the order in which they did, whoever asked for them: how
    /// they ended, with timings. Their states and messages are there if the system
    /// [keeps](SystemBuilder::keep_snapshots) them. Prints as a table.
    #[must_use]
    pub fn history(&self) -> History<P::State, P::Message> {
        let ledger = self.desk.ledger.lock();
        let (past, kept) = (ledger.ended(), ledger.kept());
        drop(ledger);
        let mut kept = kept.into_iter().peekable();
        let with_values = |mut past: PastSnapshot<_, _>| {
            let kept = kept.next_if(|kept| kept.id() == past.id);
            past.snapshot = kept.and_then(|kept| kept.wait().ok());
            past
        };
        past.into_iter().map(with_values).collect()
    }

    /// How many snapshots were asked for, and how they ended.
    #[must_use]
    pub fn snapshot_counts(&self) -> SnapshotCounts {
        self.desk.ledger.lock().counts()
    }

    /// Every snapshot that ends from now on, whoever asks for it: the way to hear of those that
    /// nodes ask for. What is not read is kept [up to a bound](Subscription::newest).
    pub fn subscribe(&self) -> Subscription<P::State, P::Message> {
        Subscription::new(Arc::clone(&self.desk))
    }
}

/// Nodes and links.
impl<P: Process> System<P> {
    /// Brings a message in from outside, on the environment link of `node`. Any number of threads may do so
    /// while snapshots are taken: once this call has returned, the message is part of every snapshot begun later, in the
    /// node's state or on its environment link. The messages that one thread injects into one node keep
    /// their order; the outside is no node, so between different nodes there is none.
    ///
    /// Environment links hold any number of messages; [`link_traffic`](Self::link_traffic) tells how many the node has
    /// not received yet, for a caller that wants to wait.
    ///
    /// # Errors
    /// If there is no such node, it has panicked, or the system is being stopped
    /// ([`snapshot_and_stop`](Self::snapshot_and_stop)) or has ended. The message is handed back.
    pub fn inject(&self, node: NodeId, message: P::Message) -> Result<(), InjectError<P::Message>> {
        let Some(port) = self.nodes.get(node.index()) else {
            let nodes = self.nodes.len();
            return Err(InjectError::UnknownNode { node, nodes, message });
        };
        let refuse =
            |message| InjectError::Ended { node, text: self.topology.describe(node), message };
        // Held until the message is on the link, so that a last snapshot finds all that were accepted.
        let stops = self.desk.stops.read();
        if *stops > 0 {
            return Err(refuse(message));
        }
        port.inject(message).map_err(|refused| refuse(refused.0))
    }

    /// Stops a node after the handler that is running, as [`Context::stop`](crate::Context::stop) does from within: it handles
    /// nothing more, and its final state takes part in later snapshots. Returns at once.
    ///
    /// # Errors
    /// If there is no such node, it has panicked, or the system was shut down.
    pub fn stop(&self, node: NodeId) -> Result<(), StopError> {
        let Some(port) = self.nodes.get(node.index()) else {
            return Err(StopError::UnknownNode { node, nodes: self.nodes.len() });
        };
        if port.command(Command::Stop) {
            return Ok(());
        }
        Err(StopError::Ended { node, text: self.topology.describe(node) })
    }

    /// The nodes that are down, and what they panicked with, in the order in which they failed. Of those that fail during a
    /// shutdown only its result tells.
    #[must_use]
    pub fn failures(&self) -> Vec<NodeFailure> {
        self.desk.ledger.lock().failures().to_vec()
    }

    /// What each link has carried so far, by link; behind the topology's links the environment links. Costs the nodes
    /// nothing.
    #[must_use]
    pub fn link_traffic(&self) -> Vec<LinkTraffic> {
        let links = self.topology.all_links().zip(&self.gauges);
        links.map(|(link, gauge)| LinkTraffic::read(link, gauge)).collect()
    }
}

/// The end.
impl<P: Process> System<P> {
    /// Waits until no node handles anything more: each has stopped, or failed, or a failure has stopped all
    /// ([`OnFailure`](crate::OnFailure)), or [`snapshot_and_stop`](Self::snapshot_and_stop) has. Then ends the system as
    /// [`shutdown`](Self::shutdown) does.
    ///
    /// # Errors
    /// As [`shutdown`](Self::shutdown).
    pub fn join(&self) -> Result<Vec<P>, ShutdownError> {
        // A promise that will not be kept: this waits for its end.
        let _ = self.desk.settled.wait();
        self.shutdown()
    }

    /// Ends the system: wakes whoever waits for a snapshot, lets every running handler finish, joins all threads, and
    /// hands back the processes by node. Messages in flight are dropped.
    ///
    /// # Errors
    /// If nodes have panicked, or the system was shut down before. [`shutdown_each`](Self::shutdown_each) hands back the
    /// other processes too.
    pub fn shutdown(&self) -> Result<Vec<P>, ShutdownError> {
        let mut failures = Vec::new();
        let ended = self.shutdown_each()?.into_iter();
        let processes =
            ended.filter_map(|node| node.map_err(|failure| failures.push(failure)).ok());
        let processes: Vec<P> = processes.collect();
        if failures.is_empty() {
            return Ok(processes);
        }
        discard_all(processes);
        Err(ShutdownError::NodesDown { failures })
    }

    /// As [`shutdown`](Self::shutdown), and hands back the process of each node that has one, by node.
    ///
    /// # Errors
    /// [`ShutdownError::AlreadyShutDown`] if the system was shut down before.
    pub fn shutdown_each(&self) -> Result<Vec<EndedNode<P>>, ShutdownError> {
        let threads = self.threads.lock().take();
        let mut threads = threads.ok_or(ShutdownError::AlreadyShutDown)?;
        // Where a thread has ended by itself there is nobody to tell.
        self.desk.tell(Event::ShutDown);
        threads.join_coordinator();
        self.desk.close_all_unheard();
        for node in &self.nodes {
            node.command(Command::ShutDown);
        }
        let (results, logs): (Vec<_>, Vec<_>) =
            threads.join_nodes().into_iter().map(|ended| (ended.result, ended.log)).unzip();
        // A node that runs has started, which is in its log.
        if logs.iter().any(|log| !log.is_empty()) {
            *self.logs.lock() = Some(logs);
        }
        Ok(results)
    }

    /// The events of a run that has ended, put together from the logs of its nodes, for [`causality`](crate::causality): that a
    /// snapshot's cut was consistent, and which execution it belongs to.
    ///
    /// # Errors
    /// [`TraceError::NotKept`] if the system is not [traced](SystemBuilder::traced), or not shut down. Any other would mean that
    /// a link has not kept its order.
    pub fn trace(&self) -> Result<Trace, TraceError> {
        let logs = self.logs.lock().clone().ok_or(TraceError::NotKept)?;
        Trace::merge(Arc::clone(&self.topology), logs)
    }
}

impl<P: Process> Drop for System<P> {
    fn drop(&mut self) {
        // Shut down before, or with failures that nobody wants to hear of.
        if let Ok(ended) = self.shutdown_each() {
            discard_all(ended);
        }
    }
}

impl<P: Process> fmt::Debug for System<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System")
            .field("topology", &format_args!("{}", self.topology))
            .finish_non_exhaustive()
    }
}
