//! The algorithm that trusts clocks.
//!
//! At noon every node records its state. Messages carry the time at which they were sent, by the
//! sender's clock. The state of a link is the messages that its receiver gets after noon and that
//! were sent before noon. This is right if the clocks agree, noon lies ahead, and the patience is
//! enough for the slowest message.

use std::collections::{BTreeMap, VecDeque};

use super::clock::Reading;
use super::older_algorithm::{NodeView, OlderAlgorithm};
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;

pub(in crate::simulation) struct PhysicalTimeRecorder<M> {
    /// The recordings that are still under way.
    recordings: BTreeMap<SnapshotId, Recording<M>>,
    /// For each link: when each message was sent that has arrived and is not handled yet.
    waiting: BTreeMap<LinkId, VecDeque<Reading>>,
}

struct Recording<M> {
    noon: Reading,
    links: BTreeMap<LinkId, Vec<M>>,
}

impl<M> Default for PhysicalTimeRecorder<M> {
    fn default() -> Self {
        PhysicalTimeRecorder { recordings: BTreeMap::new(), waiting: BTreeMap::new() }
    }
}

impl<P: Process> OlderAlgorithm<P> for PhysicalTimeRecorder<P::Message> {
    fn initiate(
        &mut self,
        node: &mut NodeView<'_, P>,
        snapshot: SnapshotId,
        noon: Option<Reading>,
    ) {
        let Some(noon) = noon else { return };
        node.record(snapshot);
        let in_links = node.core.in_links().iter().map(|link| link.id);
        let links = in_links.map(|link| (link, self.sent_before(noon, link, node))).collect();
        self.recordings.insert(snapshot, Recording { noon, links });
    }

    fn receive_message(&mut self, link: LinkId, message: &P::Message, stamp: Option<Reading>) {
        let Some(stamp) = stamp else { return };
        self.waiting.entry(link).or_default().push_back(stamp);
        for recording in self.recordings.values_mut().filter(|recording| stamp < recording.noon) {
            recording.links.entry(link).or_default().push(message.clone());
        }
    }

    fn handled(&mut self, link: LinkId) {
        self.waiting.get_mut(&link).and_then(VecDeque::pop_front);
    }

    fn close(&mut self, node: &mut NodeView<'_, P>, snapshot: SnapshotId) {
        let Some(recording) = self.recordings.remove(&snapshot) else { return };
        for (link, messages) in recording.links {
            node.report_link(snapshot, link, messages);
        }
    }

    fn abandon(&mut self, snapshot: SnapshotId) {
        self.recordings.remove(&snapshot);
    }
}

impl<M: Clone> PhysicalTimeRecorder<M> {
    /// The messages that have arrived on a link and were sent before noon, and that the process has
    /// not received.
    fn sent_before<P: Process<Message = M>>(
        &self,
        noon: Reading,
        link: LinkId,
        node: &NodeView<'_, P>,
    ) -> Vec<M> {
        let stamps = self.waiting.get(&link).into_iter().flatten();
        let messages = stamps.zip(node.core.waiting_on(link));
        messages.filter(|(stamp, _)| **stamp < noon).map(|(_, message)| message.clone()).collect()
    }
}
