//! The questions to a world.

use std::time::Duration;

use consistent_cut::{LinkId, NodeId, SnapshotId, TimerId};

use super::{Snapshot, World};
use crate::teller::{Ledger, Note};

impl World {
    /// Links on which markers go back.
    pub(crate) fn backs(&self) -> impl Iterator<Item = LinkId> + use<'_> {
        let backs = self.topology.links().iter().zip(&self.backs);
        backs.filter(|(_, back)| !back.is_empty()).map(|(link, _)| link.id)
    }

    /// How many envelopes travel on a link.
    pub(crate) fn on_link(&self, link: LinkId) -> usize {
        self.queues[link.index()].len()
    }

    /// Whether the head of the link has travelled long enough.
    pub(crate) fn is_due(&self, link: LinkId) -> bool {
        self.queues[link.index()].front().is_some_and(|parcel| parcel.due <= self.ticks)
    }

    /// Whether the node has anything to do when it is asked to process.
    pub(crate) fn can_process(&self, node: NodeId) -> bool {
        let waits = !self.down.contains(&node) && self.nodes[node.index()].waiting() > 0;
        waits && (self.may_handle(node) || self.stirred.contains(&node))
    }

    pub(crate) fn may_handle(&self, node: NodeId) -> bool {
        let stopped = self.nodes[node.index()].is_stopped();
        !self.down.contains(&node) && !stopped && self.nodes[node.index()].full_links().is_empty()
    }

    /// The links with more messages sent than processed, as far as their sender was told, than they
    /// have room for.
    pub(crate) fn full_links(&self, node: NodeId) -> Vec<LinkId> {
        let links = self.topology.out_links(node).iter().map(|link| link.id);
        links.filter(|link| self.over_capacity(*link) > 0).collect()
    }

    /// How many messages of a link wait for room.
    pub(crate) fn over_capacity(&self, link: LinkId) -> u64 {
        let room = self.rooms[link.index()];
        let outstanding = self.log[link.index()].len() as u64 - room.told;
        room.capacity.map_or(0, |capacity| outstanding.saturating_sub(capacity))
    }

    pub(crate) fn capacity(&self, link: LinkId) -> Option<u64> {
        self.rooms[link.index()].capacity
    }

    /// When the next timer of a node is due.
    pub(crate) fn next_timer(&self, node: NodeId) -> Option<Duration> {
        self.timers.iter().filter(|((at, _), _)| *at == node).map(|(_, &due)| due).min()
    }

    /// The pending timers of a node, with the time each has left.
    pub(crate) fn pending_timers(&self, node: NodeId) -> Vec<(TimerId, Duration)> {
        let of_node = self.timers.iter().filter(|((at, _), _)| *at == node);
        of_node.map(|(&(_, timer), &due)| (timer, due.saturating_sub(self.now()))).collect()
    }

    /// Whether a timer of the node can fire.
    pub(crate) fn can_fire(&self, node: NodeId) -> bool {
        self.may_handle(node) && self.next_timer(node).is_some_and(|due| due <= self.now())
    }

    /// Whether nodes that have neither stopped nor failed wait for each other, and nothing else is
    /// left to happen in a settled world.
    pub(crate) fn is_deadlocked(&self) -> bool {
        let mut nodes = self.nodes.iter();
        nodes.all(|node| !node.is_stopped())
            && self.topology.nodes().any(|node| !self.has_failed(node) && !self.may_handle(node))
    }

    pub(crate) fn has_failed(&self, node: NodeId) -> bool {
        self.down.contains(&node)
    }

    pub(crate) fn ledger(&self, node: NodeId) -> &Ledger {
        &self.nodes[node.index()].teller().ledger
    }

    pub(crate) fn has_recorded(&self, id: SnapshotId, node: NodeId) -> bool {
        self.injected_at_record.contains_key(&(id, node))
    }

    /// The snapshot with this id, which must have completed.
    pub(crate) fn snapshot(&self, id: SnapshotId) -> &Snapshot {
        let found = self.snapshots.iter().find(|snapshot| snapshot.id() == id);
        found.unwrap_or_else(|| panic!("{id} has not completed: {:?}", self.collector.missing(id)))
    }

    /// The numbers of the messages recorded on a link.
    pub(crate) fn recorded(&self, id: SnapshotId, link: LinkId) -> Vec<u64> {
        self.snapshot(id).channel(link).messages().iter().map(|note| note.number).collect()
    }

    /// The recorders that are open at nodes.
    pub(crate) fn live_snapshots(&self) -> usize {
        let alive = self.topology.nodes().filter(|&node| !self.has_failed(node));
        alive.map(|node| self.nodes[node.index()].live_snapshots()).sum()
    }

    /// The number of messages injected at a node when it recorded, or of all if it had failed.
    pub(crate) fn injected(&self, id: SnapshotId, node: NodeId) -> u64 {
        let link = self.topology.environment_link(node).expect("a node of the topology").id;
        let all = self.log[link.index()].len() as u64;
        self.injected_at_record.get(&(id, node)).copied().unwrap_or(all)
    }

    /// The messages of a link that its target has not received.
    pub(crate) fn unreceived(&self, link: LinkId) -> &[Note] {
        let link = self.topology.link(link).expect("a link of the topology");
        let slot = self.topology.in_slot(link.id).expect("a link of the topology");
        &self.log[link.id.index()][self.ledger(link.target).counts.received[slot] as usize..]
    }
}
