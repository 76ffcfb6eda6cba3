//! Edge lists with weights, comments, headers and separators of other tools, read by options.

use consistent_cut::{EdgeListReader, LineProblem, Topology, TopologyError};

#[track_caller]
fn assert_reads(reader: &EdgeListReader, text: &str, expected: &str) {
    let topology = reader.read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(topology.to_edge_list(), expected, "{text:?}");
}

#[track_caller]
fn problem(reader: &EdgeListReader, text: &str) -> LineProblem {
    match reader.read(text) {
        Err(TopologyError::UnreadableLine { problem, .. }) => problem,
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn weights_are_skipped() {
    let reader = EdgeListReader::new().extra_columns();
    for list in ["A B {}\nB C {'weight': 3}", "A B 3.0\nB C 1.5 # far", "A B 1 2\n\nB -> C x -> y"]
    {
        assert_reads(&reader, list, "A -> B\nB -> C\n");
    }
    assert_reads(&reader, "A <-> \"New York\" 5920 km", "A <-> \"New York\"\n");
    assert_eq!(problem(&reader, "A ->"), LineProblem::NotALink);
}

#[test]
fn lines_with_another_mark_are_comments() {
    let reader = EdgeListReader::new().comment('%');
    assert_reads(&reader, "% asym unweighted\n  % 2 3 3\n# both\n1 2\n2 3", "1 -> 2\n2 -> 3\n");
    assert_eq!(problem(&reader, "1 % 2"), LineProblem::MoreColumns);
    assert_eq!(problem(&reader, "% old Macintosh\r1 2"), LineProblem::Invisible('\r'));
}

#[test]
fn a_header_is_skipped() {
    let reader = EdgeListReader::new().header();
    assert_reads(&reader, "# roads\n\nsource target\n1 2\n2 3", "1 -> 2\n2 -> 3\n");
    assert_reads(&reader, "3 2\n1 2\n2 3", "1 -> 2\n2 -> 3\n");
    assert!(matches!(reader.read("A -> B"), Err(TopologyError::NoNodes)));
}

#[test]
fn columns_are_parted_by_any_character() {
    let semicolons = EdgeListReader::new().separator(';').header();
    assert_reads(&semicolons, "source;target\nRome;Oslo\nOslo;Rome", "Rome <-> Oslo\n");
    let commas = EdgeListReader::new().separator(',').extra_columns();
    let text = "\"Washington, D.C.\" , New York,3\r\nNew York,C#,4\n# D,E\nF";
    let expected = "\"Washington, D.C.\" -> \"New York\"\n\"New York\" -> \"C#\"\nF\n";
    assert_reads(&commas, text, expected);
    assert_reads(&EdgeListReader::new().separator('|'), "a->b|c", "\"a->b\" -> c\n");
    assert_reads(
        &EdgeListReader::new().separator('\t'),
        "New York\tOslo",
        "\"New York\" -> Oslo\n",
    );
}

#[test]
fn columns_that_are_no_names_are_refused() {
    let reader = EdgeListReader::new().separator(';');
    assert_eq!(problem(&reader, "A;B;C"), LineProblem::MoreColumns);
    assert_eq!(problem(&reader, "A;"), LineProblem::NotALink);
    assert_eq!(problem(&reader, ";A"), LineProblem::NotALink);
    assert_eq!(problem(&reader, "\"A\"B;C"), LineProblem::Quotes);
    assert_eq!(problem(&reader, "A\u{200b};C"), LineProblem::Invisible('\u{200b}'));
}

#[test]
fn options_do_not_hide_that_a_text_is_of_another_format() {
    let reader = EdgeListReader::new().separator(' ').extra_columns().header().comment('%');
    for text in ["digraph {\nA -> B\n}", "graph [\n]", "*Vertices 2", "{}"] {
        assert!(matches!(reader.read(text), Err(TopologyError::OtherFormat { .. })), "{text:?}");
    }
}

#[test]
fn a_hundred_thousand_lines_are_read() -> Result<(), TopologyError> {
    let text: String = (0..100_000).map(|i| format!("{} {}\n", i % 1_000, i % 997)).collect();
    assert_eq!(text.parse::<Topology>()?.link_count(), 100_000);
    Ok(())
}
