//! How a node learns of room on its out-links.

use super::thread::NodeThread;
use crate::id::LinkId;
use crate::process::Process;

impl<P: Process> NodeThread<P> {
    /// Looks at links that the core believes to be full. If they are still full, their receivers
    /// will ring.
    #[cold]
    pub(super) fn look_for_room(&mut self) {
        self.take_in_room(self.core.full_links().collect(), false);
        if self.core.is_output_full() {
            // No marker comes with this count: no thread outside records a state.
            let taken = self.outlet.await_room();
            taken.into_iter().for_each(|taken| self.core.outputs_taken(taken));
        }
        if self.core.is_blocked() {
            self.take_in_room(self.core.full_links().collect(), true);
        }
    }

    /// Learns of room for a process that asks for it.
    #[inline]
    pub(super) fn learn_of_room(&mut self) {
        if self.core.watches_room() {
            self.take_in_room(self.core.watched_links().collect(), false);
            // A marker may have come with the count. It leaves before the handler runs.
            if self.core.is_output_mixed() {
                self.carry_out();
            }
        }
    }

    /// Looks how many messages of some links were received, and tells the core. If `is_awaited`,
    /// the receivers will ring when they have made room.
    ///
    /// A receiver that has recorded sends the marker back before it counts messages that it
    /// receives later. If a new count is seen here, the marker is therefore among the commands, and
    /// these are carried out first. A count that the core knows already says nothing about markers.
    fn take_in_room(&mut self, links: Vec<LinkId>, is_awaited: bool) {
        let mut counts = Vec::new();
        for link in links {
            // The core names only its node's links.
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

    /// The slot of a link among the node's out-links.
    #[inline]
    pub(super) fn out_slot(&self, link: LinkId) -> Option<usize> {
        self.topology.out_slot_from(self.node, link).map(|slot| slot as usize)
    }
}
