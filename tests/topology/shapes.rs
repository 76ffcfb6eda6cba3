//! Each constructor builds exactly the nodes and links it promises, or says why it cannot.

use consistent_cut::{Link, Topology, TopologyError};
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use crate::ids::node;

type Outcome = Result<(), TopologyError>;

const LIMIT: usize = (u32::MAX / 4) as usize;

fn ends(topology: &Topology) -> Vec<(usize, usize)> {
    let pair = |link: &Link| (link.source.index(), link.target.index());
    topology.links().iter().map(pair).collect()
}

fn assert_too_large(result: Result<Topology, TopologyError>, expected: &str) {
    match result {
        Err(TopologyError::TooLarge { what }) => assert_eq!(what, expected),
        other => panic!("expected too many {expected}, got {other:?}"),
    }
}

// Shapes

#[test]
fn a_ring_leads_once_around() -> Outcome {
    assert_eq!(ends(&Topology::ring(1)?), [(0, 0)]);
    assert_eq!(ends(&Topology::ring(2)?), [(0, 1), (1, 0)]);
    assert_eq!(ends(&Topology::ring(4)?), [(0, 1), (1, 2), (2, 3), (3, 0)]);
    Ok(())
}

#[test]
fn a_line_leads_from_first_to_last() -> Outcome {
    assert_eq!(ends(&Topology::line(1)?), []);
    assert_eq!(ends(&Topology::line(4)?), [(0, 1), (1, 2), (2, 3)]);
    Ok(())
}

#[test]
fn a_star_joins_node_0_both_ways_with_each_other_node() -> Outcome {
    assert_eq!(ends(&Topology::star(1)?), []);
    assert_eq!(ends(&Topology::star(3)?), [(0, 1), (1, 0), (0, 2), (2, 0)]);
    Ok(())
}

#[test]
fn a_complete_topology_has_each_ordered_pair_once() -> Outcome {
    assert_eq!(ends(&Topology::complete(1)?), []);
    let expected = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
    assert_eq!(ends(&Topology::complete(3)?), expected);
    Ok(())
}

#[test]
fn a_grid_joins_horizontal_and_vertical_neighbours_both_ways() -> Outcome {
    assert_eq!(ends(&Topology::grid(1, 1)?), []);
    assert_eq!(ends(&Topology::grid(1, 2)?), [(0, 1), (1, 0)]);
    // 0 1 2
    // 3 4 5
    let forth = [(0, 1), (0, 3), (1, 2), (1, 4), (2, 5), (3, 4), (4, 5)];
    let expected: Vec<_> = forth.into_iter().flat_map(|(a, b)| [(a, b), (b, a)]).collect();
    let grid = Topology::grid(3, 2)?;
    assert_eq!(ends(&grid), expected);
    assert_eq!(grid.node_count(), 6);
    Ok(())
}

#[test]
fn no_shape_exists_without_nodes() {
    let attempts = [
        Topology::ring(0),
        Topology::line(0),
        Topology::star(0),
        Topology::complete(0),
        Topology::grid(0, 3),
        Topology::grid(3, 0),
        Topology::random_strongly_connected(0, 3, 1),
        Topology::from_links(0, []),
        Topology::from_named_links([("", ""); 0]),
        Topology::from_graph(&DiGraph::<(), ()>::new()),
    ];
    for (number, attempt) in attempts.into_iter().enumerate() {
        let error = attempt.expect_err("there is no node");
        assert!(matches!(error, TopologyError::NoNodes), "attempt {number}: {error}");
    }
    let expected = "a topology needs at least one node: declare a node or a link";
    assert_eq!(TopologyError::NoNodes.to_string(), expected);
}

#[test]
fn sizes_that_cannot_be_numbered_are_refused_at_once() {
    for nodes in [LIMIT + 1, usize::MAX] {
        assert_too_large(Topology::ring(nodes), "nodes");
        assert_too_large(Topology::line(nodes), "nodes");
        assert_too_large(Topology::star(nodes), "nodes");
        assert_too_large(Topology::complete(nodes), "nodes");
        assert_too_large(Topology::grid(nodes, 2), "nodes");
        assert_too_large(Topology::random_strongly_connected(nodes, 0, 1), "nodes");
        assert_too_large(Topology::from_links(nodes, []), "nodes");
    }
    assert_too_large(Topology::star(LIMIT / 2 + 2), "links");
    assert_too_large(Topology::complete(32_769), "links");
    assert_too_large(Topology::grid(20_000, 20_000), "links");
    assert_too_large(Topology::random_strongly_connected(2, LIMIT - 1, 1), "links");
    assert_too_large(Topology::random_strongly_connected(2, usize::MAX, 1), "links");

    let text = TopologyError::TooLarge { what: "links" }.to_string();
    assert_eq!(text, "a topology has at most 1073741823 links: ask for fewer");
}

// Random topologies

#[test]
fn random_topologies_are_strongly_connected() -> Outcome {
    for seed in 0..500 {
        let nodes = 1 + seed as usize % 40;
        let topology = Topology::random_strongly_connected(nodes, seed as usize % 7, seed)?;
        assert_eq!(topology.link_count(), nodes + seed as usize % 7, "seed {seed}");
        assert_eq!(tarjan_scc(&topology.to_graph()).len(), 1, "seed {seed}");
    }
    Ok(())
}

#[test]
fn random_links_are_no_self_links_unless_there_is_one_node() -> Outcome {
    for seed in 0..200 {
        let topology = Topology::random_strongly_connected(2 + seed as usize % 3, 50, seed)?;
        assert!(!topology.links().iter().any(Link::is_self_link), "seed {seed}");
    }
    assert_eq!(ends(&Topology::random_strongly_connected(1, 2, 5)?), [(0, 0); 3]);
    Ok(())
}

#[test]
fn every_ordered_pair_is_drawn() -> Outcome {
    let topology = Topology::random_strongly_connected(5, 1_000, 9)?;
    for pair in ends(&Topology::complete(5)?) {
        let drawn = ends(&topology)[5..].iter().filter(|&&drawn| drawn == pair).count();
        // 50 draws of each pair are expected. Fewer than 25 would be 3.6 standard deviations off.
        assert!((25..75).contains(&drawn), "{pair:?} was drawn {drawn} times");
    }
    Ok(())
}

#[test]
fn a_seed_gives_the_same_topology_on_every_machine() -> Outcome {
    // These links were computed without this crate, from the published definitions of xoshiro256++
    // and SplitMix64.
    let first = [(0, 3), (3, 2), (2, 1), (1, 4), (4, 0), (3, 1), (0, 3), (1, 0), (2, 1)];
    let second = [(4, 1), (1, 3), (3, 2), (2, 0), (0, 4), (2, 4), (0, 1), (4, 1), (3, 0)];
    assert_eq!(ends(&Topology::random_strongly_connected(5, 4, 42)?), first);
    assert_eq!(ends(&Topology::random_strongly_connected(5, 4, 43)?), second);
    Ok(())
}

// Links given one by one

#[test]
fn parallel_links_and_self_links_keep_their_order() -> Outcome {
    let given = [(1, 0), (0, 1), (2, 2), (0, 1), (2, 2)];
    let topology = Topology::from_links(4, given)?;
    assert_eq!(ends(&topology), given);
    assert_eq!(topology.node_count(), 4);
    assert_eq!(topology.links()[3].to_string(), "node 0 -> node 1 (link 3)");
    Ok(())
}

#[test]
fn an_unknown_end_is_named_with_its_link() {
    let source = Topology::from_links(3, [(0, 1), (3, 7)]).expect_err("there is no node 3");
    let target = Topology::from_links(3, [(0, 1), (1, 2), (2, 9)]).expect_err("nor a node 9");
    let found = |error| match error {
        TopologyError::UnknownEnd { link, end, nodes } => (link, end, nodes),
        other => panic!("{other}"),
    };
    let text = "link 1 has an end at node 3, but there are 3 nodes, numbered from 0: \
                correct the link or raise the number of nodes";
    assert_eq!(source.to_string(), text);
    assert_eq!(found(source), (1, 3, 3));
    assert_eq!(found(target), (2, 9, 3));
}

#[test]
fn reverses_follow_all_links_and_self_links_have_none() -> Outcome {
    let topology = Topology::from_links(3, [(0, 1), (2, 2), (1, 2), (0, 1)])?;
    let expected = [(0, 1), (2, 2), (1, 2), (0, 1), (1, 0), (2, 1), (1, 0)];
    assert_eq!(ends(&topology.with_reverse_links()?), expected);

    let named = Topology::from_named_links([("A", "B")])?.with_reverse_links()?;
    assert_eq!(named.name(node(1)), Some("B"));
    Ok(())
}

#[test]
fn equality_sees_nodes_names_and_the_order_of_links() -> Outcome {
    let base = Topology::from_links(2, [(0, 1), (1, 0)])?;
    assert_eq!(base, Topology::ring(2)?);
    assert_ne!(base, Topology::from_links(3, [(0, 1), (1, 0)])?);
    assert_ne!(base, Topology::from_links(2, [(1, 0), (0, 1)])?);
    assert_ne!(base, Topology::from_named_links([("0", "1"), ("1", "0")])?);

    let asked = base.clone();
    let _ = asked.covering_initiators();
    assert_eq!(base, asked, "a cached answer is no difference");
    Ok(())
}

#[test]
fn it_displays_as_its_counts() -> Outcome {
    assert_eq!(Topology::ring(1)?.to_string(), "1 node, 1 link");
    assert_eq!(Topology::line(1)?.to_string(), "1 node, 0 links");
    assert_eq!(Topology::complete(3)?.to_string(), "3 nodes, 6 links");
    Ok(())
}
