//! What a world asks of a node. The real core fits, and so do the wrong recorders.

use consistent_cut::LinkId;
use consistent_cut::SnapshotId;
use consistent_cut::protocol::{Envelope, NodeCore, Output};

use crate::teller::{Ledger, Note, Teller};

pub(crate) trait Node {
    fn start(&mut self);
    fn arrive(&mut self, link: LinkId, envelope: Envelope<Note>);
    fn process_next(&mut self) -> bool;
    /// Both of these in one call.
    fn arrive_and_process(&mut self, link: LinkId, envelope: Envelope<Note>) {
        self.arrive(link, envelope);
        self.process_next();
    }
    fn begin_snapshot(&mut self, id: SnapshotId);
    fn abandon_snapshot(&mut self, id: SnapshotId);
    fn drain(&mut self) -> Vec<Output<Ledger, Note>>;

    fn teller(&self) -> &Teller;
    fn waiting(&self) -> usize;
    fn live_snapshots(&self) -> usize;
    fn is_stopped(&self) -> bool;

    /// Whether a recorder has put off something that it must do some time.
    fn has_leftovers(&self) -> bool {
        false
    }

    /// Called when nothing else is left to happen in the world.
    fn idle(&mut self) {}
}

impl Node for NodeCore<Teller> {
    fn start(&mut self) {
        self.start();
    }

    fn arrive(&mut self, link: LinkId, envelope: Envelope<Note>) {
        self.arrive(link, envelope).expect("the world delivers to the target of the link");
    }

    fn process_next(&mut self) -> bool {
        self.process_next()
    }

    fn arrive_and_process(&mut self, link: LinkId, envelope: Envelope<Note>) {
        self.arrive_and_process(link, envelope).expect("the world delivers to the target");
    }

    fn begin_snapshot(&mut self, id: SnapshotId) {
        self.begin_snapshot(id);
    }

    fn abandon_snapshot(&mut self, id: SnapshotId) {
        self.abandon_snapshot(id);
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
}
