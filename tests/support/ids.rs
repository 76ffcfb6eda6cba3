//! Nodes, links and snapshots by number.

use consistent_cut::{LinkId, NodeId, SnapshotId};

pub(crate) fn node(index: u32) -> NodeId {
    NodeId::new(index)
}

pub(crate) fn link(index: u32) -> LinkId {
    LinkId::new(index)
}

pub(crate) fn snapshot(number: u64) -> SnapshotId {
    SnapshotId::new(number)
}
