//! The shared knowledge about one system: its drawn setup, and the calls that were made.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use consistent_cut::{GlobalSnapshot, NodeId, SnapshotId};
use parking_lot::Mutex;

use super::chatterer::{Book, Message};
use super::setup::Setup;
use super::tally::Tally;
use super::watch::{self, Pulse};

pub(crate) type Snapshot = GlobalSnapshot<Book, Message>;

pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) setup: Setup,
    pub(crate) tally: Arc<Tally>,
    pub(crate) pulse: Arc<Pulse>,
    told: Mutex<Told>,
    /// By caller, then by node: the number of its messages that were accepted.
    taken: Vec<Mutex<Vec<u64>>>,
    requests_left: AtomicU32,
    /// Whether callers are to end.
    quit: AtomicBool,
    /// Whether the system is ending, or has ended.
    is_ending: AtomicBool,
}

/// The orders to nodes and snapshots. Each is noted before it is given.
#[derive(Default)]
struct Told {
    to_panic: BTreeSet<NodeId>,
    to_stop: BTreeSet<NodeId>,
    cancelled: BTreeSet<SnapshotId>,
}

impl Run {
    pub(crate) fn new(seed: u64, tally: &Arc<Tally>, pulse: &Arc<Pulse>) -> Arc<Self> {
        let setup = Setup::draw(seed);
        let nodes = setup.topology.node_count();
        Arc::new(Run {
            seed,
            tally: Arc::clone(tally),
            pulse: Arc::clone(pulse),
            told: Mutex::default(),
            // One more than there are threads, because the thread that ends the system may call
            // too.
            taken: (0..=setup.callers).map(|_| Mutex::new(vec![0; nodes])).collect(),
            requests_left: AtomicU32::new(200),
            quit: AtomicBool::new(false),
            is_ending: AtomicBool::new(false),
            setup,
        })
    }

    /// Ends the program if the condition does not hold.
    pub(crate) fn ensure(&self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.fail(&what());
        }
    }

    pub(crate) fn fail(&self, what: &str) -> ! {
        watch::fail(self.seed, what)
    }

    /// A new system begins, and goes on from the last one.
    pub(crate) fn begin_generation(&self) {
        self.quit.store(false, Ordering::SeqCst);
        self.is_ending.store(false, Ordering::SeqCst);
        self.requests_left.store(200, Ordering::SeqCst);
    }

    pub(crate) fn ask_to_quit(&self) {
        self.quit.store(true, Ordering::SeqCst);
    }

    pub(crate) fn must_quit(&self) -> bool {
        self.quit.load(Ordering::SeqCst)
    }

    pub(crate) fn end(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    /// Whether a handler may ask for a snapshot. The bound prevents a flood of snapshots.
    pub(crate) fn may_request(&self) -> bool {
        let left = self
            .requests_left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.is_ok()
    }

    /// From now on no handler asks for a snapshot.
    pub(crate) fn be_quiet(&self) {
        self.requests_left.store(0, Ordering::SeqCst);
    }

    pub(crate) fn tell_to_panic(&self, node: NodeId) {
        self.told.lock().to_panic.insert(node);
        Tally::add(&self.tally.panics, 1);
    }

    pub(crate) fn tell_to_stop(&self, node: NodeId) {
        self.told.lock().to_stop.insert(node);
        Tally::add(&self.tally.stops, 1);
    }

    pub(crate) fn tell_to_cancel(&self, snapshot: SnapshotId) {
        self.told.lock().cancelled.insert(snapshot);
        Tally::add(&self.tally.cancels, 1);
    }

    pub(crate) fn is_told_to_panic(&self, node: NodeId) -> bool {
        self.told.lock().to_panic.contains(&node)
    }

    pub(crate) fn told_to_panic(&self) -> usize {
        self.told.lock().to_panic.len()
    }

    pub(crate) fn told_to_stop(&self) -> usize {
        self.told.lock().to_stop.len()
    }

    pub(crate) fn is_told_to_stop(&self, node: NodeId) -> bool {
        self.told.lock().to_stop.contains(&node)
    }

    pub(crate) fn is_cancelled(&self, snapshot: SnapshotId) -> bool {
        self.told.lock().cancelled.contains(&snapshot)
    }

    /// The number of messages of a caller that were accepted, by node.
    pub(crate) fn taken(&self, caller: usize) -> &Mutex<Vec<u64>> {
        &self.taken[caller]
    }

    /// The system goes on from this snapshot, so messages that were injected since then do not
    /// count.
    pub(crate) fn go_back_to(&self, snapshot: &Snapshot) {
        for (caller, taken) in self.taken.iter().enumerate() {
            *taken.lock() = super::audit::injected_by(caller, snapshot);
        }
    }
}
