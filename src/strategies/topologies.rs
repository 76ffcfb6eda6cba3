//! Strategies for topologies.

use std::ops::RangeInclusive;

use proptest::collection::{SizeRange, vec};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::Index;

use crate::topology::{Topology, TopologyError};

/// Any topology with a number of nodes from this range: one of the [shapes], a [strongly
/// connected](strongly_connected) topology, or [any digraph](digraphs). A shape may shrink to a
/// smaller shape of its kind, but not to one of another kind.
pub fn topologies(nodes: impl Into<SizeRange>) -> BoxedStrategy<Topology> {
    let nodes = nodes.into();
    let links = 0..=2 * nodes.end_incl();
    prop_oneof![
        shapes(nodes.clone()),
        strongly_connected(nodes.clone(), links.clone()),
        digraphs(nodes, links),
    ]
    .boxed()
}

/// A line, a ring, a star, a complete graph or a grid, with a number of nodes from this range. A
/// grid may have fewer nodes, because its rows are of one length. A shape shrinks to fewer nodes,
/// and to shapes earlier in this list.
pub fn shapes(nodes: impl Into<SizeRange>) -> BoxedStrategy<Topology> {
    let shape = prop_oneof![
        Just(Shape::Line),
        Just(Shape::Ring),
        Just(Shape::Star),
        Just(Shape::Complete),
        Just(Shape::Grid),
    ];
    (shape, node_counts(&nodes.into()), any::<Index>())
        .prop_filter_map(TOO_LARGE, |(shape, nodes, columns)| shape.build(nodes, columns).ok())
        .boxed()
}

/// A topology in which every node reaches every other: a ring with a number of nodes from the first
/// range, and a number of extra links from the second. Extra links may be parallel to others, and
/// may be self-links. The topology shrinks to fewer nodes and to fewer extra links.
pub fn strongly_connected(
    nodes: impl Into<SizeRange>,
    extra_links: impl Into<SizeRange>,
) -> BoxedStrategy<Topology> {
    (node_counts(&nodes.into()), link_ends(extra_links))
        .prop_filter_map(TOO_LARGE, |(nodes, extra)| {
            let ring = (0..nodes).map(|source| (source, (source + 1) % nodes));
            Topology::from_links(nodes, ring.chain(among(nodes, &extra))).ok()
        })
        .boxed()
}

/// Any directed graph with numbers of nodes and links from these ranges. Links may be parallel or
/// self-links, and the graph may fall into parts that no link joins. The graph shrinks to fewer
/// nodes and to fewer links.
pub fn digraphs(
    nodes: impl Into<SizeRange>,
    links: impl Into<SizeRange>,
) -> BoxedStrategy<Topology> {
    (node_counts(&nodes.into()), link_ends(links))
        .prop_filter_map(TOO_LARGE, |(nodes, links)| {
            Topology::from_links(nodes, among(nodes, &links)).ok()
        })
        .boxed()
}

const TOO_LARGE: &str = "a topology has no room for this number of nodes or links";

#[derive(Clone, Copy, Debug)]
enum Shape {
    Line,
    Ring,
    Star,
    Complete,
    Grid,
}

impl Shape {
    fn build(self, nodes: usize, columns: Index) -> Result<Topology, TopologyError> {
        match self {
            Shape::Line => Topology::line(nodes),
            Shape::Ring => Topology::ring(nodes),
            Shape::Star => Topology::star(nodes),
            Shape::Complete => Topology::complete(nodes),
            Shape::Grid => {
                let columns = 1 + columns.index(nodes);
                Topology::grid(columns, nodes / columns)
            }
        }
    }
}

/// The range of the number of nodes. A topology has at least one node, whatever range is asked for.
fn node_counts(nodes: &SizeRange) -> RangeInclusive<usize> {
    let least = nodes.start().max(1);
    least..=nodes.end_incl().max(least)
}

/// The ends of links. They become numbers of nodes when the number of nodes is known, so that
/// shrinking the number of nodes leaves the links valid.
fn link_ends(links: impl Into<SizeRange>) -> BoxedStrategy<Vec<(Index, Index)>> {
    vec(any::<(Index, Index)>(), links).boxed()
}

fn among(nodes: usize, ends: &[(Index, Index)]) -> impl Iterator<Item = (usize, usize)> {
    ends.iter().map(move |(source, target)| (source.index(nodes), target.index(nodes)))
}
