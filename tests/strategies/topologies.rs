//! The topologies have their promised properties.

use consistent_cut::strategies::{digraphs, shapes, strongly_connected, topologies};
use consistent_cut::{Link, Topology};
use proptest::strategy::{Strategy, ValueTree};
use proptest::{prop_assert, prop_assert_eq};

use crate::support::{fails, holds, runner};

#[test]
fn topologies_have_as_many_nodes_and_links_as_asked_for() {
    holds(200, &digraphs(3..=5, 2..=7), |topology| {
        prop_assert!((3..=5).contains(&topology.node_count()));
        prop_assert!((2..=7).contains(&topology.link_count()));
        Ok(())
    });
    holds(200, &topologies(1..=6), |topology| {
        prop_assert!((1..=6).contains(&topology.node_count()));
        Ok(())
    });
}

#[test]
fn strongly_connected_topologies_need_one_initiator() {
    holds(200, &strongly_connected(1..=8, 0..=8), |topology| {
        prop_assert_eq!(topology.covering_initiators().len(), 1);
        for node in topology.nodes() {
            topology.check_coverage(&[node]).map_err(fails)?;
        }
        Ok(())
    });
}

/// No size is refused with a panic.
#[test]
fn odd_sizes_give_topologies_or_no_value() {
    holds(20, &topologies(0), |topology| {
        prop_assert_eq!(topology.node_count(), 1);
        Ok(())
    });
    let too_large = shapes(usize::MAX - 1).new_tree(&mut runner(1));
    assert!(too_large.is_err(), "a topology of too many nodes came");
}

/// The strategies draw the cases for which they exist.
#[test]
fn every_kind_of_topology_occurs() {
    type Kind = (&'static str, fn(&Topology) -> bool);
    let kinds: [Kind; 5] = [
        ("parallel links", |topology| {
            let ends = topology.links().iter().map(|link| (link.source, link.target));
            let different: std::collections::BTreeSet<_> = ends.collect();
            different.len() < topology.link_count()
        }),
        ("a self-link", |topology| topology.links().iter().any(Link::is_self_link)),
        ("two initiators", |topology| topology.covering_initiators().len() > 1),
        ("no link", |topology| topology.link_count() == 0),
        ("one node", |topology| topology.node_count() == 1),
    ];
    let (mut runner, strategy) = (runner(1), topologies(1..=5));
    let mut draw = || strategy.new_tree(&mut runner).expect("it fits").current();
    let drawn: Vec<Topology> = (0..300).map(|_| draw()).collect();
    for (kind, has) in kinds {
        assert!(drawn.iter().any(has), "no topology of 300 has {kind}");
        assert!(!drawn.iter().all(has), "each topology of 300 has {kind}");
    }
}
