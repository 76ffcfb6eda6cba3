//! A snapshot under way: the records that have come, and the records that are missing.

mod layout;
mod link_places;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::message::Report;
use crate::driver::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::snapshot::{GlobalSnapshot, Missing, SnapshotParts, Timings};
use crate::topology::Topology;
use layout::Layout;

/// A place for a record of each node that has not failed, and of each link that ends at such a
/// node.
pub(super) struct Partial<S, M> {
    initiators: Vec<NodeId>,
    failures: Vec<NodeFailure>,
    began: Duration,
    /// Made when it is first asked for: in a large system that takes time, and the markers need not
    /// wait for it.
    layout: OnceLock<Layout<S, M>>,
}

/// The system that a snapshot is taken of.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) topology: &'a Arc<Topology>,
    /// The capacity of each link in messages.
    pub(super) capacities: &'a [Option<u64>],
}

impl<S, M> Partial<S, M> {
    pub(super) fn new(
        initiators: &[NodeId],
        topology: &Topology,
        failures: &[NodeFailure],
        now: Duration,
    ) -> Self {
        let initiators = each_once(initiators, topology.node_count());
        Partial { initiators, failures: failures.to_vec(), began: now, layout: OnceLock::new() }
    }

    fn layout(&self, ground: Ground<'_>) -> &Layout<S, M> {
        self.layout.get_or_init(|| Layout::new(ground, &self.failures))
    }

    /// Adds a record. Hands the record back if it has no place, or if its place is filled already.
    #[expect(clippy::result_large_err, reason = "a record is handed back by value, and rarely")]
    pub(super) fn add(
        &mut self,
        report: Report<S, M>,
        at: Duration,
        ground: Ground<'_>,
    ) -> Result<(), Report<S, M>> {
        self.layout(ground);
        let Some(layout) = self.layout.get_mut() else { return Err(report) };
        match report {
            Report::Node(record) => {
                layout.add_node(record, at, ground.topology).map_err(Report::Node)
            }
            Report::Link(record) => {
                layout.add_link(record, at, ground.topology).map_err(Report::Link)
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        let missing = self.layout.get().map(|layout| layout.missing);
        missing == Some(0)
    }

    pub(super) fn missing(&self, ground: Ground<'_>) -> Missing {
        let (topology, layout) = (ground.topology, self.layout(ground));
        let is_missing = |node: &NodeId| layout.nodes[node.index()].is_missing();
        Missing {
            nodes: topology.nodes().filter(is_missing).collect(),
            links: layout.link_places.missing_links(topology),
            suspects: self.suspects(ground),
        }
    }

    /// The nodes that a command or a marker has reached and that have not acted on it. There is at
    /// least one while a record is missing.
    fn suspects(&self, ground: Ground<'_>) -> Vec<NodeId> {
        let Ground { topology, capacities } = ground;
        let layout = self.layout(ground);
        let mut is_reached = vec![false; topology.node_count()];
        for initiator in &self.initiators {
            is_reached[initiator.index()] = layout.nodes[initiator.index()].is_missing();
        }
        for node in topology.nodes() {
            let are_open = layout.link_places.are_missing(node, topology);
            for (link, is_open) in topology.in_links(node).iter().zip(are_open) {
                let [sender, receiver] =
                    [link.source, link.target].map(|end| &layout.nodes[end.index()]);
                // A node that has recorded has put its marker on the link, and a node that has
                // failed has put its end there.
                let is_at_door = !sender.is_missing() && receiver.is_recorded() && is_open;
                if is_at_door || (sender.is_recorded() && receiver.is_missing()) {
                    is_reached[link.target.index()] = true;
                }
                // On a link with a capacity a marker also goes back to the sender.
                let returns_markers = capacities[link.id.index()].is_some();
                if returns_markers && receiver.is_recorded() && sender.is_missing() {
                    is_reached[link.source.index()] = true;
                }
            }
        }
        topology.nodes().filter(|node| is_reached[node.index()]).collect()
    }

    pub(super) fn waits_for(&self, node: NodeId, ground: Ground<'_>) -> bool {
        let layout = self.layout(ground);
        // An unknown node has no place.
        let Some(place) = layout.nodes.get(node.index()) else { return false };
        let mut links = layout.link_places.are_missing(node, ground.topology);
        place.is_missing() || links.any(|is_missing| is_missing)
    }

    /// The states and messages that have come so far.
    pub(super) fn into_values(self) -> (Vec<S>, Vec<M>) {
        self.layout.into_inner().map_or_else(Default::default, Layout::into_values)
    }

    /// The snapshot; `None` if a record is missing.
    pub(super) fn merge(
        self,
        id: SnapshotId,
        highest_id: SnapshotId,
        ground: Ground<'_>,
    ) -> Option<GlobalSnapshot<S, M>> {
        if !self.is_complete() {
            return None;
        }
        let layout = self.layout.into_inner()?;
        let (nodes, channels, timings, ended) =
            layout.finish(self.began, &self.failures, ground.topology);
        Some(GlobalSnapshot::new(SnapshotParts {
            id,
            highest_id,
            topology: Arc::clone(ground.topology),
            initiators: self.initiators,
            nodes,
            failures: self.failures,
            channels,
            timings: Timings::new(self.began, timings, ended),
            is_edited: false,
        }))
    }
}

/// Drops repeated nodes, and nodes that are not among the first `count`; keeps the order.
fn each_once(nodes: &[NodeId], count: usize) -> Vec<NodeId> {
    let mut is_new = vec![true; count];
    let mut is_first = |node: NodeId| is_new.get_mut(node.index()).is_some_and(std::mem::take);
    nodes.iter().copied().filter(|&node| is_first(node)).collect()
}
