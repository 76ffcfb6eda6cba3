//! Deadlocks of requests and full links together, case by case.

use consistent_cut::property::{
    Deadlock, DeadlockCause, Request, deadlocked_with_full_links, find_deadlock,
    find_deadlock_on_full_links, find_deadlock_with_full_links,
};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Topology};

use crate::by_hand::{ByHand, n};

/// A message that grants, or another message.
const GRANT: bool = true;
const OTHER: bool = false;
/// More than a link holds.
const MANY: [bool; 3] = [OTHER; 3];

/// Three nodes that wait for grants of the given nodes. Links 0 and 1 join nodes 0 and 1, links 2
/// and 3 join nodes 1 and 2, and links 4 and 5 join nodes 2 and 0. Each link holds two messages.
fn nodes(requests: [&[u32]; 3]) -> ByHand<Vec<NodeId>, bool> {
    let links = [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2)];
    let topology = Topology::from_links(3, links).expect("nodes and links fit");
    let states = requests.map(|nodes| nodes.iter().copied().map(n).collect::<Vec<_>>());
    (0..6).fold(ByHand::new(topology, states), |state, link| state.capacity(link, 2))
}

fn all(nodes: &[NodeId]) -> Request {
    Request::All(nodes.to_vec())
}

fn find(state: &GlobalSnapshot<Vec<NodeId>, bool>) -> Option<Deadlock> {
    let found = find_deadlock_with_full_links(state, |_, nodes| all(nodes), |_, &grants, _| grants);
    let property =
        deadlocked_with_full_links(|_, nodes: &Vec<NodeId>| all(nodes), |_, &g: &bool, _| g);
    assert_eq!(property.into_predicate().evaluate(state).is_true(), found.is_some());
    found
}

fn nodes_of(state: &ByHand<Vec<NodeId>, bool>) -> Vec<NodeId> {
    find(&state.record()).map(|found| found.nodes().to_vec()).unwrap_or_default()
}

#[test]
fn who_waits_for_a_grant_from_a_node_that_stands_still_is_stuck() {
    let state = nodes([&[], &[], &[0]]).in_flight(0, MANY).in_flight(1, MANY);
    let recorded = state.record();
    assert!(find_deadlock(&recorded, |_, nodes| all(nodes), |_, &grants, _| grants).is_none());
    let alone = find_deadlock_on_full_links(&recorded).expect("nodes 0 and 1 stand still");
    assert_eq!(alone.nodes(), [n(0), n(1)]);

    let found = find(&recorded).expect("and so does node 2");
    assert_eq!(found.nodes(), [n(0), n(1), n(2)]);
    assert_eq!(found.cycle(), Some(&[n(0), n(1)][..]));
    assert_eq!(found.causes().len(), 1);
    assert_eq!(
        found.to_string(),
        "deadlock of 3 nodes: node 0 waits for room on link 0 to node 1, \
         node 1 waits for room on link 1 to node 0"
    );
    assert!(found.to_dot().contains("n2 -> n0"), "{}", found.to_dot());
    // A grant that it had sent before comes all the same, even where the grant waits for room.
    let granted = state.clone().in_flight(5, [GRANT]);
    assert_eq!(nodes_of(&granted), [n(0), n(1)]);
    assert_eq!(nodes_of(&granted.in_flight(5, [OTHER, OTHER, OTHER, GRANT])), [n(0), n(1)]);
    // A grant is of no use to a node that stands still.
    let requests: [&[u32]; 3] = [&[2], &[], &[0]];
    let state = nodes(requests).in_flight(0, MANY).in_flight(1, MANY).in_flight(4, [GRANT]);
    assert_eq!(nodes_of(&state), [n(0), n(1), n(2)]);
}

/// A cycle of waits from both graphs together. It is not a deadlock, since node 1 makes room while
/// it waits.
#[test]
fn a_cycle_of_a_request_and_a_full_link_is_no_deadlock() {
    let state = nodes([&[], &[0], &[]]).in_flight(0, MANY);
    assert_eq!(nodes_of(&state), []);
    // Nor is the wait for room there a part of another deadlock.
    let requests: [&[u32]; 3] = [&[], &[0], &[]];
    let state = nodes(requests).in_flight(0, MANY).in_flight(4, MANY).in_flight(5, MANY);
    let found = find(&state.record()).expect("nodes 0 and 2 stand still, and node 1 waits");
    assert_eq!(found.nodes(), [n(0), n(1), n(2)]);
    let knot = DeadlockCause::Knot { nodes: vec![n(0), n(2)], cycle: vec![n(0), n(2)] };
    assert_eq!(found.causes(), [knot]);
}

#[test]
fn both_kinds_alone_are_found() {
    assert_eq!(nodes_of(&nodes([&[1], &[0], &[]])), [n(0), n(1)]);
    let full = nodes([&[], &[], &[]]).in_flight(2, MANY).in_flight(3, MANY);
    assert_eq!(nodes_of(&full), [n(1), n(2)]);
    assert_eq!(nodes_of(&nodes([&[], &[], &[1]]).in_flight(0, MANY).stopped(1)), [n(0), n(2)]);
    assert_eq!(nodes_of(&nodes([&[1], &[2], &[]])), []);
}

/// Node 0 sends more than its link holds. Node 1 has sent a request to node 0, and waits.
#[derive(Default)]
struct Pair {
    waits_for: Vec<NodeId>,
}

impl Process for Pair {
    type State = Vec<NodeId>;
    type Message = bool;

    fn on_start(&mut self, ctx: &mut Context<'_, bool>) {
        let link = ctx.out_links()[0];
        if ctx.id() == n(0) {
            return (0..3).for_each(|_| ctx.send_on(link, OTHER));
        }
        self.waits_for.push(n(0));
        ctx.send_on(link, OTHER);
    }

    fn on_message(&mut self, _: Link, grants: bool, ctx: &mut Context<'_, bool>) {
        if ctx.id() == n(0) {
            return ctx.send_on(ctx.out_links()[0], GRANT);
        }
        if grants {
            self.waits_for.clear();
        }
    }

    fn state(&self) -> Vec<NodeId> {
        self.waits_for.clone()
    }
}

/// In a single graph of both kinds, each node would wait for the other. They go on all the same.
#[test]
fn a_request_and_a_full_link_let_each_other_go() {
    let topology = Topology::ring(2).expect("two nodes are a ring");
    let builder = Simulation::builder(topology).capacity(1);
    let mut pair = builder.start(|_| Pair::default()).expect("no setting is wrong");
    let state = pair.global_state().expect("no node has failed");
    assert_eq!(state.channels()[0].waiting(), 2, "node 0 waits for room at node 1");
    assert_eq!(state.state(n(1)), &[n(0)], "which waits for it");
    assert!(find(&state).is_none());
    pair.run(100);
    assert!(pair.process(n(1)).is_some_and(|node| node.waits_for.is_empty()), "it was granted");
}
