//! Questions about nodes and links, by number.

use super::link::Link;
use super::table::Topology;
use crate::id::{LinkId, NodeId};

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
