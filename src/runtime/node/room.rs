//! How a node hears of room on the links that leave it.

use super::thread::Inner;
use crate::id::LinkId;
use crate::process::Process;
use crate::runtime::link::sender::OutLinks;

impl<P: Process> Inner<P> {
    /// The core believes that links are full. Where they are still, their receivers will ring.
    #[cold]
    pub(crate) fn look_for_room(&mut self) {
        self.take_in_room(self.core.full_links().collect(), OutLinks::processed);
        if self.core.is_blocked() {
            self.take_in_room(self.core.full_links().collect(), OutLinks::await_room);
        }
    }

    /// For a process that asks for room.
    #[inline]
    pub(crate) fn learn_of_room(&mut self) {
        if self.core.watches_room() {
            let watched: Vec<_> = self.core.watched_links().collect();
            self.take_in_room(watched, OutLinks::processed);
        }
    }

    /// Looks at how many messages of some links were processed, and lets the core know.
    ///
    /// A receiver sends the marker back before it counts a message that it processes after its recording. So when a new
    /// count is seen here, the marker is among the commands, and these are carried out first. A count that the core knows
    /// tells nothing of markers.
    fn take_in_room(
        &mut self,
        links: Vec<(usize, LinkId)>,
        look: fn(&mut OutLinks<P::Message>, usize) -> Option<u64>,
    ) {
        let count = |(slot, link)| Some((link, look(&mut self.out_links, slot)?));
        let counts: Vec<_> = links.into_iter().filter_map(count).collect();
        if counts.is_empty() {
            return;
        }
        self.obey();
        for (link, processed) in counts {
            self.core.acknowledge(link, processed);
        }
    }
}
