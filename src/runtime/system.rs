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
use crate::runtime::coordinator::outcome::{SnapshotCounts, SnapshotResult};
use crate::runtime::coordinator::pending::PendingSnapshot;
use crate::runtime::coordinator::request::Initiators;
use crate::runtime::coordinator::subscription::Subscription;
use crate::runtime::link::command::Command;
use crate::runtime::link::gauge::Gauge;
use crate::runtime::link::outlet::Outlets;
use crate::runtime::link::traffic::LinkTraffic;
use crate::runtime::node::port::NodePort;
use crate::snapshot::SnapshotOptions;
use crate::sync::Mutex;
use crate::topology::Topology;

/// A running system: one thread per node, and the coordinator. Share it by reference or in an
/// [`Arc`]. Every call works from any thread but the system's own.
///
/// Dropped, it shuts down and joins every thread.
///
/// # In a handler
/// A handler may hold its own system, best as a [`Weak`](std::sync::Weak). A handler that waited
/// for its own system would wait for itself, and so would a state or message that waits as the
/// system drops it.
///
/// | call, in a handler of the same system | what it does |
/// |---|---|
/// | [`Context::request_snapshot`](crate::Context::request_snapshot), [`begin_snapshot`](Self::begin_snapshot), [`begin_snapshot_with`](Self::begin_snapshot_with) | as anywhere: wait for the outcome in another thread |
/// | [`inject`](Self::inject) | does not wait for room: [`InjectError::Full`](crate::InjectError::Full) if there is none |
/// | [`try_inject`](Self::try_inject), [`stop_node`](Self::stop_node), [`subscribe`](Self::subscribe), [`PendingSnapshot::cancel`], [`PendingSnapshot::result`] | as anywhere |
/// | [`topology`](Self::topology), [`find_snapshot`](Self::find_snapshot), [`history`](Self::history), [`snapshot_counts`](Self::snapshot_counts), [`failures`](Self::failures), [`link_traffic`](Self::link_traffic), [`traffic_on`](Self::traffic_on), [`waiting_at`](Self::waiting_at) | as anywhere |
/// | [`snapshot`](Self::snapshot), [`snapshot_with`](Self::snapshot_with), [`snapshot_and_stop`](Self::snapshot_and_stop), [`detect`](Self::detect), [`check`](Self::check), [`PendingSnapshot::wait`], the iterator of [`every`](Self::every) | an error at once: [`SnapshotError::InOwnHandler`](crate::SnapshotError::InOwnHandler) |
/// | [`wait_until`](Self::wait_until), [`join`](Self::join), [`shutdown`](Self::shutdown), [`shutdown_each`](Self::shutdown_each), [`shutdown_within`](Self::shutdown_within), [`Monitor::join`](crate::monitor::Monitor::join), [`ask`](Self::ask) | an error at once, of the same name |
/// | the last handle is dropped | the system shuts down, and its threads are not joined: each ends by itself after the handler that is running, and drops its process |
/// | `next` of a [`Subscription`], of [`MonitorEvents`](crate::monitor::MonitorEvents) or of [`Outputs`](crate::Outputs) | does not wait: `None` where nothing is there |
pub struct System<P: Process> {
    pub(super) topology: Arc<Topology>,
    pub(super) nodes: Vec<NodePort<P::Message>>,
    /// By link; behind the topology's links the environment links.
    pub(super) gauges: Vec<Arc<Gauge>>,
    pub(super) outlets: Arc<Outlets<P::Message>>,
    pub(super) inject_timeout: Duration,
    pub(super) client: Arc<Client<P::State, P::Message>>,
    /// Empty once shut down.
    pub(super) threads: Mutex<Option<Threads<P>>>,
    pub(super) logs: Mutex<Logs>,
}

/// The system.
impl<P: Process> System<P> {
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
    /// A marker waits at each node for the handler that is running, so this takes one handler's
    /// time a hop. With [`MarkerPolicy::InOrder`](crate::MarkerPolicy::InOrder) it waits for the
    /// backlog too.
    ///
    /// # Errors
    /// If it is not complete in time
    /// ([`SystemBuilder::snapshot_timeout`](crate::SystemBuilder::snapshot_timeout)), a node that
    /// it needs fails, somebody cancels it, or the system is shut down first; at once, in a
    /// [handler of the same system](Self#in-a-handler).
    pub fn snapshot(&self) -> SnapshotResult<P::State, P::Message> {
        self.client.check_thread()?;
        self.begin_snapshot().wait_anywhere()
    }

    /// Takes a snapshot with these options, and waits for it.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot); and if the options name initiators that do not reach every
    /// node ([`SnapshotError::Coverage`](crate::SnapshotError::Coverage)).
    pub fn snapshot_with(&self, options: SnapshotOptions) -> SnapshotResult<P::State, P::Message> {
        self.client.check_thread()?;
        self.begin_snapshot_with(options).wait_anywhere()
    }

    /// Begins a snapshot and returns at once. Any number may be asked for; of these,
    /// [`SystemBuilder::max_concurrent_snapshots`](crate::SystemBuilder::max_concurrent_snapshots) are under way
    /// together. The others wait in the order asked for, before what nodes request; each takes
    /// about 350 bytes while it waits. A million that wait are ended by a shutdown in about a
    /// second.
    pub fn begin_snapshot(&self) -> PendingSnapshot<P::State, P::Message> {
        self.client.begin(Initiators::Fewest, self.client.timeout)
    }

    /// Begins a snapshot with these options and returns at once. What is wrong with them is an error
    /// of the wait.
    pub fn begin_snapshot_with(
        &self,
        options: SnapshotOptions,
    ) -> PendingSnapshot<P::State, P::Message> {
        let SnapshotOptions { initiators, timeout } = options;
        let initiators = initiators.map_or(Initiators::Fewest, Initiators::Only);
        timeout.into_iter().for_each(need_time_for_timeout);
        self.client.begin(initiators, timeout.unwrap_or(self.client.timeout))
    }

    /// A snapshot every `period`, for as long as the system runs. The iterator does the waiting;
    /// nothing happens between its calls.
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
    /// nodes. Nothing is lost: what the nodes did not handle any more is in flight in the snapshot,
    /// injected messages that were accepted included, and a system
    /// [restored](crate::SystemBuilder::restore) from it goes on as if it had never stopped. From
    /// the beginning of this call [`inject`](Self::inject) refuses messages.
    /// [`shutdown`](Self::shutdown) and [`join`](Self::join) then hand back the processes.
    ///
    /// # Errors
    /// As [`snapshot`](Self::snapshot). Unless the system has ended or another thread waits in this
    /// call, the nodes then go on where they were, and messages can be injected again.
    pub fn snapshot_and_stop(&self) -> SnapshotResult<P::State, P::Message> {
        self.client.check_thread()?;
        self.client.finish().wait_anywhere()
    }

    /// A snapshot that is under way, or one of the last that ended
    /// ([`SystemBuilder::history`](crate::SystemBuilder::history)).
    ///
    /// # Errors
    /// [`FindSnapshotError::Unknown`] if it is neither; [`FindSnapshotError::NotKept`] if it was complete,
    /// and its states and messages are gone
    /// ([`SystemBuilder::keep_snapshots`](crate::SystemBuilder::keep_snapshots)).
    pub fn find_snapshot(
        &self,
        id: SnapshotId,
    ) -> Result<PendingSnapshot<P::State, P::Message>, FindSnapshotError> {
        self.client.find(id)
    }

    /// The last snapshots that ended, in the order in which they did, whoever asked for them: how
    /// they ended, with timings. Their states and messages are there if the system
    /// [keeps](crate::SystemBuilder::keep_snapshots) them. Prints as a table.
    #[must_use]
    pub fn history(&self) -> History<P::State, P::Message> {
        self.client.shared.registry.lock().history()
    }

    /// How many snapshots were asked for, and how they ended.
    #[must_use]
    pub fn snapshot_counts(&self) -> SnapshotCounts {
        self.client.shared.registry.lock().counts()
    }

    /// Every snapshot that ends from now on, whoever asks for it: the way to hear of those that
    /// nodes ask for. What is not read is kept [up to a bound](Subscription::newest).
    pub fn subscribe(&self) -> Subscription<P::State, P::Message> {
        Subscription::new(Arc::clone(&self.client))
    }
}

/// Nodes and links.
impl<P: Process> System<P> {
    /// Stops a node after the handler that is running, as [`Context::stop`](crate::Context::stop)
    /// does from within: it handles nothing more, and its final state takes part in later
    /// snapshots. Returns at once.
    ///
    /// # Errors
    /// If there is no such node, it has panicked, or the system was shut down.
    pub fn stop_node(&self, node: NodeId) -> Result<(), StopError> {
        self.stop_by(Command::Stop, node)
    }

    /// Stops a node as [`stop_node`](Self::stop_node) does, also a node that has stopped before, and has it
    /// drain its in-links: it drops each message that it receives, so that no sender waits for room
    /// there ([`Context::stop_and_drain`](crate::Context::stop_and_drain)). Returns at once.
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

    /// Why a node takes in nothing more, when it has refused something or nothing is let in.
    pub(super) fn why_ended(&self, node: NodeId) -> Ending {
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
        if *self.client.shared.stops.read() > 0 {
            return Ending::LastSnapshot;
        }
        match first {
            Some(failure) if self.client.shared.ended.is_open() => Ending::StoppedWith(failure),
            // It has ended by itself, and the coordinator is yet to hear why.
            _ => Ending::Panicked,
        }
    }

    /// The nodes that have failed, and what they panicked with, in the order in which they failed. Of
    /// those that fail during a shutdown only its result tells.
    #[must_use]
    pub fn failures(&self) -> Vec<NodeFailure> {
        self.client.shared.registry.lock().failures.clone()
    }

    /// What a link has carried so far, an environment link included; `None` if there is no such
    /// link. Costs the nodes nothing, and the caller the same in a system of any size.
    #[must_use]
    pub fn traffic_on(&self, link: LinkId) -> Option<LinkTraffic> {
        let gauge = self.gauges.get(link.index())?;
        Some(LinkTraffic::read(self.topology.link(link)?, gauge))
    }

    /// What each link has carried so far, by link; behind the topology's links the environment
    /// links. Costs the nodes nothing; for one link there is [`traffic_on`](Self::traffic_on).
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
