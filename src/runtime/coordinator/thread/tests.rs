//! What the coordinator tells nodes, without nodes.

use std::sync::Arc;

use super::{Client, Clock, Coordinator, Event, Initiators, Settings};
use crate::id::SnapshotId;
use crate::runtime::coordinator::ledger::Ledger;
use crate::runtime::coordinator::promise::promise;
use crate::runtime::link::command::Command;
use crate::runtime::node::port::Outside;
use crate::runtime::node::requests::Requests;
use crate::runtime::own_thread::OwnThreads;
use crate::runtime::wiring::Wiring;
use crate::sync::{awaited_channel, model};
use crate::topology::Topology;

/// A coordinator, and where the commands to its only node come out.
fn coordinator(settings: &Settings) -> (Coordinator<(), ()>, Outside<()>) {
    let topology = Arc::new(Topology::ring(1).expect("one node"));
    let Wiring { mut ends, .. } = Wiring::new(&topology, &settings.capacities, |_| (0, 0));
    let node = ends.pop().expect("an end per node");
    let (tx, events) = awaited_channel();
    let ((settled, wait_settled), (ended, wait_ended)) = (promise(), promise());
    let requests = Arc::new(Requests::new(1));
    let books = Ledger::new(SnapshotId::new(1), settings.memory);
    let client =
        Arc::new(Client::new(OwnThreads::new(), books, requests, tx, wait_settled, wait_ended));
    let ports = vec![node.port];
    let until = (settled, ended);
    let clock = Clock::start();
    (Coordinator::new(events, topology, settings, ports, client, until, clock), node.outside)
}

impl Coordinator<(), ()> {
    fn ask_and_cancel(&mut self) {
        let id = self.ask_for_one();
        self.hear(Event::Cancel(id));
        self.keep_time();
    }

    fn ask_for_one(&mut self) -> SnapshotId {
        let (pending, asked) = self.client.open(self.deadline);
        self.hear(Event::Begin { asked, initiators: Initiators::With(Vec::new()) });
        self.keep_time();
        pending.id()
    }
}

fn commands(node: &Outside<()>) -> Vec<Command> {
    let mut commands = Vec::new();
    node.commands.drain(usize::MAX, |command| commands.push(command));
    commands
}

#[test]
fn nodes_hear_of_snapshots_that_never_began_once_for_many() {
    model(|| {
        let mut settings = Settings::default();
        settings.limits.max_in_flight = 1;
        let (mut coordinator, node) = coordinator(&settings);
        let under_way = coordinator.ask_for_one();
        assert!(matches!(commands(&node)[..], [Command::Begin(id)] if id == under_way));
        (0..100).for_each(|_| coordinator.ask_and_cancel());
        assert!(commands(&node).is_empty(), "an older one is under way");
        coordinator.hear(Event::Cancel(under_way));
        let last = SnapshotId::new(101);
        assert!(
            matches!(commands(&node)[..], [Command::Abandon(id), Command::AbandonUpTo(up_to)] if id == under_way && up_to == last)
        );
        let next = coordinator.ask_for_one();
        (0..10).for_each(|_| coordinator.ask_and_cancel());
        coordinator.hear(Event::Cancel(next));
        assert!(
            matches!(commands(&node)[..], [Command::Begin(_), Command::Abandon(id)] if id == next)
        );
    });
}

#[test]
fn a_queue_of_snapshots_that_never_begin_ends_without_a_word_to_nodes() {
    model(|| {
        let mut settings = Settings::default();
        settings.limits.max_in_flight = 1;
        let (mut coordinator, node) = coordinator(&settings);
        for _ in 0..10 {
            coordinator.ask_for_one();
        }
        coordinator.end();
        assert!(matches!(commands(&node)[..], [Command::Begin(_)]));
    });
}
