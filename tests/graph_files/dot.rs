//! DOT: labels and ids, groups, strict graphs, and refused texts.

use consistent_cut::diagram::Dot;
use consistent_cut::{GraphProblem, Topology, TopologyError};

use crate::support::{DOT, Read, assert_reads, assert_refused};

const READ: Read = Topology::from_dot;

#[test]
fn nodes_have_their_labels_and_groups_are_joined() {
    let list = "\"New York\" -> b\nb -> \"c \\\"d\\\"\"\ne\nf\ng\ne -> f\ne -> g\n\"1.5\"\n-7\n\
                \"New York\" -> -7\n\"1.5\" -> -7\n\"two lines of h\"\n";
    let topology = READ(DOT).expect("the sample is right");
    let expected: Topology = list.parse().expect("it is an edge list");
    assert_eq!(topology.to_edge_list(), expected.to_edge_list());
}

#[test]
fn edges_lead_one_way_in_digraphs_and_both_ways_in_graphs() {
    assert_reads(READ, "digraph { a -> b; b -> b }", "a -> b\nb -> b\n");
    assert_reads(READ, "graph G { a -- b -- c; b -- b }", "a <-> b\nb <-> c\nb -> b\n");
    assert_reads(READ, "GRAPH \"a\" + \"b\" { a--b }", "a <-> b\n");
}

#[test]
fn parallel_edges_are_kept_unless_the_graph_is_strict() {
    assert_reads(READ, "digraph { a -> b; a -> b; b -> a }", "a -> b\na <-> b\n");
    assert_reads(READ, "strict digraph { a -> b; a -> b; b -> a }", "a <-> b\n");
    assert_reads(READ, "strict graph { a -- b; b -- a; a -- b }", "a <-> b\n");
}

#[test]
fn groups_are_joined_each_with_each() {
    let list = "a -> c\na\nb\nb -> c\nc -> d\nc -> e\n".parse::<Topology>().expect("a list");
    let dot = "digraph { subgraph x { a; b } -> c -> { { d } e } }";
    let found = READ(dot).expect("it is right");
    assert_eq!(found.link_count(), list.link_count());
    assert_reads(READ, "digraph { { a a } -> { b } }", "a -> b\n");
    assert_reads(READ, "digraph { {} -> a -> {} }", "a\n");
    assert_reads(READ, "digraph { { a -> b } -> c }", "a -> b\na -> c\nb -> c\n");
}

#[test]
fn attributes_that_are_no_labels_of_nodes_change_nothing() {
    assert_reads(READ, "digraph { label=x; a [xlabel=y, label]; a -> b [label=z] }", "a -> b\n");
    assert_reads(
        READ,
        "digraph { node [label=x]; a; subgraph s { label=y; b } [label=z] }",
        "a\nb\n",
    );
    assert_reads(
        READ,
        "digraph { a [label=\"\"]; b [label=<x>]; c [label=x] [label=y] }",
        "a\nb\ny\n",
    );
}

#[test]
fn what_this_crate_draws_is_read_back() -> Result<(), TopologyError> {
    let topology = Topology::from_named_links([("New York", "a \"b\" \\c"), ("\\N", "\\n")])?;
    assert_eq!(READ(&Dot::new(&topology).to_string())?, topology);
    // Two links, there and back, are one line.
    let topology = Topology::from_named_links([("a", "b"), ("b", "a"), ("b", "c"), ("c", "c")])?;
    assert_eq!(READ(&Dot::new(&topology).to_string())?, topology);
    Ok(())
}

#[test]
fn an_edge_of_a_digraph_may_lead_both_ways() {
    let both = "a -> b\nb -> c\nb -> a\nc -> b\n";
    assert_reads(READ, "digraph { a -> b -> c [dir=both] }", both);
    assert_reads(READ, "digraph { a -> b [dir=\"both\", dir=both] [x=y] }", "a <-> b\n");
    assert_reads(READ, "digraph { a -> a [dir=both] }", "a -> a\n");
    assert_reads(
        READ,
        "digraph { a -> b; b -> c [dir=forward]; a [dir=both] }",
        "a -> b\nb -> c\n",
    );
    assert_reads(READ, "digraph { a -> b c [dir=both] }", "a -> b\nc\n");
    assert_reads(
        READ,
        "digraph { a -> { b -> c } [dir=both] }",
        "a\nb\nc\nb -> c\na -> b\na -> c\nb -> a\nc -> a\n",
    );
    assert_reads(READ, "strict digraph { b -> a; a -> b [dir=both] }", "b <-> a\n");
    assert_reads(READ, "graph { a -- b [dir=both] }", "a <-> b\n");
}

#[test]
fn broken_graphs_are_refused_with_line_and_reason() {
    let syntax = [
        ("\nA -> B", 2),
        ("digraph\nA -> B", 2),
        ("digraph {\nA -> B\n", 3),
        ("digraph {\nA -- B }", 2),
        ("graph {\nA -> B }", 2),
        ("digraph {\n-> B }", 2),
        ("digraph { A ->\n}", 2),
        ("digraph { A ->\n; B }", 2),
        ("digraph { A ->\n-> B }", 2),
        ("digraph { A\n[label=x }", 2),
        ("digraph { A [label=\n] }", 2),
        ("digraph { A [x=1]\n-> B }", 2),
        ("digraph {\n[x=1] }", 2),
        ("digraph { node\n}", 2),
        ("digraph { A :\n}", 2),
        ("digraph { a =\n}", 2),
        ("digraph { \"a\" +\nb }", 2),
        ("digraph {\n10.0.0.1 -> b }", 2),
        ("digraph {\na.b -> b }", 2),
        ("digraph {\n\"open }\n", 2),
        ("digraph {\n<open }\n", 2),
        ("digraph { /*\n", 1),
        ("digraph {\na, b }", 2),
    ];
    for (text, line) in syntax {
        let problem = assert_refused(READ, text, line);
        assert!(matches!(problem, GraphProblem::Syntax { .. }), "{text}: {problem:?}");
    }
    for text in ["digraph { a }\ndigraph { b }", "digraph { subgraph a { b }\nsubgraph a -> c }"] {
        let problem = assert_refused(READ, text, 2);
        assert!(matches!(problem, GraphProblem::Unsupported { .. }), "{text}: {problem:?}");
    }
    assert!(matches!(READ("digraph {}"), Err(TopologyError::NoNodes)));
}
