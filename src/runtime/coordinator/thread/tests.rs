//! The commands of the coordinator to nodes, without nodes.

use std::sync::Arc;

use super::{Coordinator, Event, Parts, Request};
use crate::id::SnapshotId;
use crate::protocol::CollectorCore;
use crate::runtime::clock::Clock;
use crate::runtime::coordinator::client::Shared;
use crate::runtime::coordinator::nodes::NodePorts;
use crate::runtime::coordinator::promise::promise;
use crate::runtime::coordinator::registry::{Registry, Stage};
use crate::runtime::coordinator::request::Initiators;
use crate::runtime::coordinator::settings::CoordinatorSettings;
use crate::runtime::link::bell::Bell;
use crate::runtime::link::command::{Command, CommandPort};
use crate::runtime::link::gauge::Gauge;
use crate::runtime::node::entrance::Entrance;
use crate::runtime::node::port::NodePort;
use crate::runtime::node::questions::Questions;
use crate::runtime::node::requests::Requests;
use crate::sync::{Receiver, channel, model};
use crate::topology::Topology;

/// A coordinator, and the channel of commands to its only node.
fn coordinator() -> (Coordinator<(), (), NodePorts<()>>, Receiver<Command>) {
    let mut settings = CoordinatorSettings::default();
    settings.limits.max_concurrent_snapshots = 1;
    let topology = Arc::new(Topology::ring(1).expect("one node"));
    let bell = Arc::new(Bell::new());
    let ((commands_tx, commands), (environment, _)) = (channel(), channel());
    let commands_tx = CommandPort::new(commands_tx, Arc::clone(&bell));
    let entrance = Arc::new(Entrance::new(Gauge::new(u64::MAX, 0, 0)));
    let coordinator = Coordinator::new(Parts {
        shared: Arc::new(Shared::new(
            Registry::new(SnapshotId::new(1), &settings),
            Questions::new(SnapshotId::new(1)),
        )),
        nodes: NodePorts {
            ports: vec![NodePort { commands: commands_tx, environment, entrance, bell }],
            requests: Arc::new(Requests::new(1)),
        },
        collector: CollectorCore::new(Arc::clone(&topology)),
        topology,
        on_failure: settings.on_failure,
        digests: None,
        clock: Clock::start(),
    });
    (coordinator, commands)
}

impl Coordinator<(), (), NodePorts<()>> {
    fn ask_and_cancel(&mut self) {
        let id = self.ask_for_one();
        self.cancel_it(id);
    }

    fn ask_for_one(&mut self) -> SnapshotId {
        let (stage, timeout) =
            (Stage::Queued(Initiators::Fewest), CoordinatorSettings::default().timeout);
        let shared = Arc::clone(&self.parts.shared);
        let (id, _) = shared.registry.lock().open(stage, promise().0, timeout);
        self.hear(Event::Caller(Request::Opened));
        self.act();
        id
    }

    fn cancel_it(&mut self, id: SnapshotId) {
        self.hear(Event::Caller(Request::Cancel(id)));
        self.act();
    }
}

fn drain(node: &Receiver<Command>) -> Vec<Command> {
    let mut commands = Vec::new();
    node.drain(usize::MAX, |command| commands.push(command));
    commands
}

#[test]
fn nodes_hear_of_snapshots_that_never_began_once_for_many() {
    model(|| {
        let (mut coordinator, node) = coordinator();
        let under_way = coordinator.ask_for_one();
        assert!(matches!(drain(&node)[..], [Command::Begin(id)] if id == under_way));
        (0..100).for_each(|_| coordinator.ask_and_cancel());
        assert!(drain(&node).is_empty(), "an older one is under way");
        coordinator.cancel_it(under_way);
        let last = SnapshotId::new(101);
        assert!(
            matches!(drain(&node)[..], [Command::Abandon(id), Command::AbandonUpTo(up_to)] if id == under_way && up_to == last)
        );
        let next = coordinator.ask_for_one();
        (0..10).for_each(|_| coordinator.ask_and_cancel());
        coordinator.cancel_it(next);
        assert!(
            matches!(drain(&node)[..], [Command::Begin(_), Command::Abandon(id)] if id == next)
        );
    });
}

#[test]
fn a_queue_of_snapshots_that_never_begin_ends_and_nodes_hear_nothing() {
    model(|| {
        let (mut coordinator, node) = coordinator();
        for _ in 0..10 {
            coordinator.ask_for_one();
        }
        drop(coordinator);
        assert!(matches!(drain(&node)[..], [Command::Begin(_)]));
    });
}
