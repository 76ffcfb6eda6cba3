//! Compares two topologies, by number and by name.

use std::fmt;

use super::topology::Topology;
use crate::id::NodeId;

/// The first difference between two topologies. Names of nodes are not compared.
pub(crate) enum Difference<'a> {
    /// The two have different numbers of nodes, which are these.
    Nodes(usize, usize),
    /// A link has other ends, or is in only one of the two.
    Link(LinkIn<'a>, LinkIn<'a>),
}

/// The link of this number in a topology, if it has such a link. `Display` prints it with the names
/// of its ends.
pub(crate) struct LinkIn<'a> {
    topology: &'a Topology,
    index: usize,
}

impl Topology {
    /// The first difference to another topology; `None` if both have the same nodes and links by
    /// number.
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

/// A node that has different names in two topologies.
pub(crate) struct Renamed<'a> {
    pub(crate) node: NodeId,
    /// The node's names in the first topology and in the second.
    pub(crate) names: [&'a str; 2],
    /// How many other nodes have different names too.
    pub(crate) others: usize,
}

impl Topology {
    /// The first node whose name differs in a topology with as many nodes. `None` if all names are
    /// the same, or if one of the two topologies has no names.
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
