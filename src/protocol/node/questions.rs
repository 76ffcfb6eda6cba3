//! The questions that a driver can ask a node.

use std::time::Duration;

use super::NodeCore;
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;
use crate::topology::Link;

/// The questions of a driver.
impl<P: Process> NodeCore<P> {
    /// The process in its present state.
    pub fn process(&self) -> &P {
        &self.process
    }

    /// The links that leave this node, by slot.
    pub fn out_links(&self) -> &[Link] {
        self.out_links.all(&self.topology)
    }

    /// The links that end at this node, by slot, without its environment link.
    pub fn in_links(&self) -> &[Link] {
        self.topology.in_links(self.node)
    }

    /// How many envelopes have arrived and were not handled yet.
    #[inline]
    pub fn waiting(&self) -> usize {
        self.inbox.len()
    }

    /// The messages of a link that have arrived and were not handled yet, in their order; no
    /// message for a link that ends elsewhere.
    pub fn waiting_on(&self, link: LinkId) -> impl Iterator<Item = &P::Message> {
        let slot = self.in_slot(link).ok();
        slot.into_iter().flat_map(|slot| self.inbox.messages_on(slot))
    }

    /// How many messages of a link this node has received; `None` if the link does not end here.
    #[inline]
    pub fn received_on(&self, link: LinkId) -> Option<u64> {
        self.in_slot(link).ok().map(|slot| self.in_ends.get(slot).map_or(0, |end| end.received))
    }

    /// How many messages this node has sent on a link; `None` if the link does not leave this node.
    #[inline]
    pub fn sent_on(&self, link: LinkId) -> Option<u64> {
        Some(self.outbox.links.sent_on(self.out_slot(link)?))
    }

    /// Whether [`drain_output`](Self::drain_output) may hand out an output.
    #[inline]
    pub fn has_output(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whether there is output besides sent and emitted messages. A driver carries such output out
    /// before the next handler runs; until then several envelopes may arrive. A driver may let
    /// messages alone gather over several handlers, and drain them together.
    #[inline]
    pub fn is_output_mixed(&self) -> bool {
        self.outbox.is_mixed()
    }

    /// Whether a [batch](Self::limit_batches) is full. A driver then drains the output, so that the
    /// batch's receiver can begin.
    #[inline]
    pub fn has_full_batch(&self) -> bool {
        self.outbox.links.has_full_batch()
    }

    /// Whether a marker of this snapshot makes no cut here any more: this node has recorded, or the
    /// snapshot was abandoned here.
    pub fn has_recorded(&self, snapshot: SnapshotId) -> bool {
        self.seen.contains(snapshot)
    }

    /// How many snapshots this node still records.
    pub fn live_snapshots(&self) -> usize {
        self.recorders.len()
    }

    /// Whether this node has stopped. A stopped node handles nothing, but still takes part in
    /// snapshots.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether messages that this node has sent or emitted wait for room. Until they have room, the
    /// node handles nothing, but it still takes part in snapshots.
    #[inline]
    pub fn is_blocked(&self) -> bool {
        self.outbox.links.is_blocked()
    }

    /// The links on which messages of this node wait for room.
    pub fn full_links(&self) -> impl DoubleEndedIterator<Item = LinkId> {
        // The output is not a link, so its slot is left out.
        let out_links = self.out_links();
        let full = self.outbox.links.full().iter();
        full.filter_map(|&slot| out_links.get(slot).map(|link| link.id))
    }

    /// Whether messages that this node has emitted wait for room
    /// ([`set_output_capacity`](Self::set_output_capacity)).
    pub fn is_output_full(&self) -> bool {
        self.outbox.links.full().contains(&self.outbox.links.output())
    }

    /// How many messages this node has emitted.
    pub fn emitted(&self) -> u64 {
        self.outbox.links.sent_on(self.outbox.links.output())
    }

    /// Whether the process has asked for the [room](crate::Context::room) on a link.
    #[inline]
    pub fn watches_room(&self) -> bool {
        !self.outbox.links.watched().is_empty()
    }

    /// The links whose [room](crate::Context::room) the process has asked for. Some drivers
    /// [acknowledge](Self::acknowledge) only where a node waits for room. Such a driver
    /// acknowledges these links before each handler.
    pub fn watched_links(&self) -> impl ExactSizeIterator<Item = LinkId> + DoubleEndedIterator {
        let out_links = self.out_links();
        self.outbox.links.watched().iter().map(|&slot| out_links[slot].id)
    }

    /// Whether a handler has set a timer, so that the driver must [tell the time](Self::tell_time)
    /// before its next call.
    #[inline]
    pub fn wants_time(&self) -> bool {
        self.timers.want_time()
    }

    /// The time at which the next timer is due, on the driver's clock. The timer fires only where
    /// the node [may handle](Self::may_handle) something.
    #[inline]
    pub fn next_timer(&self) -> Option<Duration> {
        self.timers.next_due()
    }

    /// Whether this node has stopped and drains its in-links.
    pub fn is_draining(&self) -> bool {
        self.drains
    }

    /// Whether this node may receive a message now: its process [may handle](Self::may_handle)
    /// something, or the node drains its in-links.
    #[inline]
    pub fn may_receive(&self) -> bool {
        self.may_handle() || (self.drains && !self.halted)
    }

    /// Brings the node's memory into the cache. A driver of very many nodes calls this for some
    /// nodes in a row, and then lets each of them handle its message: the processor waits for the
    /// memory of all of them at once. The call changes nothing.
    #[inline]
    pub fn warm(&self) {
        // One word of each cache line that a message touches.
        let ends = self.in_ends.first().map_or(0, |end| end.received);
        let waiting = self.recorders.len() ^ self.inbox.len();
        std::hint::black_box(ends ^ waiting as u64 ^ self.outbox.warm());
    }

    /// Whether the process may handle something now.
    #[inline]
    pub fn may_handle(&self) -> bool {
        !self.stopped && !self.halted && !self.outbox.links.is_blocked()
    }
}
