//! The contents of a snapshot, and where they come from.

use std::sync::Arc;

use super::{
    ChannelState, GlobalSnapshot, OutputState, PendingTimer, RecordedNode, SnapshotParts, Timings,
};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{Link, Topology};

impl<S, M> GlobalSnapshot<S, M> {
    /// A snapshot of parts that come from a collector.
    pub(crate) fn new(parts: SnapshotParts<S, M>) -> Self {
        GlobalSnapshot(parts)
    }

    /// The snapshot's id.
    #[must_use]
    pub fn id(&self) -> SnapshotId {
        self.0.id
    }

    /// The topology of the recorded system.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.0.topology
    }

    /// The recorded state of a node.
    ///
    /// # Panics
    /// If the node is not in the topology, or had failed. [`find_state`](Self::find_state) does not
    /// panic.
    #[must_use]
    pub fn state(&self, node: NodeId) -> &S {
        self.find_state(node).unwrap_or_else(|| match self.failure(node) {
            Some(failure) => panic!("there is no state of a node that has failed: {failure}"),
            None => {
                panic!("{node} is not in this snapshot's topology, which has {}", self.0.topology)
            }
        })
    }

    /// The recorded state of a node; `None` if the node had failed, or is not in the topology.
    #[must_use]
    pub fn find_state(&self, node: NodeId) -> Option<&S> {
        self.recorded(node).map(|recorded| &recorded.state)
    }

    /// The nodes with their recorded states, by id. Nodes that had failed are left out.
    #[must_use]
    pub fn states(&self) -> impl ExactSizeIterator<Item = (NodeId, &S)> + DoubleEndedIterator {
        self.0.nodes.iter().map(|recorded| (recorded.node, &recorded.state))
    }

    /// The recorded state of a link.
    ///
    /// # Panics
    /// If the link is neither in the topology nor an environment link of it.
    #[must_use]
    pub fn channel(&self, link: LinkId) -> &ChannelState<M> {
        self.0.channels.get(link.index()).unwrap_or_else(|| {
            panic!("{link} is not in this snapshot's topology, which has {}", self.0.topology)
        })
    }

    /// All links with their recorded states, by id: first the topology's links, then the
    /// environment links.
    #[must_use]
    pub fn channels(&self) -> &[ChannelState<M>] {
        &self.0.channels
    }

    /// Every message in flight with its link: link by link, and on each link in order.
    #[must_use]
    pub fn in_flight(&self) -> impl DoubleEndedIterator<Item = (Link, &M)> {
        self.0
            .channels
            .iter()
            .flat_map(|channel| channel.messages.iter().map(move |message| (channel.link, message)))
    }

    /// The messages that a node had emitted ([`Context::emit`](crate::Context::emit)): how many
    /// there were, and those that were not taken. `None` for a node that had failed or is not in
    /// the topology. Emitted messages have left the system: they are not [in
    /// flight](Self::in_flight), and no count of messages includes them.
    #[must_use]
    pub fn output(&self, node: NodeId) -> Option<&OutputState<M>> {
        self.recorded(node).map(|recorded| &recorded.output)
    }

    /// The timers that were pending at a node, by id; empty for a node that had failed or is not in
    /// the topology.
    #[must_use]
    pub fn timers(&self, node: NodeId) -> &[PendingTimer] {
        self.recorded(node).map_or(&[], |recorded| &recorded.timers)
    }

    /// Whether a node had stopped, by [`Context::stop`](crate::Context::stop) or from outside.
    #[must_use]
    pub fn is_stopped(&self, node: NodeId) -> bool {
        self.recorded(node).is_some_and(|recorded| recorded.stopped)
    }

    /// Whether a node had stopped and drains its in-links: it drops every message that it receives
    /// ([`Context::stop_and_drain`](crate::Context::stop_and_drain)). The messages on its in-links
    /// will have no effect.
    #[must_use]
    pub fn is_draining(&self, node: NodeId) -> bool {
        self.recorded(node).is_some_and(|recorded| recorded.drains)
    }

    /// The nodes that had failed when the snapshot began, in the order in which they failed.
    #[must_use]
    pub fn failures(&self) -> &[NodeFailure] {
        &self.0.failures
    }

    /// The nodes that were asked to start the snapshot. If a marker had reached such a node before,
    /// the node recorded at that marker, as other nodes do.
    #[must_use]
    pub fn initiators(&self) -> &[NodeId] {
        &self.0.initiators
    }

    /// The times at which the snapshot's parts were recorded.
    #[must_use]
    pub fn timings(&self) -> &Timings {
        &self.0.timings
    }

    /// The highest id that the system had begun when this snapshot was complete: the snapshot's own
    /// id, or the id of a snapshot that began later. A restored system counts on from the next
    /// number, in another [life](SnapshotId::life).
    #[must_use]
    pub fn highest_id(&self) -> SnapshotId {
        self.0.highest_id
    }

    /// Every state and every message.
    pub(crate) fn into_values(self) -> (Vec<S>, Vec<M>) {
        let (mut states, mut messages) = (Vec::new(), Vec::new());
        for mut node in self.0.nodes {
            states.push(node.state);
            messages.append(&mut node.output.untaken);
        }
        self.0.channels.into_iter().for_each(|mut channel| messages.append(&mut channel.messages));
        (states, messages)
    }

    pub(super) fn failure(&self, node: NodeId) -> Option<&NodeFailure> {
        self.0.failures.iter().find(|failure| failure.node == node)
    }

    pub(super) fn recorded(&self, node: NodeId) -> Option<&RecordedNode<S, M>> {
        // The node's place has the node's own number, unless nodes before it have failed.
        let nodes = &self.0.nodes;
        nodes.get(node.index()).filter(|recorded| recorded.node == node).or_else(|| {
            nodes.binary_search_by_key(&node, |recorded| recorded.node).ok().map(|at| &nodes[at])
        })
    }
}
