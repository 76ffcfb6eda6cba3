//! Deadlocks of links that are full over random runs, found without help from the processes.

use std::collections::BTreeSet;

use consistent_cut::property::{Deadlock, DeadlockCause, find_deadlock_on_full_links};
use consistent_cut::simulation::{Algorithm, Simulation, SimulationBuilder};
use consistent_cut::{Link, NodeId, Topology};

use crate::by_hand::l;
use crate::chance::Chance;
use crate::chatter::chatter;
use crate::note::Note;
use crate::puppet::{Puppet, Record};
use crate::runs::{all_are_right, wrong_with};
use crate::skew::clocks_that_differ;
use crate::subject::{State, Subject, any_links, any_node};

impl Subject for Puppet {
    type Thing = NodeId;

    fn topology(chance: &mut Chance) -> Topology {
        any_links(chance, 4, 1)
    }

    /// Every link between nodes has the same capacity, except one.
    fn start(
        builder: SimulationBuilder<Self>,
        topology: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        let capacity = 1 + chance.below(3);
        let odd_link = l(chance.below(topology.link_count()) as u32);
        let opening = 1 + chance.below(4) as u64;
        let start = |node| chatter(topology, node, opening);
        let builder = builder.capacity(capacity).link_capacity(odd_link, 4);
        let simulation = builder.start(start).expect("no setting is wrong");
        let state = simulation.global_state().expect("no node has failed");
        for link in topology.all_links() {
            let expected = match link.id {
                _ if link.is_environment() => None,
                id if id == odd_link => Some(4),
                _ => Some(capacity as u64),
            };
            assert_eq!(state.channel(link.id).capacity(), expected);
        }
        simulation
    }

    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, is_quiet: bool) {
        let node = any_node(simulation, chance);
        let Some(state) = simulation.global_state() else { return };
        if chance.one_in(2) {
            let Some(link) = state.topology().environment_link(node) else { return };
            let note = Note::new(link.id, state.channel(link.id).sent() + 1).with_hops(6);
            // A node that has failed accepts no message.
            let _ = simulation.inject(node, note);
        } else if chance.one_in(2) {
            simulation.stop_node(node).expect("it is there");
        } else if is_quiet && Self::truth(&state, &state).is_empty() {
            // A node that waits for room at a node that fails goes on.
            simulation.fail(node).expect("it is there");
        }
    }

    fn find(state: &State<Self>) -> BTreeSet<NodeId> {
        find_deadlock_on_full_links(state).iter().flat_map(Deadlock::nodes).copied().collect()
    }

    /// All nodes that wait for room, whether or not room will come.
    fn find_naively(state: &State<Self>) -> BTreeSet<NodeId> {
        let is_full = |node: &NodeId| full(state, *node).next().is_some();
        state.topology().nodes().filter(is_full).collect()
    }

    /// The greatest of all sets of nodes in which each waits for a node of the set or a node that
    /// has stopped.
    fn truth(state: &State<Self>, _: &State<Self>) -> BTreeSet<NodeId> {
        let bit = |node: NodeId| 1_u32 << node.index();
        let nodes: Vec<_> = state.topology().nodes().collect();
        let waits_at = |node: &NodeId| {
            full(state, *node).fold((0, false), |(set, is_for_ever), target| {
                (set | bit(target), is_for_ever || state.is_stopped(target))
            })
        };
        let waits: Vec<_> = nodes.iter().map(waits_at).collect();
        let is_dead = |set: u32| {
            let mut members = waits.iter().enumerate().filter(|(node, _)| set >> node & 1 == 1);
            members.all(|(_, (targets, is_for_ever))| *is_for_ever || targets & set != 0)
        };
        let greatest =
            (0..1 << nodes.len()).filter(|set| is_dead(*set)).fold(0, |all, set| all | set);
        nodes.into_iter().filter(|node| greatest & bit(*node) != 0).collect()
    }

    fn is_there(state: &State<Self>, node: NodeId) -> bool {
        state.find_state(node).is_some() && !state.is_stopped(node)
    }

    /// No node of the set has received or sent a message since.
    fn are_as_they_were(then: &State<Self>, now: &State<Self>, nodes: &BTreeSet<NodeId>) -> bool {
        nodes.iter().all(|&node| then.find_state(node) == now.find_state(node))
    }

    /// A node that waits for room at rest waits without end.
    fn at_rest(state: &State<Self>) -> BTreeSet<NodeId> {
        Self::find_naively(state)
    }

    fn progress(record: &Record) -> u64 {
        record.counts.handled()
    }

    fn sights(state: &State<Self>) -> Vec<&'static str> {
        let Some(found) = find_deadlock_on_full_links(state) else { return Vec::new() };
        let some_go_on = state
            .topology()
            .nodes()
            .any(|node| Self::is_there(state, node) && !found.contains(node));
        let sight = |cause: &DeadlockCause| match cause {
            DeadlockCause::Knot { cycle, .. } if cycle.len() == 1 => "a self-link",
            DeadlockCause::Knot { .. } | DeadlockCause::Cycle { .. } => "a cycle",
            _ => "waits for a node that has stopped",
        };
        let causes = found.causes().iter().map(sight);
        causes.chain(some_go_on.then_some("some go on")).collect()
    }
}

/// The receivers at which a node's messages wait for room, by the processes' own counts.
fn full(state: &State<Puppet>, node: NodeId) -> impl Iterator<Item = NodeId> {
    let topology = state.topology();
    let is_full = move |link: &&Link| {
        let (Some(sender), Some(receiver)) =
            (state.find_state(node), state.find_state(link.target))
        else {
            return false;
        };
        let slots = topology.out_slot(link.id).zip(topology.in_slot(link.id));
        let (out_slot, in_slot) = slots.expect("it is there");
        let capacity = state.channel(link.id).capacity().expect("all are limited");
        sender.counts.sent[out_slot] > receiver.counts.received[in_slot] + capacity
    };
    let is_stopped = state.is_stopped(node);
    topology
        .out_links(node)
        .iter()
        .filter(is_full)
        .filter(move |_| !is_stopped)
        .map(|link| link.target)
}

const EXPECTED: [&str; 5] = [
    "a node had failed",
    "a cycle",
    "a self-link",
    "waits for a node that has stopped",
    "some go on",
];

#[test]
fn every_deadlock_is_found_and_none_that_is_none() {
    all_are_right::<Puppet>(&EXPECTED);
}

/// The proof needs no consistent cut, and the counts are those of the nodes, whatever the snapshot
/// records of the messages in flight.
#[test]
fn the_counts_are_enough_for_any_algorithm() {
    assert_eq!(wrong_with::<Puppet>(|_, _| Algorithm::MarkersOnly), BTreeSet::new());
    assert_eq!(wrong_with::<Puppet>(clocks_that_differ), BTreeSet::new());
}
