//! The lecture's older algorithms, each in a file of its own.

mod markers_only;
mod physical_time;

pub(super) use markers_only::MarkersOnly;
pub(super) use physical_time::PhysicalTimeRecorder;

use super::clock::Reading;
use crate::causality::Logged;
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;
use crate::protocol::{LinkRecord, NodeCore, Output, Report};

/// What an older algorithm does at a node: the same calls that [the rules](crate::protocol) answer, and those of a clock. What one
/// does not care for, it leaves out.
pub(super) trait OlderAlgorithm<P: Process> {
    /// The node records of its own accord; at noon, if it goes by time.
    fn initiate(&mut self, node: &mut NodeView<'_, P>, snapshot: SnapshotId, noon: Option<Reading>);

    /// A marker has come.
    fn receive_marker(&mut self, _node: &mut NodeView<'_, P>, _snapshot: SnapshotId) {}

    /// A message has come, and the process has not handled it yet.
    fn receive_message(&mut self, _link: LinkId, _message: &P::Message, _stamp: Option<Reading>) {}

    /// The process has handled the first message of the link that had come.
    fn handled(&mut self, _link: LinkId) {}

    /// The node waits no longer.
    fn close(&mut self, _node: &mut NodeView<'_, P>, _snapshot: SnapshotId) {}

    /// The snapshot has failed, and must not be recorded any more.
    fn abandon(&mut self, snapshot: SnapshotId);
}

/// What an algorithm sees of its node, and where it puts what it does.
pub(super) struct NodeView<'a, P: Process> {
    pub(super) core: &'a NodeCore<P>,
    pub(super) effects: &'a mut Effects<P::State, P::Message>,
}

/// What an algorithm has put on links and reported, in order, and the log of it.
pub(super) struct Effects<S, M> {
    pub(super) output: Vec<Output<S, M>>,
    pub(super) log: Vec<Logged>,
}

impl<S, M> Default for Effects<S, M> {
    fn default() -> Self {
        Effects { output: Vec::new(), log: Vec::new() }
    }
}

impl<P: Process> NodeView<'_, P> {
    /// Records the node's state, with its counts.
    fn record(&mut self, snapshot: SnapshotId) {
        self.effects.log.push(Logged::Recorded(snapshot));
        let mut record = self.core.record(snapshot);
        // The older algorithms know nothing of acknowledgements.
        record.acknowledged.fill(0);
        self.effects.output.push(Output::Report(Report::Node(record)));
    }

    /// Puts a marker on each link that leaves the node.
    fn send_markers(&mut self, snapshot: SnapshotId) {
        for link in self.core.out_links() {
            self.effects.output.push(Output::Marker { link: link.id, snapshot });
        }
    }

    fn report_link(&mut self, snapshot: SnapshotId, link: LinkId, messages: Vec<P::Message>) {
        let record = LinkRecord { snapshot, link, messages };
        self.effects.output.push(Output::Report(Report::Link(record)));
    }
}
