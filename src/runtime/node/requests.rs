//! Which nodes have told the coordinator that their processes want a snapshot.

use crate::id::NodeId;
use crate::sync::{AtomicU8, Ordering};

const ANSWERED: u8 = 0;
const ASKED: u8 = 1;

/// A flag per node, shared by nodes and coordinator: however often a process asks, the coordinator
/// hears of it once until a snapshot answers. So its queue holds one such word per node at most.
///
/// A node that finds its flag set need not say it again. The flag was set at an earlier request,
/// and the coordinator clears it before it tells any initiator to begin the snapshot that answers.
/// A node which still finds it set cannot have met that snapshot: it records after this handler.
pub(crate) struct Requests(Box<[AtomicU8]>);

impl Requests {
    pub(crate) fn new(nodes: usize) -> Self {
        Requests((0..nodes).map(|_| AtomicU8::new(ANSWERED)).collect())
    }

    /// A process asks. True if the coordinator has to be told.
    pub(crate) fn ask(&self, node: NodeId) -> bool {
        self.0[node.index()].swap(ASKED, Ordering::AcqRel) == ANSWERED
    }

    /// A snapshot will answer all that was asked so far. To be called before it begins.
    pub(crate) fn answer(&self, node: NodeId) {
        self.0[node.index()].store(ANSWERED, Ordering::Release);
    }
}
