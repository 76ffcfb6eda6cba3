//! Links with a capacity: acknowledgements and markers that travel back to the links' senders.

use super::back_queue::BackQueue;
use super::step::Step;
use super::world::Simulation;
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;

impl<P: Process> Simulation<P> {
    /// Tells the link's sender that one more message of the link was handled.
    #[inline]
    pub(super) fn acknowledge_one(&mut self, link: LinkId) {
        // Environment links have no queue here, and no limit.
        let Some(queue) = self.links.get_mut(link.index()) else { return };
        if let Some(count) = queue.back.as_mut().and_then(BackQueue::handle_one) {
            self.tell_sender(link, count);
        }
    }

    /// Tells the link's sender that the receiver has failed: a link to a failed node has room for
    /// all messages.
    pub(super) fn acknowledge_all(&mut self, link: LinkId) {
        let back = self.links[link.index()].back.as_mut();
        if let Some(count) = back.and_then(|back| back.acknowledge(u64::MAX)) {
            self.tell_sender(link, count);
        }
    }

    fn tell_sender(&mut self, link: LinkId, count: u64) {
        let sender = self.topology.links()[link.index()].source;
        self.call(sender, |node| node.core_mut().acknowledge(link, count));
    }

    /// Sends a marker from the link's receiver back to its sender. The marker is lost if the sender
    /// has failed.
    pub(super) fn put_back(&mut self, link: LinkId, snapshot: SnapshotId) {
        let condition = &self.conditions[self.topology.links()[link.index()].source.index()];
        if condition.has_failed {
            return;
        }
        let put = self.links[link.index()].put_back(snapshot, self.now, &mut self.chance);
        let Some(due) = put else { return };
        self.enabled.set(Step::Return(link), !condition.is_paused);
        if let Some(agenda) = &mut self.agenda {
            agenda.plan(Step::Return(link), due);
        }
    }

    /// Lets the first marker that travels back on the link arrive, and with it the acknowledgement
    /// behind it.
    pub(super) fn take_back(&mut self, link: LinkId) {
        let Some(back) = self.links[link.index()].back.as_mut() else { return };
        let Some((snapshot, count)) = back.take() else { return };
        self.enabled.set(Step::Return(link), !back.is_empty());
        let sender = self.topology.links()[link.index()].source;
        self.call(sender, |node| node.marker_returned(link, snapshot));
        if let Some(count) = count {
            self.tell_sender(link, count);
        }
    }
}
