//! The topology itself: its arrays, and the one function that fills them.

use std::fmt;

use super::adjacency::Adjacency;
use super::coverage::CoverCache;
use super::error::TopologyError;
use super::limits::{LIMIT, check_link_count, check_node_count};
use super::link::Link;
use super::names::{Names, counted};
use crate::id::{LinkId, NodeId};

/// The nodes of a system and the directed links between them.
///
/// A topology is immutable, and valid by construction: it has at least one node, and the ends of
/// every link are among its nodes. Parallel links and self-links are allowed. Two topologies are
/// equal if they have the same nodes, names and links in the same order. The [module](super) lists
/// the constructors.
///
/// ```
/// use consistent_cut::{NodeId, Topology};
///
/// let topology: Topology = "Seattle <-> Denver \n Denver -> Houston".parse()?;
/// assert_eq!(topology.to_string(), "3 nodes, 3 links");
///
/// let denver = topology.node_named("Denver").expect("the list mentions Denver");
/// assert_eq!(denver, NodeId::new(1));
/// assert_eq!(topology.out_links(denver).len(), 2);
/// # Ok::<(), consistent_cut::TopologyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Topology {
    pub(super) nodes: u32,
    pub(super) links: Box<[Link]>,
    pub(super) outgoing: Adjacency,
    pub(super) incoming: Adjacency,
    /// The links grouped by source like `outgoing`, but each group is sorted by target, then by
    /// number.
    pub(super) by_target: Adjacency,
    pub(super) out_slots: Box<[u32]>,
    pub(super) in_slots: Box<[u32]>,
    pub(super) names: Option<Names>,
    pub(super) cover: CoverCache,
}

impl Topology {
    /// Builds the result of every constructor. Callers make sure that the ends are nodes below
    /// `nodes`. The counts are checked here.
    pub(super) fn build(
        nodes: usize,
        ends: impl IntoIterator<Item = (NodeId, NodeId)>,
        names: Option<Names>,
    ) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        let links = number_links(ends)?;

        let outgoing = Adjacency::group(nodes, &links, |link| link.source);
        let incoming = Adjacency::group(nodes, &links, |link| link.target);
        // The groups of `incoming` follow each other by target, and grouping keeps the order of
        // links.
        let by_target = Adjacency::group(nodes, incoming.links(), |link| link.source);

        Ok(Topology {
            nodes: nodes as u32,
            out_slots: outgoing.slots(),
            in_slots: incoming.slots(),
            links,
            outgoing,
            incoming,
            by_target,
            names,
            cover: CoverCache::default(),
        })
    }
}

fn number_links(
    ends: impl IntoIterator<Item = (NodeId, NodeId)>,
) -> Result<Box<[Link]>, TopologyError> {
    let ends = ends.into_iter();
    let mut links = Vec::with_capacity(ends.size_hint().0.min(LIMIT));
    for (source, target) in ends {
        check_link_count(Some(links.len() + 1))?;
        links.push(Link { id: LinkId::new(links.len() as u32), source, target });
    }
    Ok(links.into())
}

/// Leaves out the arrays that only repeat the links in another order.
impl fmt::Debug for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Topology")
            .field("nodes", &self.nodes)
            .field("links", &self.links)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nodes, links) = (self.node_count(), self.link_count());
        write!(f, "{}, {}", counted(nodes, "node"), counted(links, "link"))
    }
}
