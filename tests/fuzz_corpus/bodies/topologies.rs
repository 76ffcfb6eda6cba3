//! Edge lists, and files of any kind.

use std::fs;
use std::path::PathBuf;

use consistent_cut::{EdgeListReader, Topology, TopologyError};

/// Reads an edge list with several sets of options.
pub fn edge_list(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for reader in [
        EdgeListReader::new(),
        EdgeListReader::new().comment('%').extra_columns(),
        EdgeListReader::new().separator(',').header(),
    ] {
        check(reader.read(text));
    }
}

/// Reads a file, whatever its bytes are.
///
/// # Panics
/// If the file cannot be written.
pub fn file(data: &[u8]) {
    let path = scratch_file();
    fs::write(&path, data).expect("the temporary folder can be written");
    check(Topology::from_edge_list_file(&path));
    #[cfg(feature = "graph-files")]
    check(Topology::from_graph_file(&path));
    fs::remove_file(&path).expect("the file was just written");
}

/// A file of this process and thread alone.
fn scratch_file() -> PathBuf {
    let thread = format!("{:?}", std::thread::current().id());
    let thread: String = thread.chars().filter(char::is_ascii_digit).collect();
    std::env::temp_dir().join(format!("consistent-cut-fuzz-{}-{thread}", std::process::id()))
}

/// A topology that was read is written so that it reads back the same. The error of a refused text
/// is short, and a terminal can show it.
pub(super) fn check(read: Result<Topology, TopologyError>) {
    match read {
        Ok(topology) => {
            let list = topology.to_edge_list();
            let again: Topology = list.parse().unwrap_or_else(|error| panic!("{error}\n{list}"));
            assert_eq!(again.node_count(), topology.node_count(), "{list}");
            assert_eq!(again.links(), topology.links(), "{list}");
            assert_eq!(again.to_edge_list(), list);
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.chars().all(|c| !c.is_control()), "{text:?}");
            assert!(text.chars().count() < 2000, "{text:?}");
        }
    }
}
