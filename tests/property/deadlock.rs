//! Deadlocks of requests: case by case.

use consistent_cut::property::{
    Deadlock, DeadlockCause, Gone, Request, WaitForGraph, find_deadlock,
};
use consistent_cut::{NodeId, Topology};

use crate::by_hand::{ByHand, n};

/// A message that grants, or another message.
const GRANT: bool = true;
const OTHER: bool = false;

fn all(nodes: impl Into<Vec<u32>>) -> Request {
    Request::All(ids(nodes))
}

fn any(nodes: impl Into<Vec<u32>>) -> Request {
    Request::Any(ids(nodes))
}

fn of(needed: usize, nodes: impl Into<Vec<u32>>) -> Request {
    Request::Of { needed, nodes: ids(nodes) }
}

fn ids(nodes: impl Into<Vec<u32>>) -> Vec<NodeId> {
    nodes.into().into_iter().map(n).collect()
}

const RUNS: Request = Request::Nothing;

/// Nodes of a complete graph with these requests.
fn waiting<const N: usize>(requests: [Request; N]) -> ByHand<Request, bool> {
    ByHand::new(Topology::complete(N).expect("a few nodes"), requests)
}

fn find(state: &ByHand<Request, bool>) -> Option<Deadlock> {
    find_deadlock(&state.record(), |_, request| request.clone(), |_, &grants, _| grants)
}

fn nodes_of(state: &ByHand<Request, bool>) -> Vec<u32> {
    let found = find(state);
    found.iter().flat_map(Deadlock::nodes).map(|node| node.index() as u32).collect()
}

/// The link from one node of a complete graph to another.
fn link(nodes: usize, from: u32, to: u32) -> u32 {
    let topology = Topology::complete(nodes).expect("a few nodes");
    topology.link_between(n(from), n(to)).expect("all are linked").id.index() as u32
}

#[test]
fn nodes_that_run_are_in_no_deadlock() {
    assert!(find(&waiting([RUNS, RUNS])).is_none());
    assert_eq!(nodes_of(&waiting([all([1]), all([2]), RUNS])), [0; 0]);
    assert_eq!(nodes_of(&waiting([all([]), of(0, [0]), any([1])])), [0; 0], "nothing is needed");
}

#[test]
fn who_waits_for_all_waits_in_vain_for_one_on_a_cycle() {
    let state = waiting([all([1, 3]), all([2]), all([0]), RUNS, all([0, 3]), RUNS]);
    assert_eq!(nodes_of(&state), [0, 1, 2, 4]);
    let found = find(&state).expect("a cycle of three");
    assert_eq!(found.cycle(), Some(&ids([0, 1, 2])[..]));
    assert_eq!(found.knot(), Some(&ids([0, 1, 2])[..]));
    assert!(found.contains(n(4)) && !found.contains(n(3)));
    assert_eq!(
        found.to_string(),
        "deadlock of 4 nodes: node 0 waits for node 1, node 1 waits for node 2, node 2 waits for node 0"
    );
}

#[test]
fn who_waits_for_any_goes_on_though_on_a_cycle() {
    assert_eq!(nodes_of(&waiting([any([1, 3]), any([2]), any([0]), RUNS])), [0; 0]);
}

#[test]
fn a_knot_of_requests_for_any_is_a_deadlock() {
    let state = waiting([any([1, 2]), any([2]), any([0, 3]), any([1])]);
    let found = find(&state).expect("a knot of four");
    assert_eq!(found.nodes(), ids([0, 1, 2, 3]));
    assert_eq!(found.knot(), Some(&ids([0, 1, 2, 3])[..]));
    assert_eq!(found.cycle(), Some(&ids([0, 2])[..]), "the shortest through the first node");
    assert_eq!(
        found.to_string(),
        "deadlock of 4 nodes: node 0 waits for node 2, node 2 waits for node 0, in a knot of 4 nodes"
    );
    assert_eq!(nodes_of(&waiting([any([1, 2]), any([2]), any([0, 3]), RUNS])), [0; 0]);
}

#[test]
fn who_needs_some_waits_in_vain_if_too_few_can_grant() {
    for (needed, stuck) in [(1, vec![]), (2, vec![]), (3, vec![0, 1, 2]), (4, vec![0, 1, 2])] {
        // Nodes 1 and 2 wait for node 0, and nodes 3 and 4 run.
        let state = waiting([of(needed, [1, 2, 3, 4]), all([0]), all([0]), RUNS, RUNS]);
        assert_eq!(nodes_of(&state), stuck, "{needed} of 4");
    }
}

#[test]
fn a_node_named_twice_counts_once() {
    assert_eq!(nodes_of(&waiting([all([1, 1]), RUNS])), [0; 0]);
    assert_eq!(nodes_of(&waiting([of(2, [1, 1]), RUNS])), [0]);
}

#[test]
fn a_grant_in_flight_frees() {
    let cycle = waiting([all([1]), all([2]), all([0])]);
    let grant = link(3, 2, 1);
    assert_eq!(nodes_of(&cycle), [0, 1, 2]);
    assert_eq!(nodes_of(&cycle.clone().in_flight(grant, [OTHER])), [0, 1, 2]);
    assert_eq!(nodes_of(&cycle.clone().in_flight(grant, [OTHER, GRANT])), [0; 0]);
    let other_way = link(3, 1, 2);
    assert_eq!(nodes_of(&cycle.clone().in_flight(other_way, [GRANT])), [0, 1, 2], "no node waits");
    assert_eq!(nodes_of(&cycle.injected(1, [GRANT])), [0, 1, 2], "no node waits for outside");
}

#[test]
fn one_grant_is_not_enough_for_two() {
    let state = waiting([all([1, 2]), all([0]), all([0])]);
    let (one, two) = (link(3, 1, 0), link(3, 2, 0));
    let first = state.in_flight(one, [GRANT, GRANT]);
    assert_eq!(nodes_of(&first), [0, 1, 2], "two by the same node are one");
    assert_eq!(find(&first).expect("as before").cycle(), Some(&ids([0, 2])[..]));
    assert_eq!(nodes_of(&first.in_flight(two, [GRANT])), [0; 0]);
}

#[test]
fn who_waits_for_itself_is_a_cycle_of_one() {
    let found = find(&waiting([RUNS, all([1])])).expect("one node");
    assert_eq!((found.nodes(), found.cycle()), (&ids([1])[..], Some(&ids([1])[..])));
    assert_eq!(found.to_string(), "deadlock of 1 node: node 1 waits for node 1");
    assert_eq!(nodes_of(&waiting([RUNS, any([0, 1])])), [0; 0]);
}

#[test]
fn who_waits_for_a_node_that_is_gone_waits_in_vain() {
    let state = waiting([all([1]), RUNS, any([1, 3]), RUNS, all([0])]);
    for (state, why, text) in [
        (state.clone().stopped(1), Gone::Stopped, "has stopped"),
        (state.failed(1), Gone::Failed, "has failed"),
    ] {
        let found = find(&state).expect("node 1 grants nothing");
        assert_eq!(found.nodes(), ids([0, 4]), "node 2 has a choice");
        assert_eq!(found.cycle(), None);
        let cause = DeadlockCause::Gone { node: n(1), why, waiting: ids([0]) };
        assert_eq!(found.causes(), [cause]);
        let text = format!("deadlock of 2 nodes: node 0 waits for node 1: it {text}");
        assert_eq!(found.to_string(), text);
    }
}

#[test]
fn those_who_wait_for_a_node_that_is_gone_are_counted() {
    for (waiting_for_it, text) in [(2, "and so does 1 more"), (3, "and so do 2 more")] {
        let requests = [0, 1, 2, 3].map(|node| if node < waiting_for_it { all([3]) } else { RUNS });
        let found = find(&waiting(requests).stopped(3)).expect("in vain");
        let nodes = found.nodes().len();
        let text =
            format!("deadlock of {nodes} nodes: node 0 waits for node 3 {text}: it has stopped");
        assert_eq!(found.to_string(), text);
    }
}

/// Messages that it has sent before count, and it waits for nothing itself.
#[test]
fn a_node_that_is_gone_has_sent_what_is_in_flight() {
    let state = waiting([all([1]), all([0])]).in_flight(link(2, 1, 0), [GRANT]);
    assert_eq!(nodes_of(&state.clone().stopped(1)), [0; 0]);
    assert_eq!(nodes_of(&state.failed(1)), [0; 0]);
    let stopped = waiting([all([1]), all([1])]).stopped(1);
    assert_eq!(nodes_of(&stopped), [0], "and is not stuck");
}

#[test]
fn requests_that_nobody_could_grant_are_said_to_be_so() {
    let found = find(&waiting([any([]), of(3, [0, 2]), RUNS, all([7])])).expect("three in vain");
    assert_eq!(found.nodes(), ids([0, 1, 3]));
    assert_eq!(
        found.to_string(),
        "deadlock of 3 nodes: node 3 waits for node 7: it is not in the topology; \
         node 0 needs 1 of 0 nodes; node 1 needs 3 of 2 nodes"
    );
    assert_eq!(nodes_of(&waiting([all([u32::MAX]), RUNS])), [0; 0], "outside may do anything");
}

#[test]
fn two_deadlocks_have_two_causes() {
    let state = waiting([all([1]), all([0]), RUNS, all([4]), all([5]), all([3]), any([0, 3])]);
    let found = find(&state).expect("two cycles");
    let knot = |nodes: Vec<NodeId>| DeadlockCause::Knot { cycle: nodes.clone(), nodes };
    assert_eq!(found.causes(), [knot(ids([0, 1])), knot(ids([3, 4, 5]))]);
    assert_eq!(found.nodes(), ids([0, 1, 3, 4, 5, 6]));
    assert_eq!(
        found.to_string(),
        "deadlock of 6 nodes: node 0 waits for node 1, node 1 waits for node 0; \
         node 3 waits for node 4, node 4 waits for node 5, node 5 waits for node 3"
    );
}

/// When a cause is gone, the next snapshot shows the deadlocks that remain.
#[test]
fn a_cycle_that_waits_for_something_else_too_is_one_cause_of_several() {
    let found = find(&waiting([all([1, 2]), all([0]), RUNS]).stopped(2)).expect("in vain");
    let (why, waiting_for_it) = (Gone::Stopped, ids([0]));
    let gone = DeadlockCause::Gone { node: n(2), why, waiting: waiting_for_it };
    let between = DeadlockCause::Cycle { cycle: ids([0, 1]) };
    assert_eq!((found.nodes(), found.causes()), (&ids([0, 1])[..], &[between.clone(), gone][..]));
    assert_eq!((found.knot(), found.cycle()), (None, Some(&ids([0, 1])[..])));

    let found = find(&waiting([all([1, 2]), all([0]), all([3]), all([2])])).expect("two cycles");
    let (nodes, cycle) = (ids([2, 3]), ids([2, 3]));
    assert_eq!(found.causes(), [DeadlockCause::Knot { nodes, cycle }, between]);
    assert_eq!(found.nodes(), ids([0, 1, 2, 3]));
}

/// A node that needs one of two nodes on a cycle goes on when the other one does. A node that needs
/// both does not.
#[test]
fn a_cycle_that_waits_for_something_else_too_is_over_with_that_if_any_is_enough() {
    let found = find(&waiting([any([1, 2]), any([0]), any([3]), any([2])])).expect("two cycles");
    let (nodes, cycle) = (ids([2, 3]), ids([2, 3]));
    let (knot, between) =
        (DeadlockCause::Knot { nodes, cycle }, DeadlockCause::Cycle { cycle: ids([0, 1]) });
    assert_eq!((found.nodes(), found.causes()), (&ids([0, 1, 2, 3])[..], &[knot, between][..]));

    assert_eq!(nodes_of(&waiting([any([1, 2]), any([0]), RUNS, any([2])])), [0; 0]);
    assert_eq!(nodes_of(&waiting([all([1, 2]), any([0]), RUNS, any([2])])), [0, 1]);
}

#[test]
fn a_deadlock_speaks_of_nodes_by_name() {
    let topology = Topology::from_named_links([("Ann", "Bob"), ("Bob", "Ann")]).expect("two");
    let found = find(&ByHand::new(topology, [all([1]), all([0])])).expect("both wait");
    assert_eq!(
        found.to_string(),
        "deadlock of 2 nodes: node 0 (Ann) waits for node 1 (Bob), node 1 (Bob) waits for node 0 (Ann)"
    );
}

#[test]
fn a_long_cycle_is_cut_short() {
    let nodes = 10_000;
    let ring = Topology::ring(nodes).expect("many nodes");
    let requests: Vec<_> = (1..=nodes as u32).map(|node| all([node % nodes as u32])).collect();
    let found = find(&ByHand::new(ring, requests)).expect("a cycle");
    assert_eq!(found.cycle().map(<[_]>::len), Some(nodes));
    let text = found.to_string();
    assert!(text.ends_with("node 11 waits for node 12, and so on for 10000 nodes"), "{text}");
}

#[test]
fn the_drawing_shows_requests_grants_and_the_cycle() {
    let topology = Topology::from_named_links([
        ("a", "b"),
        ("b", "a"),
        ("c", "a"),
        ("d\"", "a"),
        ("e", "a"),
        ("f", "a"),
    ]);
    let requests = [all([1]), all([0]), of(2, [0, 3, 4]), any([0, 4]), RUNS, RUNS];
    let state = ByHand::new(topology.expect("six nodes"), requests).in_flight(3, [OTHER]);
    let state = state.stopped(4).in_flight(4, [GRANT]).in_flight(2, [GRANT]);
    let graph =
        WaitForGraph::of_requests(&state.record(), |_, r| r.clone(), |_, &grants, _| grants);
    let expected = r##"digraph waits {
  node [shape=box];
  n0 [label="a", style=filled, fillcolor="#f2b8b5"];
  n1 [label="b", style=filled, fillcolor="#f2b8b5"];
  n2 [label="c\n2 of 3", style=filled, fillcolor="#f2b8b5"];
  n3 [label="d\"\nany", style=filled, fillcolor="#f2b8b5"];
  n4 [label="e\nhas stopped", style=dashed];
  n0 -> n1 [color="#b3261e", penwidth=2];
  n1 -> n0 [color="#b3261e", penwidth=2];
  n2 -> n0;
  n2 -> n3;
  n2 -> n4;
  n3 -> n0;
  n3 -> n4;
}
"##;
    let expected = expected.replace("d\"\\n", "d\\\"\\n");
    assert_eq!(graph.to_dot(), expected);
    assert_eq!(graph.deadlock().expect("a and b").to_dot(), expected);

    let grant = waiting([all([1]), all([0, 2]), RUNS]).in_flight(link(3, 1, 0), [GRANT]);
    let graph =
        WaitForGraph::of_requests(&grant.record(), |_, r| r.clone(), |_, &grants, _| grants);
    assert_eq!(
        graph.to_dot(),
        "digraph waits {\n  node [shape=box];\n  n0 [label=\"0\"];\n  n1 [label=\"1\\nall\"];\n  \
         n2 [label=\"2\"];\n  n0 -> n1 [style=dashed];\n  n1 -> n0;\n  n1 -> n2;\n}\n"
    );
}

/// Nodes that a request names but does not need are not drawn, because no line may lead to a
/// missing box.
#[test]
fn a_request_that_needs_nobody_is_not_drawn() {
    let state = waiting([of(0, [1]), RUNS, all([3]), RUNS]).record();
    let graph = WaitForGraph::of_requests(&state, |_, request| request.clone(), |_, _, _| false);
    let dot = graph.to_dot();
    assert_eq!(dot.matches("->").count(), 1, "{dot}");
    assert!(dot.contains("n2 -> n3") && !dot.contains("n0") && !dot.contains("n1"), "{dot}");
}

/// A node that has stopped or failed grants nothing to the nodes that are left, and no longer waits
/// itself.
#[test]
fn a_deadlock_lasts_as_long_as_one_of_its_nodes_is_left() {
    let three = waiting([all([1]), all([2]), all([0])]);
    assert_eq!(nodes_of(&three.clone().stopped(1)), [0, 2]);
    assert_eq!(nodes_of(&three.clone().failed(1)), [0, 2]);
    assert_eq!(nodes_of(&three.clone().stopped(1).failed(2)), [0]);
    assert_eq!(nodes_of(&three.stopped(1).failed(2).stopped(0)), [0; 0]);
}
