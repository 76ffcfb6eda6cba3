//! Nodes that fail, and worlds that go on from a snapshot.

use consistent_cut::protocol::Envelope;
use consistent_cut::{NodeFailure, NodeId, SnapshotId};

use super::{Room, Snapshot, World};

impl World {
    /// Takes a node away. On each of its out-links an end follows the messages that it had sent.
    /// Messages to the node, sent before or later, are lost.
    pub(crate) fn fail(&mut self, node: NodeId) {
        self.moves += 1;
        self.down.insert(node);
        let topology = self.topology.clone();
        topology.out_links(node).iter().for_each(|link| self.put(link.id, Envelope::End));
        topology.in_links(node).iter().for_each(|link| self.drain_if_down(link.id));
    }

    /// Tells the collector of a failure, and gives up the snapshots that can no longer end.
    pub(crate) fn node_failed(&mut self, node: NodeId) -> Vec<SnapshotId> {
        self.collector.node_failed(failure(node));
        let live = self.collector.live();
        let lost: Vec<_> = live.filter(|&id| self.collector.waits_for(id, node)).collect();
        for &id in &lost {
            self.abandon(id).expect("it is live");
        }
        lost
    }

    /// Goes on from a snapshot that `first` completed, in place of a start.
    pub(crate) fn go_on_from(&mut self, first: &World, snapshot: &Snapshot) {
        for channel in snapshot.channels() {
            let index = channel.link().id.index();
            let (sent, received) = (channel.sent(), channel.received());
            self.log[index] = first.log[index][..sent as usize].to_vec();
            let capacity = self.rooms[index].capacity;
            self.rooms[index] =
                Room { capacity, delivered: sent, processed: received, told: received };
        }
        self.origin = Some(snapshot.clone());
        self.topology.nodes().for_each(|node| self.restore(node, snapshot));
    }

    fn restore(&mut self, node: NodeId, snapshot: &Snapshot) {
        self.moves += 1;
        let now = self.now();
        let core = &mut self.nodes[node.index()];
        core.restore(snapshot, node);
        if core.wants_time() {
            core.tell_time(now);
        }
        let (steps, recorded) = (core.teller().ledger.steps, snapshot.state(node).steps);
        let pending = snapshot.timers(node).iter();
        self.timers.extend(pending.map(|p| {
            let due = (now + p.remaining).saturating_sub(p.overdue);
            ((node, p.timer), due)
        }));
        if steps > recorded {
            self.handled(node, recorded);
        }
        self.stirred.insert(node);
        self.take_output(node, &[]);
    }
}

pub(crate) fn failure(node: NodeId) -> NodeFailure {
    NodeFailure { node: node.into(), panic: "gone".to_owned() }
}
