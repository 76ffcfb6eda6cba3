//! The way back on links with a capacity: markers, and acknowledgements behind them.

use consistent_cut::{Link, LinkId};

use super::World;
use crate::link_fault::LinkFault;
use crate::sights::Sight;

impl World {
    /// Brings the first marker that goes back on a link to the link's sender. False if no marker
    /// goes back.
    pub(crate) fn bring_back(&mut self, link: LinkId) -> bool {
        let Some(id) = self.backs[link.index()].pop_front() else { return false };
        let sender = self.topology.links()[link.index()].source;
        if !self.down.contains(&sender) && !self.has_recorded(id, sender) {
            self.seen.insert(Sight::ReachedBackwards);
        }
        self.step(sender, |core| core.marker_returned(link, id));
        true
    }

    /// Tells the sender of a link the number of its processed messages, behind the markers that go
    /// back.
    pub(crate) fn acknowledge(&mut self, link: LinkId) {
        if self.link_fault != Some(LinkFault::AcknowledgementsPassMarkers) {
            while self.bring_back(link) {}
        }
        let Link { source, target, .. } = self.topology.links()[link.index()];
        let room = &mut self.rooms[link.index()];
        room.told = room.processed;
        let processed = room.processed;
        let known = if self.down.contains(&target) { u64::MAX } else { processed };
        self.causes.acknowledge(source, link, known);
        self.step(source, |core| core.acknowledge(link, processed));
    }

    /// Whether markers go back on a link.
    pub(super) fn returns(&self, link: LinkId) -> bool {
        self.backs.get(link.index()).is_some_and(|back| !back.is_empty())
    }

    /// Links with a capacity whose senders do not know of all processed messages.
    pub(crate) fn unacknowledged(&self) -> impl Iterator<Item = LinkId> + use<'_> {
        let rooms = self.topology.links().iter().zip(&self.rooms);
        rooms
            .filter(|(link, _)| !self.down.contains(&link.source))
            .filter(|(_, room)| room.capacity.is_some() && room.told < room.processed)
            .map(|(link, _)| link.id)
    }
}
