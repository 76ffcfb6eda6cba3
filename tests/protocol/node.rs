//! The node as a world sees it. The real core implements it, and so do the wrong recorders.

use std::time::Duration;

use consistent_cut::protocol::{Envelope, NodeCore, Output};
use consistent_cut::{LinkId, NodeId, SnapshotId};

use crate::teller::{Ledger, Note, Teller};
use crate::world::Snapshot;

pub(crate) trait Node {
    fn set_capacity(&mut self, link: LinkId, messages: u64);
    fn start(&mut self);
    /// Goes on from the node's part in a snapshot.
    fn restore(&mut self, snapshot: &Snapshot, node: NodeId);

    fn arrive(&mut self, link: LinkId, envelope: Envelope<Note>);
    /// The link whose message was handled.
    fn process_next(&mut self) -> Option<LinkId>;
    /// Both calls above in one.
    fn deliver_and_process(&mut self, link: LinkId, envelope: Envelope<Note>) -> Option<LinkId> {
        self.arrive(link, envelope);
        self.process_next()
    }
    fn begin_snapshot(&mut self, id: SnapshotId);
    /// Hands out the copies.
    fn abandon_snapshot(&mut self, id: SnapshotId) -> Vec<Note>;
    fn fire_timer(&mut self, now: Duration) -> bool;
    fn stop(&mut self);
    /// A marker has come back on an out-link.
    fn marker_returned(&mut self, link: LinkId, id: SnapshotId);
    fn acknowledge(&mut self, link: LinkId, processed: u64);
    fn tell_time(&mut self, now: Duration);
    fn drain(&mut self) -> Vec<Output<Ledger, Note>>;

    fn teller(&self) -> &Teller;
    fn waiting(&self) -> usize;
    fn live_snapshots(&self) -> usize;
    fn is_stopped(&self) -> bool;
    /// The links on which messages wait for room.
    fn full_links(&self) -> Vec<LinkId>;
    fn wants_time(&self) -> bool;
    fn next_timer(&self) -> Option<Duration>;

    /// The messages that were sent since the last call and are kept back until there is room. Only
    /// a wrong recorder keeps messages back.
    fn drain_held_back(&mut self) -> Vec<Note> {
        Vec::new()
    }

    /// Whether a recorder has put off a duty.
    fn has_leftovers(&self) -> bool {
        false
    }

    /// Called when nothing else is left to happen in the world.
    fn idle(&mut self) {}
}

impl Node for NodeCore<Teller> {
    fn set_capacity(&mut self, link: LinkId, messages: u64) {
        self.set_capacity(link, messages);
    }

    fn start(&mut self) {
        self.start();
    }

    fn restore(&mut self, snapshot: &Snapshot, node: NodeId) {
        self.restore(snapshot.image(node).expect("a snapshot with this node"));
    }

    fn arrive(&mut self, link: LinkId, envelope: Envelope<Note>) {
        self.arrive(link, envelope).expect("the world delivers to the target of the link");
    }

    fn process_next(&mut self) -> Option<LinkId> {
        self.process_next()
    }

    fn deliver_and_process(&mut self, link: LinkId, envelope: Envelope<Note>) -> Option<LinkId> {
        let mut next = match envelope {
            Envelope::Message(note) => Some(note),
            envelope => {
                self.arrive(link, envelope).expect("the world delivers to the target");
                return self.process_next();
            }
        };
        // The environment link is refused, and so is a message that has to wait.
        if self.process_from(link, || next.take()) == Ok(1) {
            return Some(link);
        }
        let note = next.expect("it was not handled");
        self.arrive(link, Envelope::Message(note)).expect("the world delivers to the target");
        self.process_next()
    }

    fn begin_snapshot(&mut self, id: SnapshotId) {
        self.begin_snapshot(id);
    }

    fn abandon_snapshot(&mut self, id: SnapshotId) -> Vec<Note> {
        self.abandon_snapshot(id)
    }

    fn fire_timer(&mut self, now: Duration) -> bool {
        self.fire_timer(now)
    }

    fn stop(&mut self) {
        self.stop();
    }

    fn marker_returned(&mut self, link: LinkId, id: SnapshotId) {
        self.marker_returned(link, id);
    }

    fn acknowledge(&mut self, link: LinkId, processed: u64) {
        self.acknowledge(link, processed);
    }

    fn tell_time(&mut self, now: Duration) {
        self.tell_time(now);
    }

    fn drain(&mut self) -> Vec<Output<Ledger, Note>> {
        self.drain_output().collect()
    }

    fn teller(&self) -> &Teller {
        self.process()
    }

    fn waiting(&self) -> usize {
        self.waiting()
    }

    fn live_snapshots(&self) -> usize {
        self.live_snapshots()
    }

    fn is_stopped(&self) -> bool {
        self.is_stopped()
    }

    fn full_links(&self) -> Vec<LinkId> {
        assert_eq!(self.is_blocked(), self.full_links().next().is_some());
        assert_eq!(self.may_handle(), !self.is_stopped() && !self.is_blocked());
        self.full_links().collect()
    }

    fn wants_time(&self) -> bool {
        self.wants_time()
    }

    fn next_timer(&self) -> Option<Duration> {
        self.next_timer()
    }
}
