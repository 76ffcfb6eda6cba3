//! A case that fails becomes small.

use consistent_cut::strategies::{NumberedRun, runs, topologies};
use proptest::strategy::Strategy;
use proptest::test_runner::{TestCaseError, TestError};

use crate::support::runner;

/// The smallest case that fails.
fn smallest<S: Strategy>(strategy: &S, is_wrong: impl Fn(&S::Value) -> bool) -> S::Value {
    let fails = |value: S::Value| match is_wrong(&value) {
        true => Err(TestCaseError::fail("as it should")),
        false => Ok(()),
    };
    match runner(1000).run(strategy, fails) {
        Err(TestError::Fail(_, value)) => value,
        other => panic!("no case fails: {other:?}"),
    }
}

#[test]
fn a_topology_shrinks_to_few_nodes_and_links() {
    let topology = smallest(&topologies(1..=20), |topology| topology.link_count() >= 3);
    assert!(topology.link_count() <= 6, "{}", topology.to_edge_list());
    assert!(topology.node_count() <= 4, "{}", topology.to_edge_list());
}

#[test]
fn a_run_shrinks_to_few_nodes_tokens_and_choices() {
    let has_something_in_flight = |run: &NumberedRun| {
        let simulation = run.simulate().expect("each run can be simulated");
        simulation.snapshots().iter().any(|snapshot| snapshot.in_flight().count() > 0)
    };
    let NumberedRun { system, choices } = smallest(&runs(1..=6), has_something_in_flight);
    assert!(system.tokens() <= 4, "{system:?}");
    assert!(system.topology().node_count() <= 3, "{system:?}");
    assert!(choices.as_slice().len() <= 8, "{choices:?}");
}
