//! Random topologies, the same for the same seed on every machine.

use super::error::TopologyError;
use super::limits::{check_link_count, check_node_count, node};
use super::table::Topology;
use crate::chance::Chance;
use crate::id::NodeId;

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
