//! How a node hears of room on the links that leave it.

use super::thread::NodeThread;
use crate::id::LinkId;
use crate::process::Process;

impl<P: Process> NodeThread<P> {
    /// The core believes that links are full. Where they are still, their receivers will ring.
    #[cold]
    pub(super) fn look_for_room(&mut self) {
        self.take_in_room(self.core.full_links().collect(), false);
        if self.core.is_output_full() {
            // No marker comes with the news: the outside records nothing.
            let taken = self.outlet.await_room();
            taken.into_iter().for_each(|taken| self.core.outputs_taken(taken));
        }
        if self.core.is_blocked() {
            self.take_in_room(self.core.full_links().collect(), true);
        }
    }

    /// For a process that asks for room.
    #[inline]
    pub(super) fn learn_of_room(&mut self) {
        if self.core.watches_room() {
            self.take_in_room(self.core.watched_links().collect(), false);
            // A marker may have come with the news, and leaves before the handler runs.
            if self.core.is_output_mixed() {
                self.carry_out();
            }
        }
    }

    /// Looks at how many messages of some links were received, and lets the core know. If
    /// `is_awaited`, those who receive will ring when they have made room.
    ///
    /// A receiver sends the marker back before it counts a message that it receives after its
    /// recording. So when a new count is seen here, the marker is among the commands, and these are
    /// carried out first. A count that the core knows tells nothing of markers.
    fn take_in_room(&mut self, links: Vec<LinkId>, is_awaited: bool) {
        let mut counts = Vec::new();
        for link in links {
            // The core names its node's links alone.
            let Some(slot) = self.out_slot(link) else { continue };
            let received = match is_awaited {
                true => self.senders.await_room(slot, self.core.sent_on(link).unwrap_or(0)),
                false => self.senders.received(slot),
            };
            counts.extend(received.map(|received| (link, received)));
        }
        if counts.is_empty() {
            return;
        }
        self.obey();
        for (link, received) in counts {
            self.core.acknowledge(link, received);
        }
    }

    /// The place of a link among those that leave the node.
    #[inline]
    pub(super) fn out_slot(&self, link: LinkId) -> Option<usize> {
        self.topology.out_slot_from(self.node, link).map(|slot| slot as usize)
    }
}
