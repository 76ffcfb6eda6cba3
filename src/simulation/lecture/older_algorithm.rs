//! An older algorithm at a node: its calls, its view of the node, and its effects.

use super::clock::Reading;
use crate::causality::Logged;
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;
use crate::protocol::{LinkRecord, NodeCore, Output, Report};

/// The actions of an older algorithm at a node: the same calls that [the rules](crate::protocol)
/// answer, and the calls of a clock. An algorithm leaves out the calls that it does not need.
pub(in crate::simulation) trait OlderAlgorithm<P: Process> {
    /// The node records of its own accord; at noon, if the algorithm goes by time.
    fn initiate(&mut self, node: &mut NodeView<'_, P>, snapshot: SnapshotId, noon: Option<Reading>);

    /// A marker has arrived.
    fn receive_marker(&mut self, _node: &mut NodeView<'_, P>, _snapshot: SnapshotId) {}

    /// A message has arrived, and the process has not handled it yet.
    fn receive_message(&mut self, _link: LinkId, _message: &P::Message, _stamp: Option<Reading>) {}

    /// The process has handled the first message that had arrived on the link.
    fn handled(&mut self, _link: LinkId) {}

    /// The node no longer waits for messages of the snapshot.
    fn close(&mut self, _node: &mut NodeView<'_, P>, _snapshot: SnapshotId) {}

    /// The snapshot has failed and must no longer be recorded.
    fn abandon(&mut self, snapshot: SnapshotId);
}

/// A node as its algorithm sees it, and the place for the algorithm's output.
pub(in crate::simulation) struct NodeView<'a, P: Process> {
    pub(in crate::simulation) core: &'a NodeCore<P>,
    pub(in crate::simulation) effects: &'a mut Effects<P::State, P::Message>,
}

/// The markers and reports that an algorithm has put out, in order, and its log.
pub(in crate::simulation) struct Effects<S, M> {
    pub(in crate::simulation) output: Vec<Output<S, M>>,
    pub(in crate::simulation) log: Vec<Logged>,
}

impl<S, M> Default for Effects<S, M> {
    fn default() -> Self {
        Effects { output: Vec::new(), log: Vec::new() }
    }
}

impl<P: Process> NodeView<'_, P> {
    /// Records the node's state, with its counts.
    pub(super) fn record(&mut self, snapshot: SnapshotId) {
        self.effects.log.push(Logged::Recorded(snapshot));
        let mut record = self.core.record(snapshot);
        // The older algorithms know nothing of acknowledgements.
        record.acknowledged.fill(0);
        self.effects.output.push(Output::Report(Report::Node(record)));
    }

    /// Puts a marker on each link that leaves the node.
    pub(super) fn send_markers(&mut self, snapshot: SnapshotId) {
        for link in self.core.out_links() {
            self.effects.output.push(Output::Marker { link: link.id, snapshot });
        }
    }

    pub(super) fn report_link(
        &mut self,
        snapshot: SnapshotId,
        link: LinkId,
        messages: Vec<P::Message>,
    ) {
        let record = LinkRecord { snapshot, link, messages };
        self.effects.output.push(Output::Report(Report::Link(record)));
    }
}
