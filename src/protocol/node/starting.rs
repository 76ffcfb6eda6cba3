//! A node before its first message: creation, limits, start and restoration.

use std::sync::Arc;

use super::records::Records;
use super::{InEnd, NodeCore, OwnLinks};
use crate::causality::Cause;
use crate::ends::Ends;
use crate::id::{LinkId, NodeId};
use crate::outbox::Outbox;
use crate::process::{Process, Restore};
use crate::protocol::inbox::Inbox;
use crate::protocol::policy::MarkerPolicy;
use crate::protocol::seen::SeenIds;
use crate::protocol::timers::Timers;
use crate::snapshot::NodeImage;
use crate::topology::{Link, Topology};

/// Calls before the start.
impl<P: Process> NodeCore<P> {
    /// A node that has not started. Its links have no limit.
    ///
    /// # Panics
    /// If `node` is not in `topology`.
    pub fn new(node: NodeId, topology: Arc<Topology>, process: P, policy: MarkerPolicy) -> Self {
        assert!(topology.contains(node), "{node} is not in the topology, which has {topology}");
        NodeCore {
            node,
            policy,
            stopped: false,
            drains: false,
            halted: false,
            out_links: OwnLinks::of(node, &topology),
            in_ends: Ends::new(topology.in_links(node).iter().copied().map(InEnd::new)),
            recorders: Vec::new(),
            log: None,
            records: Records::new(),
            inbox: Inbox::new(),
            outbox: Outbox::new(&topology, node),
            process,
            timers: Timers::default(),
            seen: SeenIds::default(),
            injected: 0,
            texts: None,
            topology,
        }
    }

    /// Keeps the counts that each message changes apart from all other memory, and keeps memory
    /// that output has taken. This suits a node with a thread of its own: a write then takes no
    /// line from another thread's cache. Without this call a node takes as little memory as it can.
    /// That suits a driver of very many nodes.
    pub fn keep_apart(&mut self) {
        self.in_ends.keep_apart();
        self.outbox.keep_apart();
    }

    /// Limits a link. Call this at both ends of the link, before the start. [`u64::MAX`] means no
    /// limit. A link that neither leaves this node nor ends at it is ignored.
    ///
    /// At the sender, `messages` is the most messages of the link that may be sent and not
    /// received. While there are more, the node handles nothing ([`is_blocked`](Self::is_blocked)).
    /// At the receiver, markers go back to the sender, so that acknowledgements do not cross the
    /// cut ([`Output::Return`](crate::protocol::Output::Return)).
    pub fn set_capacity(&mut self, link: LinkId, messages: u64) {
        if let Some(slot) = self.out_slot(link) {
            self.outbox.links.set_capacity(slot, messages);
        }
        let node = self.node;
        let slot = self.in_slot(link).ok();
        if let Some(end) = slot.and_then(|slot| self.in_ends.get_mut(slot)) {
            let is_from_another = end.link.source != node && !end.link.is_environment();
            end.returns_markers = is_from_another && messages < u64::MAX;
        }
    }

    /// Limits the messages that the node has emitted and that were not taken, as
    /// [`set_capacity`](Self::set_capacity) limits a link: while there are more, the node handles
    /// nothing. Call this before the start. [`u64::MAX`] means no limit.
    pub fn set_output_capacity(&mut self, messages: u64) {
        let output = self.outbox.links.output();
        self.outbox.links.set_capacity(output, messages);
    }

    /// Hands out messages in batches of at most `messages`; one at least. By default a batch has no
    /// limit.
    pub fn limit_batches(&mut self, messages: usize) {
        self.outbox.links.limit_batches(messages);
    }

    /// Runs the process's `on_start`. Call this once, before the calls for a running node.
    pub fn start(&mut self) {
        self.run_handler(Cause::Start, P::on_start);
    }

    /// In place of [`start`](Self::start): goes on from the snapshot's record of this node, and
    /// runs the process's `on_restore`. The messages that were in flight to this node have arrived,
    /// in their order.
    ///
    /// # Panics
    /// If the image is another node's, or has other links than this node: see
    /// [`GlobalSnapshot::check_fits`](crate::GlobalSnapshot::check_fits).
    pub fn restore(&mut self, image: NodeImage<P::State, P::Message>)
    where
        P: Restore,
    {
        assert_eq!(image.node, self.node, "a node is restored from its own image");
        let links = (image.out_links.len(), image.in_links.len());
        // The check makes every slot of the image a slot of this node.
        assert_eq!(
            links,
            (self.out_links().len(), self.environment_slot() + 1),
            "a node is restored with its own links"
        );
        for (slot, (sent, received)) in image.out_links.into_iter().enumerate() {
            self.outbox.links.restore(slot, sent, received);
        }
        for (slot, (received, messages)) in image.in_links.into_iter().enumerate() {
            if slot == self.in_ends.len() {
                if received == 0 && messages.is_empty() {
                    break;
                }
                self.begin_environment();
            }
            self.in_ends[slot].received = received;
            messages.into_iter().for_each(|message| self.inbox.push_attended(slot, message));
        }
        let output = self.outbox.links.output();
        self.outbox.links.restore(output, image.output.0, image.output.1);
        self.injected = image.injected;
        image.timers.into_iter().for_each(|pending| self.timers.restore(pending));
        self.run_handler(Cause::Start, |process, ctx| process.on_restore(image.state, ctx));
        if image.drains {
            self.stop_and_drain();
        } else if image.stopped {
            self.stop();
        }
    }
}

impl InEnd {
    pub(super) fn new(link: Link) -> Self {
        InEnd { link, received: 0, returns_markers: false, has_ended: false }
    }
}

impl OwnLinks {
    fn of(node: NodeId, topology: &Topology) -> Self {
        match topology.out_links(node) {
            [link] => OwnLinks::One(*link),
            links => OwnLinks::Many(topology.first_out(node), links.len() as u32),
        }
    }

    #[inline]
    pub(super) fn all<'a>(&'a self, topology: &'a Topology) -> &'a [Link] {
        match self {
            OwnLinks::One(link) => std::slice::from_ref(link),
            OwnLinks::Many(first, count) => topology.out_links_from(*first, *count),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::id::SnapshotId;
    use crate::process::Context;
    use crate::protocol::{Envelope, MarkerPolicy};
    use crate::topology::{Link, Topology};

    struct Still;

    impl Process for Still {
        type State = ();
        type Message = ();

        fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}
        fn state(&self) {}
    }

    /// Whether a node has memory for arrivals and for records, after a message, a snapshot and a
    /// call that gives memory back.
    fn has_memory(make: impl FnOnce(&mut NodeCore<Still>)) -> [bool; 2] {
        let topology = Arc::new(Topology::ring(2).expect("nodes and links fit"));
        let node = NodeId::new(0);
        let [link] = topology.in_links(node) else { panic!("a node of a ring has one in-link") };
        let link = link.id;
        let mut core = NodeCore::new(node, Arc::clone(&topology), Still, MarkerPolicy::Overtaking);
        make(&mut core);
        core.start();
        let snapshot = SnapshotId::new(1);
        core.begin_snapshot(snapshot);
        for envelope in [Envelope::Message(()), Envelope::Marker(snapshot)] {
            core.arrive(link, envelope).expect("the link ends here");
        }
        while core.process_next().is_some() {}
        core.drain_output().for_each(drop);
        core.give_memory_back();
        [core.inbox.has_memory(), core.records.has_memory()]
    }

    #[test]
    fn only_a_node_that_is_kept_apart_keeps_memory_between_snapshots() {
        assert_eq!(has_memory(|_| {}), [false, false]);
        assert_eq!(has_memory(NodeCore::keep_apart), [true, true]);
    }
}
