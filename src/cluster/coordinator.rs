//! The coordinator of a cluster: that of threads, in a thread of its own beside the first worker.

use std::io;
use std::sync::Arc;

use super::order::Order;
use super::parcel::Notice;
use super::processes::Fate;
#[cfg(feature = "checkpoint")]
use super::saving::SaveReply;
use super::settings::ClusterSettings;
use crate::id::{NodeId, SnapshotId};
use crate::protocol::CollectorCore;
use crate::runtime::{
    Client, Clock, Command, Coordinator, CoordinatorParts, Event, NodeEvent, Nodes, OwnThreads,
    Questions, Registry, Request, Shared,
};
use crate::sync::{Sender, awaited_channel, spawn};
use crate::topology::Topology;

/// All workers, as the coordinator reaches them: by way of the first.
pub(super) struct Workers<M> {
    pub(super) orders: Sender<Order<M>>,
    /// Wakes the first worker.
    pub(super) wake: Arc<dyn Fn() + Send + Sync>,
}

/// The first worker's way to the coordinator.
pub(super) struct ToCoordinator<S, M> {
    events: Sender<Event<S, M>>,
    questions: Arc<Questions<M>>,
    /// For the caller whose checkpoint is under way. Gone once the first worker has ended.
    #[cfg(feature = "checkpoint")]
    pub(super) saved: Option<Sender<SaveReply>>,
}

/// Starts the coordinator.
pub(super) fn start<S: Send + Sync + 'static, M: Clone + Send + Sync + 'static>(
    topology: &Arc<Topology>,
    settings: &ClusterSettings,
    first_id: SnapshotId,
    workers: Workers<M>,
    clock: Clock,
) -> io::Result<(ToCoordinator<S, M>, Client<S, M>)> {
    let mut collector = CollectorCore::new(Arc::clone(topology));
    for link in topology.links() {
        collector.set_capacity(link.id, settings.capacity_of(link));
    }
    let registry = Registry::new(first_id, &settings.coordinator);
    let shared = Arc::new(Shared::new(registry, Questions::new(first_id)));
    let (to_coordinator, events) = awaited_channel();
    let coordinator = Coordinator::new(CoordinatorParts {
        topology: Arc::clone(topology),
        shared: Arc::clone(&shared),
        nodes: workers,
        collector,
        on_failure: settings.coordinator.on_failure,
        digests: None,
        clock,
    });
    spawn("coordinator".to_owned(), None, move || {
        OwnThreads::WORKERS.add_this("the coordinator");
        coordinator.run(&events);
    })?;
    let questions = Arc::clone(&shared.questions);
    let events = to_coordinator.clone();
    let client = Client {
        shared,
        own_threads: OwnThreads::WORKERS,
        coordinator: to_coordinator,
        timeout: settings.coordinator.timeout,
    };
    let to_coordinator = ToCoordinator {
        events,
        questions,
        #[cfg(feature = "checkpoint")]
        saved: None,
    };
    Ok((to_coordinator, client))
}

impl<M> Workers<M> {
    /// Gives an order to the first worker. A worker that is gone has ended.
    fn order(&self, order: Order<M>) {
        if self.orders.send(order).is_ok() {
            (self.wake)();
        }
    }
}

impl<M> Nodes for Workers<M> {
    /// The markers of a snapshot go one hop far then, whatever the topology's diameter is.
    const BEGIN_EVERYWHERE: bool = true;

    fn command(&self, node: NodeId, command: Command) {
        self.order(Order::ToNode(node, command));
    }

    fn command_all(&self, command: Command) {
        self.order(Order::ToAll(command));
    }

    /// No caller waits for room here.
    fn let_callers_look(&self) {}

    /// A worker tells of a request at most once a turn, and keeps no note of it.
    fn answer(&self, _: NodeId) {}
}

/// The cluster ends with its coordinator.
impl<M> Drop for Workers<M> {
    fn drop(&mut self) {
        self.order(Order::ToAll(Command::ShutDown));
    }
}

/// The coordinator ends with the first worker, and has nothing to wait for then.
impl<S, M> Drop for ToCoordinator<S, M> {
    fn drop(&mut self) {
        self.shut_down();
    }
}

impl<S, M> ToCoordinator<S, M> {
    /// Tells the coordinator when a process is lost.
    pub(super) fn follow(&self, fate: &Fate)
    where
        S: Send + Sync + 'static,
        M: Send + 'static,
    {
        let events = self.events.clone();
        fate.wake_by(move |lost| {
            // If the coordinator is gone, every wait has ended.
            let _ = events.send(Event::ProcessLost(lost.clone()));
        });
    }

    /// Passes on the answers of workers that save a checkpoint.
    #[cfg(feature = "checkpoint")]
    pub(super) fn tell_of_saved(mut self, saved: Sender<SaveReply>) -> Self {
        self.saved = Some(saved);
        self
    }

    /// Ends the coordinator, and with it every wait.
    pub(super) fn shut_down(&self) {
        // The worker may have ended since a process is lost, and be faster than who tells of it.
        let lost = Fate::of_this_thread().and_then(|fate| fate.lost().cloned());
        let _ = self.events.send(match lost {
            Some(lost) => Event::ProcessLost(lost),
            None => Event::Caller(Request::ShutDown),
        });
    }

    /// Passes on what workers say. If the coordinator is gone, it is dropped.
    pub(super) fn pass_on(&self, notices: Vec<Notice<S, M>>) {
        for notice in notices {
            let event = match notice {
                Notice::Recordings(recordings) => NodeEvent::Recorded(recordings),
                Notice::Requested(node) => NodeEvent::Requested(node),
                Notice::Stopped(node) => NodeEvent::Stopped(node),
                Notice::Halted(node) => NodeEvent::Halted(node),
                Notice::Failed(failure) => NodeEvent::Failed(failure),
                #[cfg(feature = "checkpoint")]
                Notice::Saved(reply) => {
                    // A caller that waits no longer does not need the answer.
                    let _ = self.saved.as_ref().map(|saved| saved.send(reply));
                    continue;
                }
                Notice::Reply(to, message) => {
                    self.questions.answer(to, message);
                    continue;
                }
            };
            let _ = self.events.send(Event::Node(event));
        }
    }
}
