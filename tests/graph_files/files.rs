//! Files: the format is recognised by the text, and errors name the path.

use std::fs;
use std::path::PathBuf;

use consistent_cut::{Topology, TopologyError};

use crate::support::SAMPLES;

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).expect("the folder is there");
    path
}

#[test]
fn each_format_is_recognised_by_its_text() -> Result<(), TopologyError> {
    for (number, (sample, read)) in SAMPLES.into_iter().enumerate() {
        for start in ["", "\u{feff}", "\n"] {
            // An XML declaration comes first, or not at all.
            let sample = if start == "\n" {
                sample.trim_start_matches("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
            } else {
                sample
            };
            let path = file(&format!("sample-{number}.txt"), format!("{start}{sample}").as_bytes());
            assert_eq!(Topology::from_graph_file(&path)?, read(sample)?, "{sample}");
        }
    }
    let path = file("list.txt", b"A <-> B\n");
    assert_eq!(Topology::from_graph_file(path)?.to_edge_list(), "A <-> B\n");
    Ok(())
}

#[test]
fn gml_that_is_not_in_utf_8_is_read_as_latin_1() -> Result<(), TopologyError> {
    let path = file("latin.gml", b"graph [ node [ id 1 label \"Orl\xe9ans\" ] ]");
    assert_eq!(Topology::from_graph_file(path)?.to_edge_list(), "Orl\u{e9}ans\n");
    let error = Topology::from_graph_file(file("latin.dot", b"digraph { Orl\xe9ans }"));
    assert!(matches!(error, Err(TopologyError::UnreadableFile { .. })), "{error:?}");
    Ok(())
}

#[test]
fn errors_name_the_file_and_the_line() {
    let path = file("broken.gml", b"graph [\n  node [ ]\n]");
    let error = Topology::from_graph_file(&path).expect_err("the node has no id").to_string();
    let expected =
        format!("in `{}`: GML, line 2: a node has no `id`: correct the file", path.display());
    assert_eq!(error, expected);
    let error = Topology::from_graph_file(file("p.net", b"*Vertices 2\n")).expect_err("Pajek");
    assert!(error.to_string().contains("read_pajek"), "{error}");
}
