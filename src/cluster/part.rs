//! One worker's part of a cluster, for the program that runs the worker.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use timely::dataflow::channels::pact::Exchange;
use timely::dataflow::operators::generic::OutputBuilder;
use timely::dataflow::operators::generic::builder_rc::OperatorBuilder;
use timely::dataflow::{Scope, Stream};
use timely::progress::Timestamp;
use timely::progress::operate::FrontierInterest;
use timely::scheduling::{Activator, SyncActivator};

use super::build_error::BuildError;
use super::clock::ClusterClock;
use super::coordinator::{self, Workers};
use super::dataflow;
use super::handle::{ClusterHandle, HandleParts};
use super::placement::Placement;
use super::places::Places;
use super::post::Post;
use super::processes::Fate;
#[cfg(feature = "checkpoint")]
use super::saving::Saving;
use super::settings::ClusterSettings;
use super::slot::{Limited, Slot};
use super::station::{Head, Portable, Station};
use super::worker::{Starter, Worker};
use crate::causality::Logged;
#[cfg(feature = "checkpoint")]
use crate::checkpoint::Checkpoints;
use crate::id::{NodeId, SnapshotId};
use crate::process::{Emitted, Process, Restore};
use crate::protocol::NodeCore;
use crate::runtime::{Clock, OwnThreads, first_id_after};
use crate::snapshot::GlobalSnapshot;
use crate::sync::channel;
use crate::topology::Topology;

/// One worker's part of a cluster. Each worker builds its own, with the same topology, placement
/// and settings; the parts find each other. See the [module](super).
///
/// A worker runs its nodes in its steps, as timely dataflow runs any operator: the program must
/// call [`Worker::step`](timely::worker::Worker::step) or
/// [`step_or_park`](timely::worker::Worker::step_or_park) until the cluster
/// [has ended](Self::has_ended). `timely::execute` does so by itself.
pub struct Cluster<P: Process> {
    topology: Arc<Topology>,
    places: Arc<Places>,
    station: Rc<RefCell<Station<P>>>,
    activator: Activator,
    /// Wakes this worker from other threads.
    #[cfg(feature = "checkpoint")]
    wake: Arc<dyn Fn() + Send + Sync>,
    handle: Option<ClusterHandle<P::State, P::Message>>,
}

/// A cluster of new nodes, or one that goes on from a snapshot.
impl<P> Cluster<P>
where
    P: Process + 'static,
    P::State: Portable,
    P::Message: Portable,
{
    /// Builds this worker's part of a cluster of new nodes. `process` makes the process of each
    /// node of this worker.
    ///
    /// The stream has what the nodes of this worker [emit](crate::Context::emit), at the least
    /// timestamp. A message is on the stream as soon as its handler has returned: a node that is
    /// restored may emit it again, under the same number.
    ///
    /// # Errors
    /// If the settings or the placement can never work. Nothing was built then.
    pub fn build<'scope, T: Timestamp>(
        scope: Scope<'scope, T>,
        topology: &Arc<Topology>,
        placement: &Placement,
        settings: &ClusterSettings,
        process: impl FnMut(NodeId) -> P,
    ) -> Result<(Self, Stream<'scope, T, Vec<Emitted<P::Message>>>), BuildError> {
        let plan = Plan::new(scope, topology, placement, settings)?;
        let start: Starter<P> = Box::new(|slot, _| slot.core.start());
        plan.build(scope, SnapshotId::new(1), process, start)
    }

    /// Builds this worker's part of a cluster that goes on from a snapshot, which may come from
    /// threads, from a simulation, or from a cluster with another number of workers. Every worker
    /// must be given the same snapshot.
    ///
    /// # Errors
    /// As [`build`](Self::build). Also if the snapshot does not fit the topology.
    pub fn restore<'scope, T: Timestamp>(
        scope: Scope<'scope, T>,
        topology: &Arc<Topology>,
        placement: &Placement,
        settings: &ClusterSettings,
        snapshot: &Arc<GlobalSnapshot<P::State, P::Message>>,
        process: impl FnMut(NodeId) -> P,
    ) -> Result<(Self, Stream<'scope, T, Vec<Emitted<P::Message>>>), BuildError>
    where
        P: Restore,
    {
        let plan = Plan::new(scope, topology, placement, settings)?;
        snapshot.check_fits(topology)?;
        let start = restorer(Arc::clone(snapshot));
        plan.build(scope, first_id_after(snapshot.highest_id()), process, start)
    }

    /// Says where [`ClusterHandle::checkpoint`] saves (feature `checkpoint`). Call this on every
    /// worker before a checkpoint is taken, with checkpoints of the same store and format. In a
    /// [shared](crate::checkpoint::Store::is_shared) store each worker writes the parts of its own
    /// nodes, in a thread of its own. With another store the first worker's checkpoints are used,
    /// and it writes all parts.
    #[cfg(feature = "checkpoint")]
    #[cfg_attr(docsrs, doc(cfg(feature = "checkpoint")))]
    pub fn save_to(&self, checkpoints: &Checkpoints<P::State, P::Message>) {
        let mut station = self.station.borrow_mut();
        let (topology, wake) = (Arc::clone(&self.topology), Arc::clone(&self.wake));
        station.worker.save_by(checkpoints.clone(), topology, wake);
        if let Some(handle) = &self.handle {
            *handle.saving.checkpoints.lock() = Some(checkpoints.clone());
        }
    }

    /// Takes messages for nodes from a stream, on their environment links. Each message goes to the
    /// worker of its node. Messages that come to this worker for one node keep their order.
    ///
    /// The stream that is returned has the messages that no node took: the topology has no such
    /// node, or the cluster takes in nothing, since a last snapshot was asked for or it has ended.
    #[expect(clippy::must_use_candidate, reason = "a program may know that nothing is refused")]
    pub fn inject_from<'scope, T: Timestamp>(
        &self,
        messages: Stream<'scope, T, Vec<(NodeId, P::Message)>>,
    ) -> Stream<'scope, T, Vec<(NodeId, P::Message)>> {
        let scope = messages.scope();
        let places = Arc::clone(&self.places);
        let by_place = move |message: &(NodeId, P::Message)| {
            places.find(message.0).map_or(0, |place| u64::from(place.worker))
        };
        let mut builder = OperatorBuilder::new("Inject".to_owned(), scope);
        let mut incoming = builder.new_input(messages, Exchange::new(by_place));
        builder.set_notify_for(0, FrontierInterest::Never);
        let (refused, stream) = builder.new_output();
        let mut refused: OutputBuilder<_, _> = OutputBuilder::from(refused);
        let (station, activator) = (Rc::clone(&self.station), self.activator.clone());
        let topology = Arc::clone(&self.topology);
        builder.build(move |_| {
            move |_| {
                let mut refused = refused.activate();
                incoming.for_each(|capability, messages| {
                    let mut station = station.borrow_mut();
                    let takes = station.worker.takes_injections();
                    let (taken, others): (Vec<_>, Vec<_>) =
                        messages.drain(..).partition(|(node, _)| takes && topology.contains(*node));
                    station.worker.inject(taken);
                    activator.activate();
                    refused.session(&capability).give_iterator(others.into_iter());
                });
            }
        });
        stream
    }
}

impl<P: Process> Cluster<P> {
    /// The handle of the whole cluster. Only the first worker has it. It can be sent to any thread.
    #[must_use]
    pub fn handle(&self) -> Option<&ClusterHandle<P::State, P::Message>> {
        self.handle.as_ref()
    }

    /// The topology of the cluster.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// The worker that runs a node; `None` if there is no such node.
    #[must_use]
    pub fn worker_of(&self, node: NodeId) -> Option<usize> {
        self.places.find(node).map(|place| place.worker as usize)
    }

    /// Whether this worker's part has ended: the cluster was shut down, has taken its last
    /// snapshot, or was stopped by a failure.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.station.borrow().has_ended()
    }

    /// Takes the logs of this worker's nodes since the last call, if the cluster is
    /// [traced](ClusterSettings::traced). The logs of all workers together, by node, make a trace
    /// ([`Trace::merge`](crate::causality::Trace::merge)).
    #[must_use]
    pub fn take_logs(&self) -> Vec<(NodeId, Vec<Logged>)> {
        self.station.borrow_mut().worker.take_logs()
    }

    /// Ends this worker's part if it has not ended, and hands back the processes of its nodes that
    /// have not failed, by node. Call it when the cluster [has ended](Self::has_ended): otherwise
    /// the other workers wait for this one, and if this is the first, the whole cluster ends.
    #[must_use]
    pub fn into_processes(self) -> Vec<(NodeId, P)> {
        let processes = self.station.borrow_mut().leave();
        self.activator.activate();
        processes
    }
}

/// What the nodes of one worker emit.
type EmittedStream<'scope, T, P> = Stream<'scope, T, Vec<Emitted<<P as Process>::Message>>>;

/// What all workers work out alike before they build.
struct Plan<'a> {
    topology: &'a Arc<Topology>,
    settings: &'a ClusterSettings,
    places: Arc<Places>,
    /// This worker.
    here: u32,
}

impl<'a> Plan<'a> {
    fn new<T: Timestamp>(
        scope: Scope<'_, T>,
        topology: &'a Arc<Topology>,
        placement: &Placement,
        settings: &'a ClusterSettings,
    ) -> Result<Self, BuildError> {
        settings.check(topology)?;
        let places = Arc::new(Places::new(topology, placement, scope.peers())?);
        Ok(Plan { topology, settings, places, here: scope.index() as u32 })
    }

    fn build<'scope, T, P>(
        self,
        scope: Scope<'scope, T>,
        first_id: SnapshotId,
        mut process: impl FnMut(NodeId) -> P,
        start: Starter<P>,
    ) -> Result<(Cluster<P>, EmittedStream<'scope, T, P>), BuildError>
    where
        T: Timestamp,
        P: Process + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        OwnThreads::WORKERS.add_this(&format!("worker {}", self.here));
        let slots =
            self.places.nodes_on(self.here).map(|node| self.slot(node, process(node))).collect();
        let post = Post::new(Arc::clone(self.topology), Arc::clone(&self.places), self.here);
        let clock = Clock::start();
        let time = ClusterClock::new(clock);
        let worker = Worker::new(Arc::clone(self.topology), slots, post, start, time);
        let station = Rc::new(RefCell::new(Station::new(worker)));
        let (emitted, activator, path) = dataflow::build(scope, &station);
        let waker = SyncActivator::new(path, scope.activations().borrow().sync());
        if let Some(fate) = Fate::of_this_thread() {
            let waker = waker.clone();
            // A worker that is gone needs no waking.
            fate.wake_by(move |_| waker.activate().unwrap_or(()));
        }
        // A worker that is gone has ended.
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(move || waker.activate().unwrap_or(()));
        let head = self.head(&wake, first_id, clock);
        let (head, handle) = match head {
            Ok(head) => head.unzip(),
            Err(error) => {
                station.borrow_mut().worker.end();
                return Err(error.into());
            }
        };
        station.borrow_mut().head = head;
        let cluster = Cluster {
            topology: Arc::clone(self.topology),
            places: self.places,
            station,
            activator,
            #[cfg(feature = "checkpoint")]
            wake,
            handle,
        };
        Ok((cluster, emitted))
    }

    fn slot<P: Process>(&self, node: NodeId, process: P) -> Slot<P> {
        let topology = self.topology;
        let mut core = NodeCore::new(node, Arc::clone(topology), process, self.settings.policy);
        let mut limited = Vec::new();
        if self.settings.has_limits() {
            for link in topology.out_links(node).iter().chain(topology.in_links(node)) {
                core.set_capacity(link.id, self.settings.capacity_of(link));
            }
            let in_links = topology.in_links(node).iter();
            let capacities = in_links.map(|link| (link.id, self.settings.capacity_of(link)));
            let limits = capacities.filter(|(_, capacity)| *capacity < u64::MAX);
            limited.extend(limits.map(|(link, capacity)| Limited::new(link, capacity)));
        }
        if self.settings.is_traced {
            core.keep_log();
        }
        Slot::new(node, core, limited)
    }

    /// The coordinator and the handle, on the first worker.
    fn head<S: Portable, M: Portable>(
        &self,
        wake: &Arc<dyn Fn() + Send + Sync>,
        first_id: SnapshotId,
        clock: Clock,
    ) -> io::Result<Option<(Head<S, M>, ClusterHandle<S, M>)>> {
        if self.here > 0 {
            return Ok(None);
        }
        let wake = Arc::clone(wake);
        let (to_worker, orders) = channel();
        let workers = Workers { orders: to_worker.clone(), wake: wake.clone() };
        let (coordinator, client) =
            coordinator::start(self.topology, self.settings, first_id, workers, clock)?;
        let topology = Arc::clone(self.topology);
        let fate = Fate::of_this_thread();
        fate.iter().for_each(|fate| coordinator.follow(fate));
        #[cfg(feature = "checkpoint")]
        let (saved, saving) = Saving::new();
        #[cfg(feature = "checkpoint")]
        let coordinator = coordinator.tell_of_saved(saved);
        let handle = ClusterHandle::new(HandleParts {
            topology,
            client,
            orders: to_worker,
            wake,
            fate,
            #[cfg(feature = "checkpoint")]
            workers: self.places.workers() as u32,
            #[cfg(feature = "checkpoint")]
            saving,
        });
        Ok(Some((Head { coordinator, orders, has_started: false }, handle)))
    }
}

/// Restores each node from its part of the snapshot. Messages that the node had emitted, and that
/// no caller had taken, are emitted again.
fn restorer<P: Restore>(snapshot: Arc<GlobalSnapshot<P::State, P::Message>>) -> Starter<P>
where
    P::State: Portable,
    P::Message: Portable,
{
    Box::new(move |slot, emitted| {
        // The snapshot was checked: it has each node.
        let Ok(image) = snapshot.image(slot.node) else { return };
        slot.core.restore(image);
        for limited in slot.limited.iter_mut().flatten() {
            let channel = snapshot.channel(limited.link);
            limited.restore(channel.received(), channel.messages().len() as u64);
        }
        if let Some(output) = snapshot.output(slot.node) {
            let numbered = (output.taken() + 1..).zip(output.untaken());
            let node = slot.node;
            let again = |(number, message): (u64, &P::Message)| Emitted {
                node,
                number,
                message: message.clone(),
            };
            emitted.extend(numbered.map(again));
        }
    })
}

impl<P: Process> fmt::Debug for Cluster<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("topology", &format_args!("{}", self.topology))
            .finish_non_exhaustive()
    }
}
