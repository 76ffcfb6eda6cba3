//! Consistent cuts against their definition.

use consistent_cut::causality::{Cut, CutError, Trace};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, Link, Process, Topology};

use crate::chance::{Chance, for_each_seed};
use crate::clocks::happens_before;
use crate::ids::node;
use crate::replays::similar_topologies;
use crate::traces::random_trace;

/// Closed under happens-before.
fn is_closed(trace: &Trace, cut: &Cut, before: &[Vec<bool>]) -> bool {
    let events = trace.events();
    let included: Vec<_> = events.iter().map(|event| cut.includes(event)).collect();
    (0..events.len())
        .all(|b| !included[b] || (0..events.len()).all(|a| !before[b][a] || included[a]))
}

#[test]
fn a_cut_is_consistent_if_it_is_closed_under_happens_before() {
    let (mut consistent, mut others) = (0, 0);
    for_each_seed(0..2_000, |seed| {
        let mut chance = Chance::new(seed);
        let trace = random_trace(&mut chance, 20);
        let before = happens_before(&trace);
        for _ in 0..10 {
            let nodes = trace.topology().nodes();
            let cut = Cut::new(nodes.map(|node| chance.below(trace.events_of(node).len() + 1)));
            let closed = is_closed(&trace, &cut, &before);
            assert_eq!(cut.check(&trace).is_ok(), closed, "{cut:?}");
            let (witness, messages) = (trace.witness(&cut), cut.in_flight(&trace));
            assert_eq!(witness.is_ok(), closed);
            if let Ok(witness) = witness {
                consistent += 1;
                // Events before the cut come first, and the order is a run.
                let first = witness.rearranged();
                let included = trace.events().iter().filter(|event| cut.includes(event)).count();
                assert!(first.events()[..included].iter().all(|event| cut.includes(event)));
                assert_eq!(first.events().len(), trace.events().len());
                assert!(messages.iter().all(|range| *range.start() <= range.end() + 1));
            } else {
                others += 1;
            }
        }
    });
    assert!(consistent > 1_000 && others > 1_000, "{consistent} {others}");
}

/// The number of swaps is the number of pairs in the wrong order. Each swap of neighbours mends one
/// pair.
#[test]
fn a_witness_takes_as_many_swaps_as_there_are_pairs_in_the_wrong_order() {
    for_each_seed(0..500, |seed| {
        let mut chance = Chance::new(seed);
        let trace = random_trace(&mut chance, 15);
        let nodes = trace.topology().nodes();
        let cut = Cut::new(nodes.map(|node| chance.below(trace.events_of(node).len() + 1)));
        let Ok(witness) = trace.witness(&cut) else { return };
        let included: Vec<_> = trace.events().iter().map(|event| cut.includes(event)).collect();
        let pairs = (0..included.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        let wrong = pairs.filter(|&(a, b)| !included[a] && included[b]).count();
        assert_eq!(witness.swaps(), wrong as u64);
    });
}

#[test]
fn a_cut_of_another_trace_is_told_apart() {
    let trace = random_trace(&mut Chance::new(3), 10);
    let nodes = trace.topology().node_count();
    let first = trace.events_of(node(0)).len();
    let too_many = Cut::new((0..nodes).map(|_| first + 100)).check(&trace);
    assert!(
        matches!(too_many, Err(CutError::Foreign { node: at, .. }) if at == node(0)),
        "{too_many:?}"
    );
    let all = |more| {
        let nodes = trace.topology().nodes();
        Cut::new(nodes.map(|at| trace.events_of(at).len() + more)).check(&trace)
    };
    assert_eq!(all(0), Ok(()));
    assert!(matches!(all(1), Err(CutError::Foreign { .. })), "one more than there are");
    let more_nodes = Cut::new(vec![0; nodes + 1]).check(&trace);
    assert!(matches!(more_nodes, Err(CutError::Foreign { .. })), "{more_nodes:?}");
    assert_eq!(Cut::new([]).events_of(node(0)), 0);
}

/// A process that does nothing.
struct Idle;

impl Process for Idle {
    type State = ();
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) {}
}

#[test]
fn a_snapshot_of_another_topology_is_told_apart() {
    let line = Topology::line(2).expect("two nodes are a line");
    let traced = Simulation::builder(line).traced().start(|_| Idle).expect("it is fine");
    let trace = traced.trace().expect("it is traced");
    for (topology, expected) in similar_topologies() {
        let simulation = Simulation::builder(topology).start(|_| Idle).expect("it is fine");
        let state = simulation.global_state().expect("no node has failed");
        let expected = if expected { Ok(()) } else { Err(CutError::ForeignSnapshot) };
        assert_eq!(Cut::new([1, 1]).check_snapshot(trace, &state), expected);
    }
}
