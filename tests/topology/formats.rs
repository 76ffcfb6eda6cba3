//! Files of other formats are refused with their name and a way to read them, and never taken for
//! edge lists.

use std::fs;
use std::path::Path;

use consistent_cut::Topology;

/// Asserts that the text is refused, with all these words in the error.
fn assert_refused(text: &str, words: &[&str]) {
    let error = match text.parse::<Topology>() {
        Ok(topology) => panic!("{text:?} reads as {topology}"),
        Err(error) => error.to_string(),
    };
    for word in words {
        assert!(error.contains(word), "{text:?}: no {word:?} in {error:?}");
    }
    let is_printable = |c: char| !c.is_control() && c != '\u{200b}';
    assert!(error.chars().all(is_printable), "{error:?}");
}

#[test]
fn formats_with_a_reader_are_named_with_it() {
    let graph = "graph [\n  node [\n    id 0\n    label \"Rome\"\n  ]\n]\n";
    for gml in [
        graph.to_owned(),
        graph.replace(" [", "\n["),
        format!("# made by hand\n{graph}"),
        format!("Creator \"igraph version 0.10\"\nVersion 1\n{graph}"),
    ] {
        assert_refused(&gml, &["GML", "from_gml", "graph-files"]);
    }
    for dot in [
        "digraph {\n  Rome -> Oslo;\n}\n",
        "digraph \"G\"\n{\nRome -> Oslo\n}",
        "graph G { Rome -- Oslo }",
        "strict graph{\nRome--Oslo\n}",
        "// a map\n/* of\n two */ digraph roads.a {\nA -> B\n}",
        "DIGRAPH X {\nA -> B\n}",
    ] {
        assert_refused(dot, &["DOT", "from_dot", "graph-files"]);
    }
    for graphml in [
        "<?xml version='1.0'?>\n<graphml><graph/></graphml>",
        "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">",
        "\u{feff}<!-- a map -->\n<g:graphml>",
    ] {
        assert_refused(graphml, &["GraphML", "from_graphml", "graph-files"]);
    }
}

#[test]
fn formats_without_a_reader_are_named_with_a_way_to_convert_them() {
    let formats = [
        ("*Vertices 3\n1 Rome\n2 Oslo\n*Arcs\n1 2\n", "Pajek", "read_pajek"),
        ("% made by hand\n*Network N\n*Vertices 2\n", "Pajek", "read_pajek"),
        ("{\"nodes\": []}", "JSON", "networkx.node_link_graph(json.load(open(path)))"),
        ("[[0, 1], [1, 0]]", "JSON", "networkx"),
        ("<gexf><graph/></gexf>", "GEXF", "read_gexf"),
        ("<?xml version='1.0'?>\n<svg/>", "XML", "A -> B"),
        ("<http://a> <http://b> <http://c> .", "N-Triples", "A -> B"),
        (">>graph6<<Bw\n", "graph6", "read_graph6"),
        ("Bw\n", "graph6", "read_graph6"),
        ("Bw\nC~\n", "graph6", "read_graph6"),
        ("&BP_\n", "graph6", "read_graph6"),
        (">>sparse6<<:Bc\n", "sparse6", "read_sparse6"),
        ("graph TD\nA-->B\n", "Mermaid", "A -> B"),
        ("graph LR;\n  A --- B\n", "Mermaid", "A -> B"),
        ("flowchart LR\nA\n", "Mermaid", "A -> B"),
        ("@startuml\nA -> B\n@enduml\n", "PlantUML", "A -> B"),
        ("%%MatrixMarket matrix coordinate\n3 3 1\n1 2\n", "Matrix Market", "A -> B"),
        ("dl n=3\nformat=edgelist1\n", "UCINET", "A -> B"),
        ("p edge 3 2\ne 1 2\n", "DIMACS", "A -> B"),
        ("c made by hand\np sp 3 2\na 1 2 5\n", "DIMACS", "A -> B"),
        ("nodedef>name VARCHAR\nA\n", "GDF", "A -> B"),
        ("LEDA.GRAPH\nstring\nint\n-2\n", "LEDA", "read_leda"),
    ];
    for (text, format, way) in formats {
        assert_refused(text, &[format, way]);
    }
}

#[test]
fn two_columns_of_another_format_are_refused() {
    let formats = [
        ("# A\nB 1.0\nC 0.5\n# B\nC 2.0\n", "LGL"),
        ("# A\nB\nC\n# B\nC\n", "LGL"),
        ("# 1\n2 5\n3 5\n# 2\n3 1\n", "LGL"),
        ("3 2\n2\n1 3\n2\n", "METIS"),
        ("4 2\n2\n1 3\n2\n\n", "METIS"),
        ("4 3\n2 3 4\n1\n1\n1\n", "METIS"),
        ("% a star\n4 3\n2 3 4\n1\n1\n1\n", "METIS"),
        ("1 Rome\n2 Oslo\n#\n1 2\n", "Trivial Graph Format"),
        ("1 1\n2 2\n#\n1 2\n", "Trivial Graph Format"),
    ];
    for (text, format) in formats {
        assert_refused(text, &[format, "A -> B"]);
    }
}

#[test]
fn headers_are_refused_until_they_are_skipped() {
    for header in ["source target", "from\tto", "FromNodeId ToNodeId", "3 2", "4 2"] {
        assert_refused(&format!("# roads\n{header}\n1 2\n2 3\n"), &["line 2", "header()"]);
    }
    assert_refused("2 1\n0 1\n", &["line 1", "header()"]);
    assert_refused("id1 id2\n0 1\n1 2\n", &["line 1", "header()"]);
    // A node may have such a name, and a link such numbers, where it cannot be a header.
    for list in [
        "source target\ntarget a\na b",
        "3 2\n4 1",
        "3 2\n2 1\n1 4",
        "3 -> 2\n1 2\n2 3",
        "2 1\n1 2",
        "a b\n1 b",
    ] {
        assert!(list.parse::<Topology>().is_ok(), "{list:?}");
    }
}

#[test]
fn other_separators_are_named_with_the_option_that_reads_them() {
    for (line, separator) in [("A;B", ';'), ("A|B|0", '|'), ("A,B", ','), ("\"A\",\"B\"", ',')] {
        assert_refused(line, &["line 1", &format!("separator('{separator}')")]);
    }
    assert_refused("source;target\nRome;Oslo\n", &["line 1", "separator(';')"]);
    assert_refused("Rome; Oslo", &["separator(';')"]);
    // One such word may be a name. Where all words have the same character, it separates columns.
    for separator in [':', '-', '/', '+', '\u{2013}'] {
        let list = format!("# roads\nRome{separator}Oslo\nOslo{separator}Bern\n");
        assert_refused(&list, &["line 2", &format!("separator('{separator}')")]);
        assert!(format!("Rome{separator}Oslo\nRome").parse::<Topology>().is_ok());
    }
}

#[test]
fn weights_and_comments_are_named_with_the_option_that_skips_them() {
    for line in ["A B {}", "A B {'weight': 3}", "A B 3.0", "1 2 1082040961", "A B C D", "A: B C"] {
        assert_refused(line, &["line 1", "extra_columns()"]);
    }
    assert_refused("% asym unweighted\n% 2 3 3\n1 2\n", &["line 1", "comment('%')"]);
}

#[test]
fn pieces_of_other_formats_are_no_names() {
    let words = [
        "A--B",
        "A-->B",
        "A---B",
        "A-.->B",
        "A==>B",
        "A=>B",
        "A=B",
        "A>B",
        "A[Rome]",
        "A(Rome)",
        "A{Rome}",
        "A*",
        "'A'",
        "`A`",
        "A:",
        ":A",
        "//",
        "- A",
        "A -",
        "A->>B",
        "A \u{2192}",
        "A\u{2192}B",
        "0.5",
        "A 0.5",
        ">a",
        "A\"B",
        "\u{201c}A\u{201d}",
        "\u{255f}\u{2500}\u{2500} Rome",
        "A -B-",
        "B-->|yes|C",
    ];
    for word in words {
        assert_refused(word, &["line 1"]);
    }
    for line in ["A -- B", "A --> B", "A --- B", "A -.-> B", "A ==> B", "A => B", "A <- B", "A - B"]
    {
        assert_refused(line, &["line 1", "expected `A -> B`"]);
    }
    for name in ["node-1", "10.0.0.1", "host:port", "v1.2.3", "a_b", "AT&T", "caf\u{e9}", "-1"] {
        let topology: Topology = format!("{name} B").parse().expect(name);
        assert_eq!(topology.label(consistent_cut::NodeId::new(0)), name);
    }
}

#[test]
fn invisible_characters_are_refused_and_shown_as_numbers() {
    let hidden =
        ["\u{200b}", "\u{200e}", "\u{1b}[31m", "\u{0}", "\u{a0}", "\u{2028}", "\u{ad}", "\u{7}"];
    for hidden in hidden {
        let number = format!("U+{:04X}", hidden.chars().map(u32::from).next().expect("not empty"));
        assert_refused(&format!("A{hidden}X -> B"), &["line 1", &number]);
        assert_refused(&format!("A{hidden}B"), &["line 1", &number]);
        assert_refused(&format!("\"A{hidden}B\" -> C"), &["line 1", &number]);
    }
    assert_refused("A -> B\rB -> C", &["line 1", "U+000D"]);
    assert_refused("# old Macintosh\rA -> B", &["line 1", "U+000D"]);
}

#[test]
fn windows_and_tabs_and_byte_order_marks_are_read() {
    for text in ["A\tB\r\nB\tA\r\n", "\u{feff}A B\nB A", "A ->\tB \nB->A"] {
        let topology: Topology = text.parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(topology.to_edge_list(), "A <-> B\n", "{text:?}");
    }
}

#[test]
fn files_that_are_no_text_in_utf_8_are_named() {
    let bytes: [(&[u8], &str); 5] = [
        (b"\xff\xfeA\0 \0B\0", "UTF-16"),
        (b"\xfe\xff\0A\0 \0B", "UTF-16"),
        (b"A\0 \0B\0\n\0", "UTF-16"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04", "ZIP"),
    ];
    for (number, (bytes, format)) in bytes.into_iter().enumerate() {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("format-{number}.txt"));
        fs::write(&path, bytes).expect("the folder is there");
        let error = Topology::from_edge_list_file(&path).expect_err(format).to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains(format) && error.contains("UTF-8"), "{error}");
    }
}

#[test]
fn names_that_look_like_another_format_are_read_where_arrows_say_that_they_are_names() {
    for list in [
        "c -> p\np -> c",
        "p -> edge\nedge -> p",
        "flowchart -> LR",
        "graph -> TD\nTD -> graph",
        "@startuml -> A",
        "graph -> \"a graph [b]\"",
        "digraph -> \"{\"",
        "dl -> \"a=b\"",
    ] {
        let topology: Topology = list.parse().unwrap_or_else(|error| panic!("{list}: {error}"));
        assert_eq!(topology.to_edge_list().parse::<Topology>().expect(list), topology);
    }
}

#[test]
fn lists_that_would_be_in_doubt_are_written_with_quotes() {
    let names: [&[&str]; 6] =
        [&["Bw"], &["flowchart"], &["a:b", "c:d"], &["@start"], &["LEDA.GRAPH"], &["c", "p "]];
    for names in names {
        let mut graph = petgraph::graph::DiGraph::<&str, ()>::new();
        for name in names {
            graph.add_node(name);
        }
        let topology = Topology::from_graph_named(&graph, |name| *name).expect("labels are free");
        let list = topology.to_edge_list();
        let read: Topology = list.parse().unwrap_or_else(|error| panic!("{list}: {error}"));
        assert_eq!(read, topology, "{list}");
    }
}
