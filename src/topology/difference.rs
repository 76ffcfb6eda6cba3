//! Whether two topologies are the same: by number, and by name.

use std::fmt;

use super::table::Topology;
use crate::id::NodeId;

/// The first difference between two topologies, names of nodes aside.
pub(crate) enum Difference<'a> {
    /// They have so many nodes.
    Nodes(usize, usize),
    /// A link leads elsewhere, or is in only one of them.
    Link(LinkIn<'a>, LinkIn<'a>),
}

/// The link of this number in a topology, if it is there. `Display` says it with the names of its
/// ends.
pub(crate) struct LinkIn<'a> {
    topology: &'a Topology,
    index: usize,
}

impl Topology {
    /// `None` if both have the same nodes and links by number.
    pub(crate) fn difference<'a>(&'a self, other: &'a Topology) -> Option<Difference<'a>> {
        let (own, others) = (self.node_count(), other.node_count());
        if own != others {
            return Some(Difference::Nodes(own, others));
        }
        let most = self.link_count().max(other.link_count());
        let index = (0..most).find(|&at| self.links().get(at) != other.links().get(at))?;
        let [own, others] = [self, other].map(|topology| LinkIn { topology, index });
        Some(Difference::Link(own, others))
    }
}

/// A node that has another name in each of two topologies.
pub(crate) struct Renamed<'a> {
    pub(crate) node: NodeId,
    /// The node's name in the one topology, and in the other.
    pub(crate) names: [&'a str; 2],
    /// How many other nodes have other names too.
    pub(crate) others: usize,
}

impl Topology {
    /// The first node whose name differs in a topology with as many nodes; `None` where all names
    /// are the same, or one of the two topologies has no names.
    pub(crate) fn renamed<'a>(&'a self, other: &'a Topology) -> Option<Renamed<'a>> {
        let mut renamed = self.nodes().filter_map(|node| {
            let names = [self.name(node)?, other.name(node)?];
            (names[0] != names[1]).then_some((node, names))
        });
        let (node, names) = renamed.next()?;
        Some(Renamed { node, names, others: renamed.count() })
    }
}

impl fmt::Display for LinkIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.topology.links().get(self.index) {
            Some(link) => f.write_str(&self.topology.describe_link(link.id)),
            None => write!(f, "no link {}", self.index),
        }
    }
}
