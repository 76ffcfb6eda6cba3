//! Deadlocks of links that are full, found without a word from the processes.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::property::{
    Deadlock, DeadlockCause, Gone, WaitForGraph, find_deadlock_on_full_links,
};
use consistent_cut::simulation::{Algorithm, Simulation};
use consistent_cut::{NodeId, Topology};

use crate::by_hand::{ByHand, l, n};
use crate::chance::Chance;
use crate::chatter::{Chatter, Counts, Note};
use crate::runs::{self, RUNS, State, Subject, all_are_right, latency, policy, wrong_with};

/// Nodes with these links, each of which holds two messages.
fn nodes(count: usize, links: &[(usize, usize)]) -> ByHand<(), char> {
    let topology = Topology::from_links(count, links.iter().copied()).expect("nodes and links fit");
    let state = ByHand::new(topology, vec![(); count]);
    (0..links.len() as u32).fold(state, |state, link| state.capacity(link, 2))
}

fn find(state: &ByHand<(), char>) -> Option<Deadlock> {
    find_deadlock_on_full_links(&state.record())
}

#[test]
fn a_cycle_of_full_links_is_a_deadlock() {
    let ring = nodes(2, &[(0, 1), (1, 0)]);
    let full = ring.in_flight(0, ['a', 'b', 'c']).received(0, 7);
    assert!(find(&full).is_none(), "node 1 goes on");
    let just_full = full.clone().in_flight(1, ['a', 'b']);
    assert!(find(&just_full).is_none(), "nothing waits for room");
    let found = find(&full.in_flight(1, ['a', 'b', 'c', 'd'])).expect("both wait");
    assert_eq!(found.nodes(), [n(0), n(1)]);
    assert_eq!(found.cycle(), Some(&[n(0), n(1)][..]));
    assert_eq!(
        found.to_string(),
        "deadlock of 2 nodes: node 0 waits for room on link 0 to node 1, \
         node 1 waits for room on link 1 to node 0"
    );
    assert!(found.to_dot().contains("n0 -> n1 [label=\"link 0\", color="), "{}", found.to_dot());
}

#[test]
fn a_snapshot_tells_what_links_hold_and_what_waits() {
    let state = nodes(2, &[(0, 1), (1, 0)]).in_flight(0, ['a', 'b', 'c']).received(0, 4).record();
    let [one, other] = [0, 1].map(|link| state.channel(l(link)));
    assert_eq!((one.capacity(), one.waiting(), one.sent()), (Some(2), 1, 7));
    assert_eq!((other.capacity(), other.waiting()), (Some(2), 0));
    let environment = &state.channels()[2];
    assert_eq!((environment.capacity(), environment.waiting()), (None, 0));
}

#[test]
fn a_link_without_a_limit_is_never_full() {
    let ring = ByHand::new(Topology::ring(1).expect("one node"), [()]);
    let state = ring.in_flight(0, vec!['a'; 1_000]).injected(0, vec!['b'; 1_000]);
    assert!(find(&state).is_none());
}

#[test]
fn a_self_link_that_is_full_is_a_cycle_of_one() {
    let state = nodes(2, &[(0, 0), (1, 0)]).in_flight(0, ['a', 'b', 'c']);
    let found = find(&state).expect("node 0 waits for itself");
    assert_eq!((found.nodes(), found.cycle()), (&[n(0)][..], Some(&[n(0)][..])));
    let behind = find(&state.in_flight(1, ['a', 'b', 'c'])).expect("and node 1 for it");
    assert_eq!((behind.nodes(), behind.cycle()), (&[n(0), n(1)][..], Some(&[n(0)][..])));
}

/// It goes on only when there is room on all of them.
#[test]
fn one_dead_link_of_several_is_enough() {
    let state = nodes(3, &[(0, 1), (0, 2), (2, 0)]);
    let three = ['a', 'b', 'c'];
    let state = state.in_flight(0, three).in_flight(1, three).in_flight(2, three);
    assert_eq!(find(&state).expect("a cycle of two").nodes(), [n(0), n(2)]);
}

#[test]
fn parallel_links_are_one_wait() {
    let three = ['a', 'b', 'c'];
    let state = nodes(2, &[(0, 1), (0, 1), (1, 0)]).in_flight(2, three);
    assert_eq!(find(&state.clone().in_flight(1, three)).expect("by either").nodes(), [n(0), n(1)]);
    let both = state.in_flight(0, three).in_flight(1, three);
    let graph = WaitForGraph::of_full_links(&both.record());
    assert_eq!(graph.to_dot().matches("n0 -> n1").count(), 1);
}

#[test]
fn who_waits_for_room_at_a_node_that_has_stopped_waits_in_vain() {
    let state = nodes(3, &[(0, 1), (2, 0)]).in_flight(0, ['a', 'b', 'c']);
    assert!(find(&state).is_none());
    let found = find(&state.clone().stopped(1)).expect("node 1 takes nothing");
    let why = Gone::Stopped;
    assert_eq!(found.causes(), [DeadlockCause::Gone { node: n(1), why, waiting: vec![n(0)] }]);
    assert_eq!(
        found.to_string(),
        "deadlock of 1 node: node 0 waits for room on link 0 to node 1: it has stopped"
    );
    assert!(find(&state.down(1)).is_none(), "what is sent to a node that is down is lost");
}

impl Subject for Chatter {
    type Thing = NodeId;

    fn draw(chance: &mut Chance, algorithm: Algorithm) -> Simulation<Self> {
        let nodes = 1 + chance.below(4);
        let links: Vec<_> =
            (0..1 + chance.below(8)).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
        let topology = Arc::new(Topology::from_links(nodes, links).expect("nodes and links fit"));
        let (capacity, odd_link) =
            (1 + chance.below(3), l(chance.below(topology.link_count()) as u32));
        let builder = Simulation::builder(Arc::clone(&topology)).algorithm(algorithm);
        let builder = builder.marker_policy(policy(chance)).latency(latency(chance));
        let builder = builder.capacity(capacity).link_capacity(odd_link, 4).without_schedule();
        let opening = 1 + chance.below(4) as u64;
        let start = |node| Chatter::new(&topology, node, opening);
        let simulation = builder.seed(chance.number()).start(start).expect("no setting is wrong");
        let state = simulation.global_state().expect("no node is down");
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
        let node = n(chance.below(simulation.topology().node_count()) as u32);
        let Some(state) = simulation.global_state() else { return };
        if chance.one_in(2) {
            let Some(link) = state.topology().environment_link(node) else { return };
            let number = state.channel(link.id).sent() + 1;
            // A node that is down takes none.
            let _ = simulation.inject(node, Note { number, hops: 6 });
        } else if chance.one_in(2) {
            simulation.stop(node).expect("it is there");
        } else if is_quiet && Self::truth(&state).is_empty() {
            // Who waits for one that fails goes on.
            simulation.fail(node).expect("it is there");
        }
    }

    fn find(state: &State<Self>) -> BTreeSet<NodeId> {
        find_deadlock_on_full_links(state).iter().flat_map(Deadlock::nodes).copied().collect()
    }

    /// Whoever waits for room, whether or not that will come.
    fn find_naively(state: &State<Self>) -> BTreeSet<NodeId> {
        let is_full = |node: &NodeId| full(state, *node).next().is_some();
        state.topology().nodes().filter(is_full).collect()
    }

    /// The greatest of all sets of nodes of which each waits for one of the set or one that has stopped.
    fn truth(state: &State<Self>) -> BTreeSet<NodeId> {
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

    /// It has neither received nor sent anything since.
    fn is_as_it_was(then: &State<Self>, now: &State<Self>, node: NodeId) -> bool {
        then.find_state(node) == now.find_state(node)
    }

    /// Who waits for room then waits for ever.
    fn at_rest(state: &State<Self>) -> BTreeSet<NodeId> {
        Self::find_naively(state)
    }

    fn progress(&self) -> u64 {
        Self::recorded_progress(&self.counts)
    }

    fn recorded_progress(counts: &Counts) -> u64 {
        counts.received.iter().sum()
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

/// Where a node's messages wait for room, by what the processes themselves have counted: the other ends.
fn full(state: &State<Chatter>, node: NodeId) -> impl Iterator<Item = NodeId> {
    let topology = state.topology();
    let is_full = move |link: &&consistent_cut::Link| {
        let (Some(sender), Some(receiver)) =
            (state.find_state(node), state.find_state(link.target))
        else {
            return false;
        };
        let slots = topology.out_slot(link.id).zip(topology.in_slot(link.id));
        let (out_slot, in_slot) = slots.expect("it is there");
        let capacity = state.channel(link.id).capacity().expect("all are limited");
        sender.sent[out_slot] > receiver.received[in_slot] + capacity
    };
    let is_stopped = state.is_stopped(node);
    topology
        .out_links(node)
        .iter()
        .filter(is_full)
        .filter(move |_| !is_stopped)
        .map(|link| link.target)
}

const EXPECTED: [&str; 12] = [
    "found",
    "nothing found",
    "found early",
    "not yet found",
    "never occurred",
    "overlap",
    "a node was down",
    "the naive way is wrong",
    "a cycle",
    "a self-link",
    "waits for a node that has stopped",
    "some go on",
];

#[test]
fn every_deadlock_is_found_and_none_that_is_none() {
    all_are_right::<Chatter>(RUNS, &EXPECTED);
}

/// The proof asks nothing of the cut, and the counts are those of the nodes whatever is recorded of the messages in flight.
#[test]
fn the_counts_are_enough_for_any_algorithm() {
    assert_eq!(wrong_with::<Chatter>(2_000, |_, _| Algorithm::Better), BTreeSet::new());
    assert_eq!(wrong_with::<Chatter>(2_000, runs::wrong_clocks), BTreeSet::new());
}
