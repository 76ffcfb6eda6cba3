//! Markers alone, the lecture's better algorithm: messages coordinate the snapshot, and not clocks.
//!
//! A node that records tells its neighbours by a marker, before it sends them anything else. A node
//! that gets a marker records before it receives the messages behind the marker. So no message is
//! received before the cut that was sent after it: the cut is consistent. But no node records the
//! messages that were in flight.

use std::collections::BTreeSet;

use super::clock::Reading;
use super::older_algorithm::{NodeView, OlderAlgorithm};
use crate::id::SnapshotId;
use crate::process::Process;

#[derive(Debug, Default)]
pub(in crate::simulation) struct MarkersOnly {
    recorded: BTreeSet<SnapshotId>,
}

impl<P: Process> OlderAlgorithm<P> for MarkersOnly {
    fn initiate(&mut self, node: &mut NodeView<'_, P>, snapshot: SnapshotId, _: Option<Reading>) {
        self.receive_marker(node, snapshot);
    }

    fn receive_marker(&mut self, node: &mut NodeView<'_, P>, snapshot: SnapshotId) {
        if !self.recorded.insert(snapshot) {
            return;
        }
        node.record(snapshot);
        node.send_markers(snapshot);
        for link in node.core.in_links() {
            node.report_link(snapshot, link.id, Vec::new());
        }
    }

    fn abandon(&mut self, snapshot: SnapshotId) {
        self.recorded.insert(snapshot);
    }
}
