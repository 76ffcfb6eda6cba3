//! Whether two topologies are the same by number.

use std::fmt;

use super::table::Topology;

/// The first thing in which two topologies differ, names of nodes aside.
pub(crate) enum Difference<'a> {
    /// The numbers of nodes, where they differ.
    Nodes(usize, usize),
    /// A link leads elsewhere, or is in one of them alone.
    Link(LinkIn<'a>, LinkIn<'a>),
}

/// The link with this number in a topology, if there is one. `Display` names its ends.
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

impl fmt::Display for LinkIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.topology.links().get(self.index) {
            Some(link) => f.write_str(&self.topology.describe_link(link.id)),
            None => write!(f, "no link {}", self.index),
        }
    }
}
