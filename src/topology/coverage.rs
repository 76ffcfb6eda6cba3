//! The initiators that a snapshot needs so that its markers reach every node.
//!
//! Nodes that reach each other form a strongly connected component. A component that no link enters
//! from outside is a *source component*. Only an initiator inside it reaches a source component.
//! One initiator in each source component is also enough: components form no cycle, so a walk
//! backwards along links, from each component to one before it, ends in a source component.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use petgraph::algo::kosaraju_scc;

use super::error::CoverageError;
use super::link::Link;
use super::topology::Topology;
use crate::id::{LinkId, NodeId};

/// The covering initiators, after the first call that asks for them. They follow from the links, so
/// a comparison of topologies ignores them.
#[derive(Clone, Debug, Default)]
pub(super) struct CoverCache(OnceLock<Box<[NodeId]>>);

impl PartialEq for CoverCache {
    fn eq(&self, _: &CoverCache) -> bool {
        true
    }
}

impl Eq for CoverCache {}

impl Topology {
    /// A smallest set of nodes from which every node can be reached: the lowest-numbered node of
    /// each source component, in ascending order. The set is never empty. The first call is linear
    /// in nodes and links. Its result is kept.
    ///
    /// ```
    /// use consistent_cut::{NodeId, Topology};
    ///
    /// assert_eq!(Topology::ring(5)?.covering_initiators(), [NodeId::new(0)]);
    ///
    /// let fan_in = Topology::from_links(3, [(0, 2), (1, 2)])?;
    /// assert_eq!(fan_in.covering_initiators(), [NodeId::new(0), NodeId::new(1)]);
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    #[must_use]
    pub fn covering_initiators(&self) -> Vec<NodeId> {
        self.source_representatives().to_vec()
    }

    /// Checks that every node is one of the initiators, or can be reached from an initiator along
    /// links. Linear in nodes and links. In a running system markers also go back on links with a
    /// capacity, so fewer initiators may be enough there.
    ///
    /// ```
    /// use consistent_cut::{NodeId, Topology};
    ///
    /// let line = Topology::line(3)?;
    /// assert!(line.check_coverage(&[NodeId::new(0)]).is_ok());
    ///
    /// let error = line.check_coverage(&[NodeId::new(1)]).unwrap_err();
    /// assert!(error.to_string().starts_with("no initiator reaches node 0:"));
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoInitiators` for an empty set; `UnknownNode` for the first initiator that is not in the
    /// topology; `Unreached` with all nodes that are not reached.
    pub fn check_coverage(&self, initiators: &[NodeId]) -> Result<(), CoverageError> {
        self.check_coverage_with(&Failed::none(), |_| false, initiators)
    }

    /// As [`check_coverage`](Self::check_coverage) among the nodes that have not failed, where
    /// markers also go back on some links. A node that has failed passes no marker on and need not
    /// be reached.
    pub(crate) fn check_coverage_with(
        &self,
        failed: &Failed,
        returns_markers: impl Fn(LinkId) -> bool,
        initiators: &[NodeId],
    ) -> Result<(), CoverageError> {
        if initiators.is_empty() {
            return Err(CoverageError::NoInitiators);
        }
        if let Some(&node) = initiators.iter().find(|&&node| !self.contains(node)) {
            return Err(CoverageError::UnknownNode { node, nodes: self.node_count() });
        }
        let reached = self.reached_from(initiators, failed, returns_markers);
        let is_left_out = |node: &NodeId| !reached[node.index()] && !failed.contains(*node);
        let left_out = self.nodes().filter(is_left_out);
        let unreached: Vec<_> = left_out.map(|node| self.named(node)).collect();
        if unreached.is_empty() { Ok(()) } else { Err(CoverageError::Unreached { unreached }) }
    }

    /// Completes a set of initiators: the given nodes in their order, then the lowest-numbered node
    /// of each source component that they do not reach. The result covers every node. Nodes that
    /// are not in the topology, and repetitions, are left out. Linear in nodes and links.
    ///
    /// ```
    /// use consistent_cut::{NodeId, Topology};
    ///
    /// let line = Topology::line(3)?;
    /// assert_eq!(line.cover_with(&[NodeId::new(1)]), [NodeId::new(1), NodeId::new(0)]);
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    #[must_use]
    pub fn cover_with(&self, initiators: &[NodeId]) -> Vec<NodeId> {
        self.cover_with_without(&Failed::none(), initiators)
    }

    /// As [`cover_with`](Self::cover_with) among the nodes that have not failed.
    pub(crate) fn cover_with_without(&self, failed: &Failed, initiators: &[NodeId]) -> Vec<NodeId> {
        let reached = self.reached_from(initiators, failed, |_| false);
        let found;
        let representatives = if failed.is_empty() {
            self.source_representatives()
        } else {
            found = self.find_source_representatives(failed);
            &found
        };
        let missing = representatives.iter().filter(|node| !reached[node.index()]);

        let mut taken = vec![false; self.node_count()];
        let known =
            initiators.iter().filter(|&&node| self.contains(node) && !failed.contains(node));
        let first_times = known.filter(|node| !std::mem::replace(&mut taken[node.index()], true));
        first_times.chain(missing).copied().collect()
    }

    fn source_representatives(&self) -> &[NodeId] {
        self.cover.0.get_or_init(|| self.find_source_representatives(&Failed::none()))
    }

    fn find_source_representatives(&self, failed: &Failed) -> Box<[NodeId]> {
        let mut graph = self.to_graph();
        graph.retain_edges(|graph, edge| {
            let link = graph[edge];
            self.link(link).is_some_and(|link| !failed.touches(link))
        });
        // Kosaraju's algorithm is used because petgraph's Tarjan recurses, and a long line is deep.
        let components = kosaraju_scc(&graph);
        let mut component_of = vec![0; self.node_count()];
        for (number, members) in components.iter().enumerate() {
            for member in members {
                component_of[member.index()] = number;
            }
        }

        let mut is_open = vec![true; components.len()];
        for link in self.links() {
            let [from, to] = [link.source, link.target].map(|end| component_of[end.index()]);
            if from != to && !failed.touches(*link) {
                is_open[to] = false;
            }
        }
        // The first node met closes its component, so the other nodes of the component are left
        // out.
        let is_first =
            |node: &NodeId| std::mem::replace(&mut is_open[component_of[node.index()]], false);
        self.nodes().filter(|&node| !failed.contains(node)).filter(is_first).collect()
    }

    /// For each node, whether it is one of `starts` or reachable from one of them. Failed nodes are
    /// left out. Some links lead in both directions.
    fn reached_from(
        &self,
        starts: &[NodeId],
        failed: &Failed,
        leads_back: impl Fn(LinkId) -> bool,
    ) -> Vec<bool> {
        let mut reached = vec![false; self.node_count()];
        let mut open: Vec<NodeId> = Vec::new();
        let known = starts.iter().copied().filter(|&node| self.contains(node));
        for start in known.filter(|&node| !failed.contains(node)) {
            if !std::mem::replace(&mut reached[start.index()], true) {
                open.push(start);
            }
        }
        while let Some(node) = open.pop() {
            let ahead = self.out_links(node).iter().map(|link| link.target);
            let back = self.in_links(node).iter().filter(|link| leads_back(link.id));
            let next = ahead.chain(back.map(|link| link.source));
            for node in next.filter(|&node| !failed.contains(node)) {
                if !std::mem::replace(&mut reached[node.index()], true) {
                    open.push(node);
                }
            }
        }
        reached
    }
}

/// Nodes that have failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failed(BTreeSet<NodeId>);

impl Failed {
    pub(crate) const fn none() -> Self {
        Failed(BTreeSet::new())
    }

    pub(crate) fn insert(&mut self, node: NodeId) -> bool {
        self.0.insert(node)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, node: NodeId) -> bool {
        self.0.contains(&node)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn touches(&self, link: Link) -> bool {
        self.contains(link.source) || self.contains(link.target)
    }
}
