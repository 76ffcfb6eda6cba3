//! The choice of the Graphviz program that draws a topology best.

use std::collections::BTreeSet;

use petgraph::algo::{connected_components, toposort};
use petgraph::graph::UnGraph;

use crate::topology::Topology;

/// The largest number of nodes that is not called many.
const MANY: usize = 200;

/// A program of Graphviz, by its value of the attribute `layout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Ranks from top to bottom, along the arrows.
    Ranks,
    Circle,
    /// Neighbours stand near to each other.
    Springs,
    /// As `Springs`, for many nodes.
    ManySprings,
}

impl Layout {
    /// Chooses ranks for trees and for other topologies without a cycle, and a circle for a ring.
    pub(super) fn of(topology: &Topology) -> Self {
        let nodes = topology.node_count();
        let links = topology.links().iter().filter(|link| !link.is_self_link());
        let neighbours: BTreeSet<_> = links
            .map(|link| (link.source.min(link.target), link.source.max(link.target)))
            .collect();
        let graph = UnGraph::<(), (), u32>::from_edges(
            neighbours.iter().map(|(one, other)| (one.index() as u32, other.index() as u32)),
        );
        // Nodes behind the last node that has a neighbour are not in the graph.
        let parts = connected_components(&graph) + nodes - graph.node_count();
        let has_cycle = toposort(&topology.to_graph(), None).is_err();
        let has_two = |node| graph.neighbors(node).count() == 2;
        let is_forest = neighbours.len() + parts == nodes;
        if is_forest || (!has_cycle && nodes <= MANY) {
            Layout::Ranks
        } else if has_cycle && parts == 1 && graph.node_indices().all(has_two) {
            Layout::Circle
        } else if nodes <= MANY {
            Layout::Springs
        } else {
            Layout::ManySprings
        }
    }

    /// Attributes of the graph.
    pub(super) fn attributes(self) -> &'static str {
        match self {
            Layout::Ranks => "layout=dot, nodesep=0.6, ranksep=0.8",
            Layout::Circle => "layout=circo",
            Layout::Springs => "layout=neato, overlap=false, sep=\"+12\", splines=true",
            Layout::ManySprings => "layout=sfdp, overlap=prism, sep=\"+8\"",
        }
    }

    /// Attributes of every edge, to be written behind others.
    pub(super) fn edge_attributes(self) -> &'static str {
        match self {
            // The length is in inches. Messages stand beside the edge.
            Layout::Springs => ", len=1.6",
            Layout::Ranks | Layout::Circle | Layout::ManySprings => "",
        }
    }
}
