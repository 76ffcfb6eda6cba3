//! Standard shapes, and links given one by one.

use super::error::{TopologyError, check_link_count, check_node_count, node};
use super::topology::Topology;
use crate::chance::Chance;
use crate::id::NodeId;

impl Topology {
    /// Makes a one-way ring of `nodes` nodes: link `i` leads from node `i` to node `i + 1`, and the
    /// last link leads to node 0. A ring of one node is a single self-link.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let ring = Topology::ring(8)?;
    /// assert_eq!(ring.link_count(), 8);
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoNodes`, `TooLarge`.
    pub fn ring(nodes: usize) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        build(nodes, (0..nodes).map(|i| (i, (i + 1) % nodes)))
    }

    /// Makes a one-way chain of `nodes` nodes: link `i` leads from node `i` to node `i + 1`.
    ///
    /// # Errors
    ///
    /// `NoNodes`, `TooLarge`.
    pub fn line(nodes: usize) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        build(nodes, (1..nodes).map(|i| (i - 1, i)))
    }

    /// Makes a star of `nodes` nodes: node 0 is the hub, and has a link to and from each other
    /// node. Link `2 * i` leads from the hub to node `i + 1`, and link `2 * i + 1` leads back.
    ///
    /// # Errors
    ///
    /// `NoNodes`, `TooLarge`.
    pub fn star(nodes: usize) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        check_link_count((nodes - 1).checked_mul(2))?;
        build(nodes, (1..nodes).flat_map(|leaf| [(0, leaf), (leaf, 0)]))
    }

    /// Makes a complete topology of `nodes` nodes, with one link from each node to each other node.
    /// There are `nodes * (nodes - 1)` links, ordered by source, then by target.
    ///
    /// # Errors
    ///
    /// `NoNodes`, `TooLarge` (from 32,769 nodes on).
    pub fn complete(nodes: usize) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        check_link_count(nodes.checked_mul(nodes - 1))?;
        let others = |i| (0..nodes).filter(move |&j| j != i);
        build(nodes, (0..nodes).flat_map(|i| others(i).map(move |j| (i, j))))
    }

    /// Makes a grid in which each node has a link to and from its right and its lower neighbour.
    /// The node in column `x` and row `y` has the number `y * columns + x`.
    ///
    /// The links are ordered by node: to the right neighbour and back, then to the lower neighbour
    /// and back.
    ///
    /// # Errors
    ///
    /// `NoNodes` if either number is 0, `TooLarge`.
    pub fn grid(columns: usize, rows: usize) -> Result<Topology, TopologyError> {
        let too_large = TopologyError::TooLarge { what: "nodes" };
        let nodes = columns.checked_mul(rows).ok_or(too_large)?;
        check_node_count(nodes)?;
        let to_the_right = (columns - 1) * rows;
        let downwards = columns * (rows - 1);
        check_link_count((to_the_right + downwards).checked_mul(2))?;

        let neighbours = move |i: usize| {
            let right = (i % columns + 1 < columns).then_some(i + 1);
            let below = (i + columns < nodes).then_some(i + columns);
            right.into_iter().chain(below)
        };
        build(nodes, (0..nodes).flat_map(|i| neighbours(i).flat_map(move |j| [(i, j), (j, i)])))
    }

    /// Makes a topology of `nodes` nodes and the given links, as pairs of source and target. Link
    /// `i` is the link at place `i` of the list, from 0. Parallel links and self-links are allowed.
    ///
    /// ```
    /// use consistent_cut::{NodeId, Topology};
    ///
    /// let topology = Topology::from_links(3, [(0, 1), (0, 1), (1, 2)])?;
    /// assert_eq!(topology.out_links(NodeId::new(0)).len(), 2);
    ///
    /// let error = Topology::from_links(3, [(0, 1), (1, 3)]).unwrap_err();
    /// assert!(error.to_string().starts_with("link 1 has an end at node 3"));
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `UnknownEnd` for the first link with an end that is not below `nodes`; `NoNodes`,
    /// `TooLarge`.
    pub fn from_links(
        nodes: usize,
        links: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        let mut ends = Vec::new();
        for (link, (source, target)) in links.into_iter().enumerate() {
            check_link_count(Some(link + 1))?;
            if let Some(end) = [source, target].into_iter().find(|&end| end >= nodes) {
                return Err(TopologyError::UnknownEnd { link, end, nodes });
            }
            ends.push((node(source), node(target)));
        }
        Topology::build(nodes, ends, None)
    }

    /// The same topology with a reverse for each link. The reverses come after all present links,
    /// in the same order. A self-link is its own reverse, so it gets none. Names are kept.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let both_ways = Topology::line(3)?.with_reverse_links()?;
    /// assert_eq!(both_ways, Topology::from_links(3, [(0, 1), (1, 2), (1, 0), (2, 1)])?);
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `TooLarge`.
    pub fn with_reverse_links(self) -> Result<Topology, TopologyError> {
        let there = self.links.iter().map(|link| (link.source, link.target));
        let reversible = self.links.iter().filter(|link| !link.is_self_link());
        let back = reversible.map(|link| (link.target, link.source));
        Topology::build(self.node_count(), there.chain(back), self.names)
    }
}

/// A topology without names. The caller makes sure that both ends of every link are below `nodes`.
fn build(
    nodes: usize,
    links: impl Iterator<Item = (usize, usize)>,
) -> Result<Topology, TopologyError> {
    let ends = links.map(|(source, target)| (node(source), node(target)));
    Topology::build(nodes, ends, None)
}

impl Topology {
    /// A random topology in which every node reaches every other: one cycle through all nodes in
    /// shuffled order (links `0..nodes`), then `extra_links` links between random nodes.
    ///
    /// The extra links may be parallel to others. They are self-links only if there is a single
    /// node. The result depends only on the arguments, not on the machine.
    ///
    /// ```
    /// use consistent_cut::Topology;
    ///
    /// let topology = Topology::random_strongly_connected(100, 300, 42)?;
    /// assert_eq!(topology.to_string(), "100 nodes, 400 links");
    /// assert_eq!(topology, Topology::random_strongly_connected(100, 300, 42)?);
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoNodes`, `TooLarge`.
    pub fn random_strongly_connected(
        nodes: usize,
        extra_links: usize,
        seed: u64,
    ) -> Result<Topology, TopologyError> {
        check_node_count(nodes)?;
        check_link_count(nodes.checked_add(extra_links))?;

        let mut chance = Chance::new(seed);
        let order = shuffled(nodes, &mut chance);
        let cycle = (0..nodes).map(|i| (order[i], order[(i + 1) % nodes]));
        let extra = (0..extra_links).map(|_| random_ends(nodes, &mut chance));
        Topology::build(nodes, cycle.chain(extra), None)
    }
}

/// All nodes in random order (Fisher and Yates).
fn shuffled(nodes: usize, chance: &mut Chance) -> Vec<NodeId> {
    let mut order: Vec<NodeId> = (0..nodes).map(node).collect();
    for last in (1..nodes).rev() {
        order.swap(last, chance.below(last + 1));
    }
    order
}

/// Two random nodes. They differ unless there is only one node.
fn random_ends(nodes: usize, chance: &mut Chance) -> (NodeId, NodeId) {
    let source = chance.below(nodes);
    let steps = if nodes == 1 { 0 } else { 1 + chance.below(nodes - 1) };
    (node(source), node((source + steps) % nodes))
}
