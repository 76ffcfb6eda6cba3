//! Graph files of other programs.

use consistent_cut::Topology;

use super::topologies::check;

/// Reads DOT.
pub fn dot(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(Topology::from_dot(text));
    }
}

/// Reads GML.
pub fn gml(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(Topology::from_gml(text));
    }
}

/// Reads GraphML.
pub fn graphml(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        check(Topology::from_graphml(text));
    }
}
