//! Large graphs are read in full. The time is printed, and not asserted.

use std::fmt::Write as _;

use consistent_cut::{Topology, TopologyError};

/// A ring, whose nodes are labelled in pairs.
fn gml(nodes: usize) -> String {
    let mut text = String::from("graph [\n");
    for node in 0..nodes {
        _ = writeln!(text, "  node [\n    id {node}\n    label \"city {}\"\n  ]", node / 2);
    }
    for node in 0..nodes {
        let next = (node + 1) % nodes;
        _ = writeln!(text, "  edge [\n    source {node}\n    target {next}\n  ]");
    }
    text + "]\n"
}

#[test]
fn a_hundred_thousand_nodes_are_read() -> Result<(), TopologyError> {
    let topology = Topology::from_gml(&gml(100_000))?;
    assert_eq!(topology.to_string(), "100000 nodes, 200000 links");
    assert!(topology.node_named("city 49999 (99999)").is_some());
    Ok(())
}
