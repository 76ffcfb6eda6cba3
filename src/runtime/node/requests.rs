//! The nodes whose processes have asked the coordinator for a snapshot.

use crate::id::NodeId;
use crate::sync::{AtomicU8, Ordering};

const ANSWERED: u8 = 0;
const ASKED: u8 = 1;

/// One flag per node, shared by the nodes and the coordinator. A process may ask several times: the
/// coordinator is told once until a snapshot answers. Its queue therefore holds at most one request
/// per node.
///
/// A node that finds its flag set need not tell the coordinator again. An earlier request set the
/// flag. The coordinator clears it before it tells any initiator to begin the snapshot that
/// answers. A node that finds its flag still set has therefore not met that snapshot yet: it will
/// record after this handler.
pub(crate) struct Requests(Box<[AtomicU8]>);

impl Requests {
    pub(crate) fn new(nodes: usize) -> Self {
        Requests((0..nodes).map(|_| AtomicU8::new(ANSWERED)).collect())
    }

    /// Notes a request of a process. True if the coordinator must be told.
    pub(crate) fn ask(&self, node: NodeId) -> bool {
        self.0[node.index()].swap(ASKED, Ordering::AcqRel) == ANSWERED
    }

    /// Notes that a snapshot will answer all requests so far. Called before the snapshot begins.
    pub(crate) fn answer(&self, node: NodeId) {
        self.0[node.index()].store(ANSWERED, Ordering::Release);
    }
}
