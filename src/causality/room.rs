//! Links with a capacity in a trace: acknowledgements and markers that travel back from the
//! receiver to the sender.

use super::event::{Event, MarkKind};
use super::trace::{Trace, TraceError};
use crate::id::{LinkId, NodeId, SnapshotId};

/// An acknowledgement: the sender of a link knows how many of its messages were received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) link: LinkId,
    /// How many messages were received; [`u64::MAX`] if the receiver has failed.
    pub(super) received: u64,
}

impl Trace {
    /// Gives a link a capacity, which a [replay](super::Replay) keeps to. [`u64::MAX`] means no
    /// limit.
    pub fn set_capacity(&mut self, link: LinkId, messages: u64) {
        self.capacities.insert(link, messages);
    }

    /// The node may use the room from its next event on.
    pub(super) fn acknowledge(
        &mut self,
        node: NodeId,
        link: LinkId,
        number: u64,
    ) -> Result<(), TraceError> {
        if self.topology.link(link).is_none_or(|link| link.source != node) {
            return Err(TraceError::NotItsLink { node, link });
        }
        let received = self.received_on(link);
        if number > received && number < u64::MAX {
            return Err(TraceError::AcknowledgedTooSoon { node, link, number, received });
        }
        self.news.entry(node).or_default().push(Room { link, received: number });
        Ok(())
    }

    /// Notes that a marker has come back to the sender of a link with a capacity.
    pub(super) fn receive_returned_marker(
        &mut self,
        node: NodeId,
        snapshot: SnapshotId,
        link: LinkId,
    ) -> Result<(), TraceError> {
        let found = self.topology.link(link).filter(|link| link.source == node);
        let target = found.ok_or(TraceError::NotItsLink { node, link })?.target;
        if !self.has_recorded(target, snapshot) {
            return Err(TraceError::MarkerTooSoon { node, link, snapshot });
        }
        self.mark(node, MarkKind::MarkerReturned(snapshot, link));
        Ok(())
    }

    /// The event that received a message, by its number from 1; `None` if the message was not
    /// received.
    #[must_use]
    pub fn receiver(&self, link: LinkId, number: u64) -> Option<&Event> {
        let nth = usize::try_from(number.checked_sub(1)?).ok()?;
        self.receivers.get(link.index())?.get(nth).map(|id| &self.events[id.0])
    }

    /// How many messages a link holds; `None` if there is no limit.
    #[must_use]
    pub fn capacity(&self, link: LinkId) -> Option<u64> {
        self.capacities.get(&link).copied().filter(|&messages| messages < u64::MAX)
    }

    /// What the node of an event had learnt of the room on its links between its previous event and
    /// this one.
    pub(super) fn room_before(&self, event: &Event) -> &[Room] {
        let id = self.of_node.get(event.node.index()).and_then(|events| events.get(event.nth));
        id.and_then(|id| self.room.get(id)).map_or(&[], Vec::as_slice)
    }
}
