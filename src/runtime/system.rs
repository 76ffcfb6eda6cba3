//! The handle of a running system.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::periodic::Periodic;
use super::settings::{Logs, need_time_for_timeout};
use super::threads::Threads;
use crate::driver::{Ending, NodeFailure, StopError};
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::process::Process;
use crate::runtime::coordinator::client::Client;
use crate::runtime::coordinator::history::{FindSnapshotError, History};
use crate::runtime::coordinator::outcome::SnapshotCounts;
use crate::runtime::coordinator::pending::PendingSnapshot;
use crate::runtime::coordinator::request::Initiators;
use crate::runtime::coordinator::subscription::Subscription;
use crate::runtime::link::command::Command;
use crate::runtime::link::gauge::Gauge;
use crate::runtime::link::outlet::Outlets;
use crate::runtime::link::traffic::LinkTraffic;
use crate::runtime::node::port::NodePort;
use crate::snapshot::{GlobalSnapshot, SnapshotError, SnapshotOptions};
use crate::sync::Mutex;
use crate::topology::Topology;

/// A running system: one thread per node, and the coordinator's thread. Share it by reference or in
/// an [`Arc`]. Every call works from any thread. In a handler of the same system, a call that would
/// have to wait returns at once: see below.
///
/// Dropping the system shuts it down and joins every thread.
///
/// # In a handler
/// A handler may hold its own system, best as a [`Weak`](std::sync::Weak). A handler that waited
/// for its own system would wait for itself. The same holds for a state or message that waits while
/// the system drops it.
///
/// | call, in a handler of the same system | what it does |
/// |---|---|
/// | [`Context::request_snapshot`](crate::Context::request_snapshot), [`begin_snapshot`](Self::begin_snapshot), [`begin_snapshot_with`](Self::begin_snapshot_with) | as in other threads; wait for the outcome in another thread |
/// | [`inject`](Self::inject) | does not wait for room: [`InjectError::Full`](crate::InjectError::Full) if there is no room |
/// | [`try_inject`](Self::try_inject), [`stop_node`](Self::stop_node), [`stop_node_and_drain`](Self::stop_node_and_drain), [`outputs`](Self::outputs), [`Outputs::ready`](crate::Outputs::ready), [`subscribe`](Self::subscribe), [`PendingSnapshot::cancel`], [`PendingSnapshot::result`] | as in other threads |
/// | [`topology`](Self::topology), [`find_snapshot`](Self::find_snapshot), [`history`](Self::history), [`snapshot_counts`](Self::snapshot_counts), [`failures`](Self::failures), [`link_traffic`](Self::link_traffic), [`traffic_on`](Self::traffic_on), [`waiting_at`](Self::waiting_at) | as in other threads |
/// | [`snapshot`](Self::snapshot), [`snapshot_with`](Self::snapshot_with), [`snapshot_and_stop`](Self::snapshot_and_stop), [`detect`](Self::detect), [`check`](Self::check), [`PendingSnapshot::wait`] and [`wait_timeout`](PendingSnapshot::wait_timeout), the iterator of [`every`](Self::every) | returns an error at once: [`SnapshotError::InOwnHandler`](crate::SnapshotError::InOwnHandler) |
/// | [`wait_until`](Self::wait_until), [`join`](Self::join), [`shutdown`](Self::shutdown), [`shutdown_each`](Self::shutdown_each), [`shutdown_within`](Self::shutdown_within), [`Monitor::join`](crate::monitor::Monitor::join), [`ask`](Self::ask) | returns the variant `InOwnHandler` of its own error at once |
/// | the last handle is dropped | the system shuts down without joining its threads: each thread ends by itself after the handler that is running, and drops its process |
/// | `next` of a [`Subscription`], of [`MonitorEvents`](crate::monitor::MonitorEvents) or of [`Outputs`](crate::Outputs), [`Outputs::next_timeout`](crate::Outputs::next_timeout) | does not wait: returns `None` if there is nothing to return |
///
/// The module `checkpoint` has a table of its own calls.
pub struct System<P: Process> {
    pub(super) topology: Arc<Topology>,
    pub(super) nodes: Vec<NodePort<P::Message>>,
    /// By link: the topology's links, and then the environment links.
    pub(super) gauges: Vec<Arc<Gauge>>,
    pub(super) outlets: Arc<Outlets<P::Message>>,
    pub(super) inject_timeout: Duration,
    pub(super) client: Arc<Client<P::State, P::Message>>,
    /// `None` once the system was shut down.
    pub(super) threads: Mutex<Option<Threads<P>>>,
    pub(super) logs: Mutex<Logs>,
}

/// Topology.
impl<P: Process> System<P> {
    /// The system's topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }
}

/// Snapshots.
impl<P: Process> System<P> {
    /// Takes a snapshot and waits for it. The initiators are the smallest set of nodes that reaches
    /// every node.
    ///
    /// A marker waits at each node for the handler that is running, so the snapshot takes the time
    /// of one handler per hop. With [`MarkerPolicy::InOrder`](crate::MarkerPolicy::InOrder) a
    /// marker waits for the backlog too.
    ///
    /// # Errors
    /// If the snapshot is not complete in time
    /// ([`SystemBuilder::snapshot_timeout`](crate::SystemBuilder::snapshot_timeout)), if a node
    /// that it needs fails, if it is cancelled, or if the system is shut down first. At once, in a
    /// [handler of the same system](Self#in-a-handler).
    pub fn snapshot(&self) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>, SnapshotError> {
        self.client.check_thread()?;
        self.begin_snapshot().wait_anywhere()
    }

    /// Takes a snapshot with these options, and waits for it.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot). Also if the options name initiators that do not reach every
    /// node ([`SnapshotError::Coverage`](crate::SnapshotError::Coverage)).
    pub fn snapshot_with(
        &self,
        options: SnapshotOptions,
    ) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>, SnapshotError> {
        self.client.check_thread()?;
        self.begin_snapshot_with(options).wait_anywhere()
    }

    /// Begins a snapshot and returns at once. Up to
    /// [`max_concurrent_snapshots`](crate::SystemBuilder::max_concurrent_snapshots) snapshots are
    /// under way at once. More snapshots wait in the order of the calls, ahead of requests by
    /// nodes. Each waiting snapshot takes about 350 bytes. A shutdown ends a million waiting
    /// snapshots in about a second.
    pub fn begin_snapshot(&self) -> PendingSnapshot<P::State, P::Message> {
        self.client.begin(Initiators::Fewest, self.client.timeout)
    }

    /// Begins a snapshot with these options and returns at once. An error in the options is
    /// returned by the wait.
    pub fn begin_snapshot_with(
        &self,
        options: SnapshotOptions,
    ) -> PendingSnapshot<P::State, P::Message> {
        let SnapshotOptions { initiators, timeout } = options;
        let initiators = initiators.map_or(Initiators::Fewest, Initiators::Only);
        timeout.into_iter().for_each(need_time_for_timeout);
        self.client.begin(initiators, timeout.unwrap_or(self.client.timeout))
    }

    /// Takes a snapshot once per `period`, for as long as the system runs. Only the calls of `next`
    /// wait and take snapshots: nothing happens between them.
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
        Periodic::new(Arc::clone(&self.client), period)
    }

    /// Stops every node after the handler that is running, takes a last snapshot, and ends the
    /// nodes. No message is lost: messages that were not handled, accepted injected messages
    /// included, are in flight in the snapshot. A system [restored](crate::SystemBuilder::restore)
    /// from the snapshot goes on as if it had never stopped. [`inject`](Self::inject) refuses
    /// messages from the beginning of this call on. [`shutdown`](Self::shutdown) and
    /// [`join`](Self::join) then hand back the processes.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot). After an error the nodes go on where they were, and
    /// messages can be injected again, unless the system has ended or another thread waits in this
    /// call.
    pub fn snapshot_and_stop(
        &self,
    ) -> Result<Arc<GlobalSnapshot<P::State, P::Message>>, SnapshotError> {
        self.client.check_thread()?;
        self.client.finish().wait_anywhere()
    }

    /// Finds a snapshot that is under way, or one of the last that ended
    /// ([`SystemBuilder::history`](crate::SystemBuilder::history)).
    ///
    /// # Errors
    /// [`FindSnapshotError::Unknown`] if it is neither. [`FindSnapshotError::NotKept`] if it was
    /// complete and its states and messages were not kept
    /// ([`SystemBuilder::keep_snapshots`](crate::SystemBuilder::keep_snapshots)).
    pub fn find_snapshot(
        &self,
        id: SnapshotId,
    ) -> Result<PendingSnapshot<P::State, P::Message>, FindSnapshotError> {
        self.client.find(id)
    }

    /// The last snapshots that ended, by any caller, in the order in which they ended. Each has its
    /// outcome and timings. Each has its states and messages if the system
    /// [keeps](crate::SystemBuilder::keep_snapshots) them. `Display` prints a table.
    #[must_use]
    pub fn history(&self) -> History<P::State, P::Message> {
        self.client.shared.registry.lock().history()
    }

    /// How many snapshots were asked for, and how they ended.
    #[must_use]
    pub fn snapshot_counts(&self) -> SnapshotCounts {
        self.client.shared.registry.lock().counts()
    }

    /// Subscribes to every snapshot that ends from now on, by any caller. This is the way to see
    /// snapshots that nodes request. Unread outcomes are kept [up to a
    /// bound](Subscription::newest).
    pub fn subscribe(&self) -> Subscription<P::State, P::Message> {
        Subscription::new(Arc::clone(&self.client))
    }
}

/// Nodes and links.
impl<P: Process> System<P> {
    /// Stops a node after the handler that is running, as [`Context::stop`](crate::Context::stop)
    /// does from within. The node handles no more messages, and its final state takes part in later
    /// snapshots. Returns at once.
    ///
    /// # Errors
    /// If there is no such node, if it has panicked, or if the system was shut down.
    pub fn stop_node(&self, node: NodeId) -> Result<(), StopError> {
        self.stop_by(Command::Stop, node)
    }

    /// Stops a node as [`stop_node`](Self::stop_node) does, or a node that has stopped before, and
    /// makes it drain its in-links. It then drops each message that it receives, so that no sender
    /// waits for room there ([`Context::stop_and_drain`](crate::Context::stop_and_drain)). Returns
    /// at once.
    ///
    /// # Errors
    /// As [`stop_node`](Self::stop_node).
    pub fn stop_node_and_drain(&self, node: NodeId) -> Result<(), StopError> {
        self.stop_by(Command::StopAndDrain, node)
    }

    fn stop_by(&self, command: Command, node: NodeId) -> Result<(), StopError> {
        let Some(port) = self.nodes.get(node.index()) else {
            return Err(StopError::UnknownNode { node, nodes: self.nodes.len() });
        };
        if port.command(command) {
            return Ok(());
        }
        Err(StopError::Ended { node: self.topology.named(node), why: self.why_ended(node) })
    }

    /// Why a node takes in nothing, after it has refused something or while nothing is let in.
    pub(super) fn why_ended(&self, node: NodeId) -> Ending {
        self.why_ended_while(node, *self.client.shared.stops.read() > 0)
    }

    /// As [`why_ended`](Self::why_ended), for a call that knows whether the system was being
    /// stopped: a last snapshot that fails takes that back.
    pub(super) fn why_ended_while(&self, node: NodeId, was_stopping: bool) -> Ending {
        let first = {
            let registry = self.client.shared.registry.lock();
            if registry.failures.iter().any(|failure| failure.node == node) {
                return Ending::Panicked;
            }
            registry.failures.first().cloned()
        };
        if self.threads.lock().is_none() {
            return Ending::ShutDown;
        }
        if was_stopping {
            return Ending::LastSnapshot;
        }
        match first {
            Some(failure) if self.client.shared.ended.is_open() => Ending::StoppedWith(failure),
            // The node has ended by itself, and the coordinator does not know the reason yet.
            _ => Ending::Panicked,
        }
    }

    /// The nodes that have failed, and their panics, in the order in which they failed. Nodes that
    /// fail during a shutdown are not here: the shutdown's result has them.
    #[must_use]
    pub fn failures(&self) -> Vec<NodeFailure> {
        self.client.shared.registry.lock().failures.clone()
    }

    /// The counts of one link so far, which may be an environment link; `None` if there is no such
    /// link. The call costs the nodes nothing. Its cost for the caller does not depend on the
    /// system's size.
    #[must_use]
    pub fn traffic_on(&self, link: LinkId) -> Option<LinkTraffic> {
        let gauge = self.gauges.get(link.index())?;
        Some(LinkTraffic::read(self.topology.link(link)?, gauge))
    }

    /// The counts of each link so far: the topology's links, and then the environment links. The
    /// call costs the nodes nothing. For a single link there is [`traffic_on`](Self::traffic_on).
    #[must_use]
    pub fn link_traffic(&self) -> Vec<LinkTraffic> {
        let links = self.topology.all_links().zip(&self.gauges);
        links.map(|(link, gauge)| LinkTraffic::read(link, gauge)).collect()
    }
}

impl<P: Process> fmt::Debug for System<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System")
            .field("topology", &format_args!("{}", self.topology))
            .finish_non_exhaustive()
    }
}
