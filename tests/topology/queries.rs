//! Questions to a topology agree with a naive search, and `petgraph` gets and gives the same graph.

use std::collections::BTreeSet;

use consistent_cut::{Link, LinkId, NodeId, Topology, TopologyError};
use petgraph::graph::{DiGraph, UnGraph};

use crate::ids::node;

type Outcome = Result<(), TopologyError>;

fn link(id: u32, source: u32, target: u32) -> Link {
    Link { id: LinkId::new(id), source: node(source), target: node(target) }
}

#[test]
fn queries_agree_with_a_naive_search() -> Outcome {
    for seed in 0..200 {
        let nodes = 1 + seed as usize % 9;
        let topology = Topology::random_strongly_connected(nodes, seed as usize % 60, seed)?;
        let unknown = node(nodes as u32);
        for a in topology.nodes().chain([unknown, NodeId::ENVIRONMENT]) {
            let leaving: Vec<Link> = select(&topology, |link| link.source == a);
            let arriving: Vec<Link> = select(&topology, |link| link.target == a);
            assert_eq!(topology.out_links(a), leaving, "seed {seed}, {a}");
            assert_eq!(topology.in_links(a), arriving, "seed {seed}, {a}");
            let targets: BTreeSet<NodeId> = leaving.iter().map(|link| link.target).collect();
            assert!(topology.neighbours(a).eq(targets), "seed {seed}, {a}");
            for b in topology.nodes().chain([unknown, NodeId::ENVIRONMENT]) {
                let first = leaving.iter().find(|link| link.target == b).copied();
                assert_eq!(topology.link_between(a, b), first, "seed {seed}, {a}, {b}");
            }
        }
        for link in topology.links() {
            let out_slot = topology.out_slot(link.id).expect("it is a real link");
            let in_slot = topology.in_slot(link.id).expect("it is a real link");
            assert_eq!(topology.out_links(link.source)[out_slot], *link, "seed {seed}");
            assert_eq!(topology.in_links(link.target)[in_slot], *link, "seed {seed}");
        }
    }
    Ok(())
}

fn select(topology: &Topology, chosen: impl Fn(&Link) -> bool) -> Vec<Link> {
    topology.links().iter().copied().filter(|link| chosen(link)).collect()
}

#[test]
fn the_lowest_of_parallel_links_is_found() -> Outcome {
    let topology = Topology::from_links(3, [(0, 2), (0, 1), (0, 2), (0, 1), (0, 0)])?;
    assert_eq!(topology.link_between(node(0), node(1)), Some(link(1, 0, 1)));
    assert_eq!(topology.link_between(node(0), node(2)), Some(link(0, 0, 2)));
    assert_eq!(topology.link_between(node(0), node(0)), Some(link(4, 0, 0)));
    assert_eq!(topology.link_between(node(1), node(0)), None);
    Ok(())
}

#[test]
fn environment_links_are_numbered_after_all_others() -> Outcome {
    let topology = Topology::from_links(3, [(0, 1), (2, 1)])?;
    let environment = |node| topology.environment_link(node).expect("the node exists");
    let of_1 = environment(node(1));
    assert_eq!((of_1.id, of_1.source, of_1.target), (LinkId::new(3), NodeId::ENVIRONMENT, node(1)));
    assert!(of_1.is_environment() && !of_1.is_self_link());
    assert!(!link(0, 0, 1).is_environment());
    assert_eq!(of_1.to_string(), "the environment -> node 1 (link 3)");
    assert!(format!("{of_1:?}").contains("source: NodeId(ENVIRONMENT), target: NodeId(1)"));

    let all: Vec<Link> = topology.all_links().collect();
    let expected = [link(0, 0, 1), link(1, 2, 1), environment(node(0)), of_1, environment(node(2))];
    assert_eq!(all, expected);
    for (number, link) in (0..).zip(all) {
        assert_eq!(topology.link(LinkId::new(number)), Some(link));
    }

    assert_eq!(topology.in_slot(of_1.id), Some(2), "after the two links into node 1");
    assert_eq!(topology.in_slot(environment(node(0)).id), Some(0));
    assert_eq!(topology.out_slot(of_1.id), None);
    Ok(())
}

#[test]
fn unknown_nodes_and_links_are_answered_with_nothing() -> Outcome {
    let topology = Topology::ring(2)?;
    for unknown in [node(2), node(u32::MAX - 1), NodeId::ENVIRONMENT] {
        assert!(!topology.contains(unknown));
        assert_eq!(topology.environment_link(unknown), None);
        assert_eq!(topology.name(unknown), None);
    }
    for unknown in [4, u32::MAX].map(LinkId::new) {
        assert_eq!(topology.link(unknown), None);
        assert_eq!(topology.out_slot(unknown), None);
        assert_eq!(topology.in_slot(unknown), None);
    }
    assert_eq!(topology.nodes().len(), 2);
    assert_eq!(topology.nodes().rev().collect::<Vec<_>>(), [node(1), node(0)]);
    Ok(())
}

// Exchange with petgraph

#[test]
fn a_graph_and_back_is_the_same_topology() -> Outcome {
    for seed in 0..100 {
        let topology = Topology::random_strongly_connected(1 + seed as usize % 9, 20, seed)?;
        let graph = topology.to_graph();
        assert_eq!(Topology::from_graph(&graph)?, topology, "seed {seed}");
        for (index, link) in graph.edge_indices().zip(topology.links()) {
            assert_eq!(graph[index], link.id);
        }
        for (index, node) in graph.node_indices().zip(topology.nodes()) {
            assert_eq!(graph[index], node);
        }
    }
    Ok(())
}

#[test]
fn an_undirected_edge_becomes_two_links() -> Outcome {
    let graph = UnGraph::<(), ()>::from_edges([(0, 1), (2, 2), (2, 1)]);
    let topology = Topology::from_graph(&graph)?;
    assert_eq!(topology, Topology::from_links(3, [(0, 1), (1, 0), (2, 2), (2, 1), (1, 2)])?);
    Ok(())
}

#[test]
fn a_graph_gives_names_from_its_weights() -> Outcome {
    let mut graph = DiGraph::<&str, f64>::new();
    let [b, a] = ["B", "A"].map(|name| graph.add_node(name));
    graph.add_edge(a, b, 0.5);
    let topology = Topology::from_graph_named(&graph, |name| format!("city-{name}"))?;
    assert_eq!(
        topology.describe_link(LinkId::new(0)),
        "link 0 from node 1 (city-A) to node 0 (city-B)"
    );

    Ok(())
}

#[test]
fn labels_of_a_graph_may_hold_blanks_and_be_missing_or_doubled() -> Outcome {
    let labels = [
        " New\tYork\n",
        "Springfield",
        "",
        "Springfield",
        "Springfield (1)",
        "\u{1b}[31mRed\u{200b}",
        "2",
    ];
    let names = [
        "New York",
        "Springfield (1, 2)",
        "2 (2)",
        "Springfield (3)",
        "Springfield (1)",
        "[31mRed",
        "2 (6)",
    ];
    let mut graph = DiGraph::<&str, ()>::new();
    for label in labels {
        graph.add_node(label);
    }
    let topology = Topology::from_graph_named(&graph, |label| *label)?;
    let found: Vec<_> = topology.nodes().map(|node| topology.label(node)).collect();
    assert_eq!(found, names);
    for (name, node) in names.into_iter().zip(topology.nodes()) {
        assert_eq!(topology.node_named(name), Some(node));
    }
    assert_eq!(topology.to_edge_list().parse::<Topology>()?, topology);
    Ok(())
}

#[test]
fn many_nodes_with_one_label_are_named_in_time() -> Outcome {
    let mut graph = DiGraph::<(), ()>::new();
    for _ in 0..100_000 {
        graph.add_node(());
    }
    let topology = Topology::from_graph_named(&graph, |()| "A")?;
    assert_eq!(topology.name(node(99_999)), Some("A (99999)"));
    Ok(())
}

#[test]
fn a_million_links_between_few_nodes_are_still_found() -> Outcome {
    let topology = Topology::random_strongly_connected(10_000, 990_000, 1)?;
    let degrees = topology.nodes().map(|node| topology.out_links(node).len());
    assert_eq!(degrees.sum::<usize>(), 1_000_000);
    for link in topology.links() {
        let found = topology.link_between(link.source, link.target).expect("there is a link");
        assert!(found.id <= link.id && found.target == link.target, "{link}, {found}");
    }
    Ok(())
}
