//! Deadlocks of links that are full, case by case.

use consistent_cut::Topology;
use consistent_cut::property::{
    Deadlock, DeadlockCause, Gone, WaitForGraph, find_deadlock_on_full_links,
};

use crate::by_hand::{ByHand, l, n};

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

/// The node goes on only when all of its links have room.
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
    assert!(find(&state.failed(1)).is_none(), "what is sent to a node that has failed is lost");
}
