//! The coordinator on the first worker. It is the coordinator that threads have too, and here it
//! runs between the turns of the worker.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::parcel::{Notice, Recordings};
use super::settings::ClusterSettings;
use crate::id::{NodeId, SnapshotId};
use crate::protocol::CollectorCore;
use crate::runtime::{
    Clock, Command, Coordinator, CoordinatorParts, Event, NodeEvent, Nodes, Questions, Registry,
    Request, Shared, discard_report,
};
use crate::sync::Receiver;
use crate::topology::Topology;

/// The coordinator's events, and what it wants of the workers.
pub(super) struct Coordination<S, M> {
    /// `None` once the cluster was shut down.
    coordinator: Option<Coordinator<S, M, Workers>>,
    events: Receiver<Event<S, M>>,
    commands: Commands,
    questions: Arc<Questions<M>>,
}

/// Commands to a node, or to all nodes, in their order.
type Commands = Rc<RefCell<Vec<(Option<NodeId>, Command)>>>;

/// All workers, as the coordinator reaches them.
struct Workers(Commands);

impl Nodes for Workers {
    /// The markers of a snapshot need one hop then, whatever the topology's diameter is.
    const BEGIN_EVERYWHERE: bool = true;

    fn command(&self, node: NodeId, command: Command) {
        self.0.borrow_mut().push((Some(node), command));
    }

    fn command_all(&self, command: Command) {
        self.0.borrow_mut().push((None, command));
    }

    /// No caller waits for room here.
    fn let_callers_look(&self) {}

    /// A worker tells of a request at most once a turn, and keeps no note of it.
    fn answer(&self, _: NodeId) {}
}

impl<S, M> Coordination<S, M> {
    pub(super) fn new(
        topology: &Arc<Topology>,
        settings: &ClusterSettings,
        first_id: SnapshotId,
        events: Receiver<Event<S, M>>,
        clock: Clock,
    ) -> (Self, Arc<Shared<S, M>>) {
        let mut collector = CollectorCore::new(Arc::clone(topology));
        for link in topology.links() {
            collector.set_capacity(link.id, settings.capacity_of(link));
        }
        let registry = Registry::new(first_id, &settings.coordinator);
        let shared = Arc::new(Shared::new(registry, Questions::new(first_id)));
        let commands = Commands::default();
        let coordinator = Coordinator::new(CoordinatorParts {
            topology: Arc::clone(topology),
            shared: Arc::clone(&shared),
            nodes: Workers(Rc::clone(&commands)),
            collector,
            on_failure: settings.coordinator.on_failure,
            digests: None,
            clock,
        });
        let questions = Arc::clone(&shared.questions);
        (Coordination { coordinator: Some(coordinator), events, commands, questions }, shared)
    }

    /// Takes in what workers say.
    pub(super) fn hear(&mut self, notices: Vec<Notice<S, M>>) {
        for notice in notices {
            let event = match notice {
                Notice::Recordings(recordings) => {
                    self.add(recordings);
                    continue;
                }
                Notice::Requested(node) => NodeEvent::Requested(node),
                Notice::Stopped(node) => NodeEvent::Stopped(node),
                Notice::Halted(node) => NodeEvent::Halted(node),
                Notice::Failed(failure) => NodeEvent::Failed(failure),
                Notice::Reply(to, message) => {
                    self.questions.answer(to, message);
                    continue;
                }
            };
            if let Some(coordinator) = &mut self.coordinator {
                coordinator.hear(Event::Node(event));
            }
        }
    }

    fn add(&mut self, recordings: Recordings<S, M>) {
        let at = recordings.at;
        for report in recordings.into_reports() {
            match &mut self.coordinator {
                Some(coordinator) => coordinator.add_one(report, None, at),
                None => discard_report(report),
            }
        }
    }

    /// Takes in what callers say.
    pub(super) fn hear_callers(&mut self) {
        while let Some(event) = self.events.take() {
            if matches!(event, Event::Caller(Request::ShutDown)) {
                self.shut_down();
            } else if let Some(coordinator) = &mut self.coordinator {
                coordinator.hear(event);
            }
        }
    }

    /// Acts on what was heard. Returns the commands for the workers.
    pub(super) fn act(&mut self) -> Vec<(Option<NodeId>, Command)> {
        if let Some(coordinator) = &mut self.coordinator {
            coordinator.act();
        }
        self.commands.take()
    }

    /// When there is something to do if nothing comes before.
    pub(super) fn wake(&self) -> Option<Duration> {
        self.coordinator.as_ref().and_then(Coordinator::wake)
    }

    /// The coordinator wakes all callers as it goes.
    fn shut_down(&mut self) {
        if self.coordinator.take().is_some() {
            self.commands.borrow_mut().push((None, Command::ShutDown));
        }
    }
}
