//! Names and the text form: a written topology reads back the same, and a text that cannot be read
//! is refused with its line.

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

use consistent_cut::{LineProblem, LinkId, NodeId, Topology, TopologyError};
use petgraph::algo::tarjan_scc;
use petgraph::graph::DiGraph;

use crate::chance::{Chance, for_each_seed};

type Outcome = Result<(), TopologyError>;

/// The content of an edge list: nodes by name, and links by the names of their ends.
fn content(topology: &Topology) -> (Vec<String>, Vec<(String, String)>) {
    let names = topology.nodes().map(|node| topology.label(node)).collect();
    let links = topology.links().iter();
    let ends = links.map(|link| (topology.label(link.source), topology.label(link.target)));
    (names, ends.collect())
}

fn assert_content(text: &str, nodes: &[&str], links: &[(&str, &str)]) {
    let topology: Topology = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let owned = |(a, b): &(&str, &str)| (a.to_string(), b.to_string());
    let (found_nodes, found_links) = content(&topology);
    assert_eq!(found_nodes, nodes, "{text:?}");
    assert_eq!(found_links, links.iter().map(owned).collect::<Vec<_>>(), "{text:?}");
}

// Reading

#[test]
fn each_kind_of_line_is_read() {
    assert_content("A -> B", &["A", "B"], &[("A", "B")]);
    assert_content("A B", &["A", "B"], &[("A", "B")]);
    assert_content("A\tB", &["A", "B"], &[("A", "B")]);
    assert_content("A <-> B", &["A", "B"], &[("A", "B"), ("B", "A")]);
    assert_content("A", &["A"], &[]);
}

#[test]
fn arrows_need_no_space_around_them() {
    assert_content("A->B\nC<->A", &["A", "B", "C"], &[("A", "B"), ("C", "A"), ("A", "C")]);
    assert_content("node-1->-2", &["node-1", "-2"], &[("node-1", "-2")]);
}

#[test]
fn comments_and_blank_lines_say_nothing() {
    let text = "# A -> X\n\n  \t\r\nA -> B # -> X\r\nC#X\n   # X";
    assert_content(text, &["A", "B", "C"], &[("A", "B")]);
}

#[test]
fn nodes_are_numbered_by_first_mention_and_links_by_line() {
    let text = "C\nB -> A\nA -> C\nB -> A\nA A";
    assert_content(text, &["C", "B", "A"], &[("B", "A"), ("A", "C"), ("B", "A"), ("A", "A")]);
}

#[test]
fn a_two_way_self_link_is_one_link() {
    assert_content("A <-> A", &["A"], &[("A", "A")]);
}

#[test]
fn numbers_are_names_like_any_other() -> Outcome {
    assert_content("7 -> 3\n03 -> 3", &["7", "3", "03"], &[("7", "3"), ("03", "3")]);
    let topology: Topology = "7 -> 3".parse()?;
    assert_eq!(topology.node_named("7"), Some(NodeId::new(0)));
    assert_eq!(topology.node_named("0"), None);
    Ok(())
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_name() {
    assert_content("\u{feff}A -> B", &["A", "B"], &[("A", "B")]);
}

#[test]
fn an_unreadable_line_is_quoted_with_its_number() {
    let no_links = [
        "A ->",
        "-> B",
        "->",
        "A <->",
        "<-> B",
        "A -> B -> C",
        "A <-> B -> C",
        "A -> B C",
        "A - B",
        "A <- B",
        "A <-> B <-> C",
    ];
    let no_link = || LineProblem::NotALink;
    let comma = || LineProblem::Separator(',');
    let name =
        |name: &str, fault: &str| LineProblem::Name { name: name.into(), fault: fault.into() };
    let others = [
        ("A<-B", name("A<-B", "holds `<`")),
        ("A,B", comma()),
        ("A, B", comma()),
        ("A -> B,", comma()),
        ("A B C", LineProblem::MoreColumns),
        ("A B 0.5", LineProblem::MoreColumns),
        ("\"A -> B", LineProblem::Quotes),
        ("\"\" -> B", LineProblem::Quotes),
        ("\"A\"B", LineProblem::Quotes),
        ("\"A\\n\" -> B", LineProblem::Quotes),
    ];
    for (line, problem) in no_links.map(|line| (line, no_link())).into_iter().chain(others) {
        let text = format!("# header\nX -> Y\n  {line}\nY -> X\n");
        let error = text.parse::<Topology>().expect_err(line);
        assert_eq!(error.to_string(), format!("line 3: cannot read `{line}`: {problem}"));
        match error {
            TopologyError::UnreadableLine { line: 3, text, problem: found } => {
                assert_eq!((text.as_str(), found), (line, problem));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_very_long_line_is_quoted_in_part() {
    let error = "é, ".repeat(1_000).parse::<Topology>().expect_err("there are commas");
    match error {
        TopologyError::UnreadableLine { line: 1, text, .. } => assert_eq!(text.chars().count(), 80),
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_in_quotes_hold_what_words_cannot() {
    let text = "\"New York\"->\"a \\\"b\\\" \\\\c\" # X\n\"#1\" <-> New\n\"A\" B\n\"1.5\"";
    let nodes = ["New York", "a \"b\" \\c", "#1", "New", "A", "B", "1.5"];
    let links = [("New York", "a \"b\" \\c"), ("#1", "New"), ("New", "#1"), ("A", "B")];
    assert_content(text, &nodes, &links);
}

#[test]
fn a_text_without_nodes_is_refused() {
    for text in ["", "\n\n", "# only a comment"] {
        let error = text.parse::<Topology>().expect_err("there is no node");
        assert!(matches!(error, TopologyError::NoNodes), "{text:?}: {error}");
    }
}

// Files

#[test]
fn abilene_is_the_historic_backbone() -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/topologies/abilene.txt");
    let abilene = Topology::from_edge_list_file(path)?;
    assert_eq!((abilene.node_count(), abilene.link_count()), (11, 28));
    assert_eq!(tarjan_scc(&abilene.to_graph()).len(), 1, "every node reaches every other");
    for link in abilene.links() {
        assert!(abilene.link_between(link.target, link.source).is_some(), "{link} is two-way");
    }
    let neighbours = |name| abilene.out_links(abilene.node_named(name).expect(name)).len();
    assert_eq!(["Denver", "Chicago", "Atlanta"].map(neighbours), [3, 2, 3]);
    Ok(())
}

#[test]
fn a_missing_file_is_named_and_its_cause_kept() {
    let error = Topology::from_edge_list_file("no/such.txt").expect_err("there is no such file");
    let text = "cannot read `no/such.txt`: name a text file in UTF-8 that this user \
                may read";
    assert_eq!(error.to_string(), text);
    let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.expect("it keeps its cause").kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_file_that_is_no_text_is_named_and_its_cause_kept() -> io::Result<()> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not_text.txt");
    fs::write(&path, b"A -> \xff\n")?;
    match Topology::from_edge_list_file(&path) {
        Err(TopologyError::UnreadableFile { path: named, source }) => {
            assert_eq!(named, path);
            assert_eq!(source.kind(), io::ErrorKind::InvalidData);
        }
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[test]
fn a_bad_line_in_a_file_is_named_with_the_file() -> io::Result<()> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bad_line.txt");
    fs::write(&path, "A -> B\nA, B\n")?;
    let error = Topology::from_edge_list_file(&path).expect_err("line 2 has a comma");
    let start = format!("in `{}`: line 2: cannot read `A, B`: ", path.display());
    assert!(error.to_string().starts_with(&start), "{error}");
    Ok(())
}

// Writing

#[test]
fn a_list_declares_nodes_only_where_numbers_need_it() -> Outcome {
    let cases = [
        (Topology::ring(3)?, "0 -> 1\n1 -> 2\n2 -> 0\n"),
        (Topology::ring(1)?, "0 -> 0\n"),
        (Topology::line(1)?, "0\n"),
        (Topology::from_links(2, [(1, 0)])?, "0\n1\n1 -> 0\n"),
        (Topology::from_links(4, [(0, 2), (2, 1)])?, "0\n1\n2\n0 -> 2\n2 -> 1\n3\n"),
        (Topology::from_links(2, [(0, 0), (0, 0), (0, 1)])?, "0 -> 0\n0 -> 0\n0 -> 1\n"),
        (Topology::star(3)?, "0 <-> 1\n0 <-> 2\n"),
        (Topology::from_links(2, [(0, 1), (0, 1), (1, 0)])?, "0 -> 1\n0 <-> 1\n"),
    ];
    for (topology, text) in cases {
        assert_eq!(topology.to_edge_list(), text);
    }
    Ok(())
}

#[test]
fn edge_lists_round_trip() {
    for_each_seed(0..2_000, |seed| {
        let original = random_named(&mut Chance::new(seed)).expect("a few nodes and links fit");
        let text = original.to_edge_list();
        let read: Topology = text.parse().unwrap_or_else(|error| panic!("{error}:\n{text}"));
        assert_eq!(read, original, "{text}");
    });
}

/// A topology with isolated nodes, parallel links, self-links, and pieces of arrows in its names.
fn random_named(chance: &mut Chance) -> Result<Topology, TopologyError> {
    let mut graph = DiGraph::<String, ()>::new();
    for index in 0..1 + chance.below(7) {
        graph.add_node(random_name(index, chance));
    }
    let nodes: Vec<_> = graph.node_indices().collect();
    for _ in 0..chance.below(12) {
        let [a, b] = [(); 2].map(|()| chance.pick(&nodes));
        graph.add_edge(a, b, ());
    }
    Topology::from_graph_named(&graph, String::clone)
}

fn random_name(index: usize, chance: &mut Chance) -> String {
    let pieces =
        ["", "-", ">", "<", "--", "\u{e9}", "\"", "<>", "\\", "#", ", ", " -> ", "1.", ":"];
    let [before, after] = [(); 2].map(|()| chance.pick(&pieces));
    format!("{before}{index}{after}").trim().to_owned()
}

#[test]
fn a_topology_without_names_comes_back_named_by_number() -> Outcome {
    for seed in 0..300 {
        let original = Topology::random_strongly_connected(1 + seed as usize % 9, 5, seed)?;
        let read: Topology = original.to_edge_list().parse()?;
        assert_eq!(content(&read), content(&original), "seed {seed}");
        assert_eq!(read.links(), original.links(), "seed {seed}");
    }
    Ok(())
}

// Names

#[test]
fn named_links_number_nodes_by_first_mention() -> Outcome {
    let links = [("B".to_owned(), "A"), ("A".to_owned(), "C"), ("B".to_owned(), "A")];
    let topology = Topology::from_named_links(links)?;
    assert_eq!(topology, "B -> A\nA -> C\nB -> A".parse()?);
    let nodes = ["B", "A", "C", "D"].map(|name| topology.node_named(name).map(NodeId::index));
    assert_eq!(nodes, [Some(0), Some(1), Some(2), None]);
    Ok(())
}

#[test]
fn every_node_is_found_by_its_name() -> Outcome {
    let names: Vec<String> = (0..500).map(|i| format!("n{}", (i * 7) % 500)).collect();
    let topology = Topology::from_named_links(names.windows(2).map(|pair| (&pair[0], &pair[1])))?;
    for (node, name) in topology.nodes().zip(&names) {
        assert_eq!(topology.name(node), Some(name.as_str()));
        assert_eq!(topology.node_named(name), Some(node));
    }
    Ok(())
}

#[test]
fn names_that_a_person_cannot_read_are_refused() {
    let names = ["", " ", " A", "A\n", "\u{2003}", "A\u{200b}", "A\u{1b}[31m", "A\tB", "A\u{a0}B"];
    for name in names {
        let error = Topology::from_named_links([("A", name)]).expect_err(name);
        let text = error.to_string();
        let to_do = "` cannot name a node: use visible characters, and blanks only between them";
        assert!(text.starts_with('`') && text.ends_with(to_do), "{text}");
        assert!(text.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{text:?}");
    }
    for name in ["New York", "A#1", "A,B", "A->B", "A<-B", "<->", "\"", "{}", "\u{e9}"] {
        let topology = Topology::from_named_links([("A", name)]).expect(name);
        assert_eq!(topology.name(NodeId::new(1)), Some(name));
        assert_eq!(topology.to_edge_list().parse::<Topology>().expect(name), topology);
    }
}

#[test]
fn descriptions_name_numbers_and_names() -> Outcome {
    let named: Topology = "A -> B".parse()?;
    let unnamed = Topology::line(2)?;
    let [first, second, unknown] = [0, 1, 9].map(NodeId::new);

    assert_eq!(named.describe(second), "node 1 (B)");
    assert_eq!(unnamed.describe(second), "node 1");
    assert_eq!(named.describe(unknown), "node 9");
    assert_eq!(named.describe(NodeId::ENVIRONMENT), "the environment");

    assert_eq!([named.label(first), unnamed.label(first)], ["A", "0"]);
    assert_eq!(named.label(NodeId::ENVIRONMENT), "environment");

    let [real, environment, missing] = [0, 2, 3].map(LinkId::new);
    assert_eq!(named.describe_link(real), "link 0 from node 0 (A) to node 1 (B)");
    assert_eq!(unnamed.describe_link(real), "link 0 from node 0 to node 1");
    assert_eq!(named.describe_link(environment), "environment link of node 1 (B)");
    assert_eq!(named.describe_link(missing), "link 3");
    Ok(())
}
