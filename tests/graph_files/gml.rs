//! GML: labels and ids, directions, and refused texts.

use consistent_cut::{GraphProblem, Topology, TopologyError};

use crate::support::{GML, Read, assert_reads, assert_refused};

const READ: Read = Topology::from_gml;

#[test]
fn nodes_have_their_labels_and_edges_their_ids() {
    let list = "\"New York (10)\" -> \"S\u{e3}o Paulo & more\"\n\
                \"New York (10)\" -> \"S\u{e3}o Paulo & more\"\n\"New York (30)\"\n40\n\
                \"New York (30)\" -> \"New York (30)\"\n\"S\u{e3}o Paulo & more\" -> 40\n";
    // The edge list declares nodes up to the one that would be mentioned too early.
    let topology = READ(GML).expect("the sample is right");
    assert_eq!(topology.to_string(), "4 nodes, 4 links");
    assert_eq!(topology.to_edge_list().parse::<Topology>().expect("it is ours"), topology);
    let names: Vec<_> = topology.nodes().map(|node| topology.label(node)).collect();
    assert_eq!(names, ["New York (10)", "S\u{e3}o Paulo & more", "New York (30)", "40"]);
    let links = |list: &str| list.lines().filter(|line| line.contains("->")).count();
    assert_eq!(links(&topology.to_edge_list()), links(list));
    assert!(topology.links()[2].is_self_link());
}

#[test]
fn a_graph_is_undirected_unless_it_says_otherwise() {
    let edge = "node [ id 0 ] node [ id 1 ] edge [ source 0 target 1 ] edge [ source 1 target 1 ]";
    let both_ways = "0 <-> 1\n1 -> 1\n";
    assert_reads(READ, &format!("graph [ {edge} ]"), both_ways);
    assert_reads(READ, &format!("graph [ directed 0 {edge} ]"), both_ways);
    assert_reads(READ, &format!("graph [ directed 1 {edge} ]"), "0 -> 1\n1 -> 1\n");
    assert_reads(READ, &format!("graph [ {edge} directed 1 ]"), "0 -> 1\n1 -> 1\n");
}

#[test]
fn edges_may_come_before_nodes_and_names_stand_in_for_labels() {
    let gml = "graph[edge[source 5 target 7]node[id 7 name \"Oslo\"]node[id 5 label \" Rome\n \"]]";
    assert_reads(READ, gml, "Oslo\nRome\nRome <-> Oslo\n");
    assert_reads(READ, "\u{feff}graph\r\n[\r\nnode [ id -1 label 5 ]\r\n]\r\n", "5\n");
    assert_reads(
        READ,
        "graph [ node [ id 1 label \"a&b &#x1F600; &no; &#xD800;&lt;\" ] ]",
        "\"a&b \u{1f600} &no; &#xD800;<\"\n",
    );
}

#[test]
fn broken_graphs_are_refused_with_line_and_reason() {
    let syntax = [
        ("graph [\n", 2),
        ("graph [\n]\n]", 3),
        ("graph [\n\"x\" 1 ]", 2),
        ("graph [\n[ ] ]", 2),
        ("graph [\n5 5 ]", 2),
        ("graph [ directed\n]", 2),
        ("graph [ directed\nyes ]", 2),
        ("graph [ label \"open ]\n\n", 1),
        ("Creator \"me\"\n", 2),
        ("graph 5\n", 2),
    ];
    for (text, line) in syntax {
        let problem = assert_refused(READ, text, line);
        assert!(matches!(problem, GraphProblem::Syntax { .. }), "{text}: {problem:?}");
    }
    let incomplete = [
        "graph [\nnode [ label \"A\" ] ]",
        "graph [\nnode [ id 1 id 2 ] ]",
        "graph [ node [ id 1 ]\nedge [ source 1 ] ]",
        "graph [ node [ id 1 ]\nedge [ target 1 ] ]",
    ];
    for text in incomplete {
        let problem = assert_refused(READ, text, 2);
        assert!(matches!(problem, GraphProblem::Incomplete { .. }), "{text}: {problem:?}");
    }
    let unknown = assert_refused(READ, "graph [ node [ id 1 ]\nedge [ source 1 target 2 ] ]", 2);
    assert_eq!(unknown, GraphProblem::UnknownNode { id: "2".into() });
    let doubled = assert_refused(READ, "graph [ node [ id 1 ]\n\nnode [ id 1 ] ]", 3);
    assert_eq!(doubled, GraphProblem::DuplicateNode { id: "1".into() });
    for text in [
        "graph [ node [ id 1 ]\ngraph [ ] ]",
        "graph [ node [ id 1\ngraph [ ] ] ]",
        "graph [ ]\ngraph [ ]",
    ] {
        let problem = assert_refused(READ, text, 2);
        assert!(matches!(problem, GraphProblem::Unsupported { .. }), "{text}: {problem:?}");
    }
    assert!(matches!(READ("graph [ ]"), Err(TopologyError::NoNodes)));
}
