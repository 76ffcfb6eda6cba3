//! GraphML: labels and ids, directions, and refused texts.

use consistent_cut::{GraphProblem, Topology, TopologyError};

use crate::support::{GRAPHML, Read, assert_reads, assert_refused};

const READ: Read = Topology::from_graphml;

fn graph(default: &str, inner: &str) -> String {
    format!("<graphml><graph edgedefault=\"{default}\">{inner}</graph></graphml>")
}

#[test]
fn nodes_have_their_labels_and_edges_their_directions() {
    let list = "\"New York\" <-> \"S\u{e3}o & Paulo\"\n\"S\u{e3}o & Paulo\" -> c\nc -> c\n";
    assert_reads(READ, GRAPHML, list);
}

#[test]
fn an_edge_may_say_its_own_direction() {
    let nodes = "<node id='a'/><node id='b'/>";
    let edge = |says: &str| format!("{nodes}<edge source='a' target='b'{says}/>");
    assert_reads(READ, &graph("directed", &edge("")), "a -> b\n");
    assert_reads(READ, &graph("undirected", &edge("")), "a <-> b\n");
    assert_reads(READ, &graph("undirected", &edge(" directed='true'")), "a -> b\n");
    assert_reads(READ, &graph("directed", &edge(" directed='false'")), "a <-> b\n");
    let text = graph("directed", &edge(" directed='true'")).replace("edgedefault=\"directed\"", "");
    assert_reads(READ, &text, "a -> b\n");
}

#[test]
fn the_best_label_counts() {
    let keys = "<key id='x' for='edge' attr.name='label'/><key id='n' for='node' attr.name='name'/>\
                <key id='l' attr.name='Label'/>";
    let nodes = "<node id='1'><data key='n'>worse</data><data key='l'>best</data></node>\
                 <node id='2'><data key='n'>name</data><data key='l'> </data></node>\
                 <node id='3'><data key='x'>of edges</data></node>";
    let text = graph("directed", nodes).replace("<graphml>", &format!("<graphml>{keys}"));
    assert_reads(READ, &text, "best\nname\n3\n");
}

#[test]
fn a_document_type_is_no_harm() {
    let text = format!(
        "<!DOCTYPE graphml [<!ENTITY x \"Rome\">]>\n{}",
        graph("directed", "<node id='&x;'/>")
    );
    assert_reads(READ, &text, "Rome\n");
    let bomb = "<!DOCTYPE g [<!ENTITY a \"&b;&b;\"><!ENTITY b \"&a;&a;\">]><graphml>&a;</graphml>";
    assert!(READ(bomb).is_err());
}

#[test]
fn broken_graphs_are_refused_with_line_and_reason() {
    let xml = assert_refused(READ, "<graphml>\n<graph>\n</graphml>", 3);
    assert!(matches!(xml, GraphProblem::Xml(_)), "{xml:?}");
    for text in
        ["<svg/>".to_owned(), graph("sideways", ""), graph("directed", "<edge directed='1'/>")]
    {
        let problem = assert_refused(READ, &text, 1);
        assert!(matches!(problem, GraphProblem::Syntax { .. }), "{text}: {problem:?}");
    }
    let node = "<node id='a'/>\n";
    for text in [
        "\n<graphml/>".to_owned(),
        graph("directed", "\n<node/>"),
        graph("directed", &format!("{node}<edge source='a'/>")),
        graph("directed", &format!("{node}<edge target='a'/>")),
        format!(
            "\n{}",
            graph("x", "<node id='a'/><edge source='a' target='a'/>")
                .replace("edgedefault=\"x\"", "")
        ),
    ] {
        let problem = assert_refused(READ, &text, 2);
        assert!(matches!(problem, GraphProblem::Incomplete { .. }), "{text}: {problem:?}");
    }
    let unknown = graph("directed", &format!("{node}<edge source='a' target='b'/>"));
    assert_eq!(assert_refused(READ, &unknown, 2), GraphProblem::UnknownNode { id: "b".into() });
    let doubled = graph("directed", &format!("{node}<node id='a'/>"));
    assert_eq!(assert_refused(READ, &doubled, 2), GraphProblem::DuplicateNode { id: "a".into() });
    for inner in ["<hyperedge/>", "<graph/>", "<node id='b'><graph/></node>"] {
        let problem = assert_refused(READ, &graph("directed", &format!("{node}{inner}")), 2);
        assert!(matches!(problem, GraphProblem::Unsupported { .. }), "{inner}: {problem:?}");
    }
    let second = graph("directed", "").replace("</graphml>", "\n<graph/></graphml>");
    assert!(matches!(assert_refused(READ, &second, 2), GraphProblem::Unsupported { .. }));
    assert!(matches!(READ(&graph("directed", "")), Err(TopologyError::NoNodes)));
}
