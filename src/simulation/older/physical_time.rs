//! The algorithm that trusts clocks.
//!
//! At noon every node records its state. Messages carry the time at which they were sent, by the sender's clock; a link's state is what
//! its receiver gets after noon that was sent before noon. With clocks that agree, noon ahead, and patience for the slowest message,
//! that is right.

use std::collections::{BTreeMap, VecDeque};

use super::{NodeView, OlderAlgorithm};
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;
use crate::simulation::clock::Reading;

pub(in crate::simulation) struct PhysicalTimeRecorder<M> {
    /// The snapshots that are still recorded.
    recordings: BTreeMap<SnapshotId, Recording<M>>,
    /// When the messages were sent that have come and were not handled.
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
    /// What has come on a link and was sent before noon; the process has not received it.
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
