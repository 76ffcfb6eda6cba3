//! The topology itself: its arrays, the one function that fills them, and questions by number.

use std::fmt;

use super::coverage::CoverCache;
use super::error::{LIMIT, TopologyError, check_link_count, check_node_count};
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

/// Links in groups, one group per node, stored one after the other ("compressed sparse rows").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Adjacency {
    /// Group `i` is `links[starts[i]..starts[i + 1]]`.
    starts: Box<[u32]>,
    links: Box<[Link]>,
}

impl Adjacency {
    /// Groups `links` by the node that `key` picks, in one counting sort. Within a group the links
    /// keep the order in which they were given.
    pub(super) fn group(nodes: usize, links: &[Link], key: impl Fn(&Link) -> NodeId) -> Self {
        let mut starts = vec![0_u32; nodes + 1];
        for link in links {
            starts[key(link).index() + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }

        let mut next_place = starts.clone();
        // Every place is written below, so a copy of the input is only the cheapest way to
        // allocate.
        let mut grouped: Box<[Link]> = links.into();
        for link in links {
            let place = &mut next_place[key(link).index()];
            grouped[*place as usize] = *link;
            *place += 1;
        }
        Adjacency { starts: starts.into(), links: grouped }
    }

    /// The group of `node`; empty if there is no such node.
    #[inline]
    pub(super) fn of(&self, node: NodeId) -> &[Link] {
        let Some(&[start, end]) = self.starts.get(node.index()..).and_then(|s| s.first_chunk())
        else {
            return &[];
        };
        &self.links[start as usize..end as usize]
    }

    /// The place of the group of a node of the topology.
    fn start_of(&self, node: NodeId) -> u32 {
        self.starts[node.index()]
    }

    /// All links, group after group.
    pub(super) fn links(&self) -> &[Link] {
        &self.links
    }

    /// For each link, by its number, its position within its group.
    pub(super) fn slots(&self) -> Box<[u32]> {
        let mut slots = vec![0; self.links.len()];
        for group in self.starts.windows(2) {
            let members = &self.links[group[0] as usize..group[1] as usize];
            for (slot, link) in (0..).zip(members) {
                slots[link.id.index()] = slot;
            }
        }
        slots.into()
    }
}

impl Topology {
    /// How many nodes there are; at least 1.
    #[inline]
    #[must_use]
    pub fn node_count(&self) -> usize {
        self.nodes as usize
    }

    /// How many links there are, environment links not counted.
    #[inline]
    #[must_use]
    pub fn link_count(&self) -> usize {
        self.links.len()
    }

    /// Whether `node` is a node of this topology.
    #[inline]
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        node.index() < self.node_count()
    }

    /// All nodes in ascending order.
    pub fn nodes(
        &self,
    ) -> impl ExactSizeIterator<Item = NodeId> + DoubleEndedIterator + Clone + use<> {
        (0..self.nodes).map(NodeId::new)
    }

    /// The links by number, environment links not included.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// All links by number: those of [`links`](Self::links), then one environment link per node.
    pub fn all_links(&self) -> impl DoubleEndedIterator<Item = Link> + Clone + '_ {
        let environment = self.nodes().filter_map(|node| self.environment_link(node));
        self.links.iter().copied().chain(environment)
    }

    /// The link with this number, which may be an environment link.
    #[inline]
    #[must_use]
    pub fn link(&self, id: LinkId) -> Option<Link> {
        match id.index().checked_sub(self.link_count()) {
            None => Some(self.links[id.index()]),
            // A link's number fits into `u32`, so the remainder does too.
            Some(node) => self.environment_link(NodeId::new(node as u32)),
        }
    }

    /// The link through which messages from outside reach `node`; `None` for an unknown node.
    #[inline]
    #[must_use]
    pub fn environment_link(&self, node: NodeId) -> Option<Link> {
        self.contains(node).then(|| Link {
            id: LinkId::new((self.link_count() + node.index()) as u32),
            source: NodeId::ENVIRONMENT,
            target: node,
        })
    }

    /// The links on which `node` sends, by number; empty for an unknown node.
    #[inline]
    #[must_use]
    pub fn out_links(&self, node: NodeId) -> &[Link] {
        self.outgoing.of(node)
    }

    /// The place of a node's first out-link among all out-links.
    pub(crate) fn first_out(&self, node: NodeId) -> u32 {
        self.outgoing.start_of(node)
    }

    /// The [`out_links`](Self::out_links) of the node whose first out-link is at this place.
    #[inline]
    pub(crate) fn out_links_from(&self, first: u32, count: u32) -> &[Link] {
        &self.outgoing.links[first as usize..][..count as usize]
    }

    /// The [`out_links`](Self::out_links) of all nodes, node after node.
    pub(crate) fn all_out_links(&self) -> impl Iterator<Item = Link> {
        self.outgoing.links().iter().copied()
    }

    /// The [`in_links`](Self::in_links) of all nodes, node after node.
    pub(crate) fn all_in_links(&self) -> impl Iterator<Item = Link> {
        self.incoming.links().iter().copied()
    }

    /// The place of a node's first in-link among all in-links.
    pub(crate) fn first_in(&self, node: NodeId) -> u32 {
        self.incoming.start_of(node)
    }

    /// The links from which `node` receives, by number; empty for an unknown node. The environment
    /// link is not included.
    #[inline]
    #[must_use]
    pub fn in_links(&self, node: NodeId) -> &[Link] {
        self.incoming.of(node)
    }

    /// The nodes that `node` has a link to, ascending. Each node is listed once.
    pub fn neighbours(&self, node: NodeId) -> impl Iterator<Item = NodeId> + Clone + '_ {
        let mut last = None;
        let targets = self.by_target.of(node).iter().map(|link| link.target);
        targets.filter(move |&target| last.replace(target) != Some(target))
    }

    /// The link that leads from one node to another; the lowest-numbered one of parallel links.
    /// Logarithmic in the number of links out of `from`. Environment links are not considered.
    #[must_use]
    pub fn link_between(&self, from: NodeId, to: NodeId) -> Option<Link> {
        let links = self.by_target.of(from);
        let first = links.partition_point(|link| link.target < to);
        links.get(first).copied().filter(|link| link.target == to)
    }

    /// The position of a link in the [`out_links`](Self::out_links) of its source. `None` for an
    /// unknown link, and for an environment link, whose source is not a node.
    #[inline]
    #[must_use]
    pub fn out_slot(&self, id: LinkId) -> Option<usize> {
        self.out_slots.get(id.index()).map(|&slot| slot as usize)
    }

    /// As [`out_slot`](Self::out_slot), and only if the link leaves `node`.
    #[inline]
    pub(crate) fn out_slot_from(&self, node: NodeId, id: LinkId) -> Option<u32> {
        let link = self.links.get(id.index())?;
        (link.source == node).then(|| self.out_slots[id.index()])
    }

    /// The position of a link in the [`in_links`](Self::in_links) of its target. An environment
    /// link comes after the last in-link. `None` for an unknown link.
    #[inline]
    #[must_use]
    pub fn in_slot(&self, id: LinkId) -> Option<usize> {
        if let Some(&slot) = self.in_slots.get(id.index()) {
            return Some(slot as usize);
        }
        self.link(id).map(|link| self.in_links(link.target).len())
    }
}
