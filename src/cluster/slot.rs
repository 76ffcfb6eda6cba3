//! A node on its worker.

use std::time::Duration;

use crate::id::{LinkId, NodeId};
use crate::process::Process;
use crate::protocol::NodeCore;

/// A node on its worker: the core, and what the worker knows of it.
pub(super) struct Slot<P: Process> {
    pub(super) node: NodeId,
    pub(super) core: NodeCore<P>,
    /// When the worker will look at the node's timers.
    pub(super) due: Option<Duration>,
    /// The counts of in-links with a limit; `None` if the node has none.
    pub(super) limited: Option<Box<[Limited]>>,
}

/// What a worker must know of a node at each visit. The marks of all nodes stand side by side, so
/// that a look at one of them needs no further line of the node's memory.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    pub(super) has_failed: bool,
    /// Whether the worker has planned to look at the node's timers.
    pub(super) is_timed: bool,
    /// Whether an in-link of the node has a limit.
    pub(super) is_limited: bool,
}

/// The receiving end of a link with a limit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limited {
    pub(super) link: LinkId,
    capacity: u64,
    /// How many messages of the link have arrived.
    arrived: u64,
    /// How many received messages the sender was told of.
    told: u64,
    /// Whether the worker has noted that the sender was not told of all.
    is_noted: bool,
}

impl Limited {
    pub(super) fn new(link: LinkId, capacity: u64) -> Self {
        Limited { link, capacity, arrived: 0, told: 0, is_noted: false }
    }

    pub(super) fn arrive(&mut self, messages: u64) {
        self.arrived += messages;
    }

    /// Notes that `received` messages were received in all, and returns whether the sender must be
    /// told now.
    ///
    /// The sender waits if it has sent more messages than it was told of, and the capacity on top.
    /// All messages leave at once, those that wait too. So the receiver sees that the sender waits,
    /// at the latest when it has taken these messages from its mailbox, and then tells of each
    /// message or row. A sender that does not wait is told once for half the capacity, and at the
    /// end of a turn.
    pub(super) fn must_tell(&mut self, received: u64) -> bool {
        let is_sender_waiting = self.arrived > self.told.saturating_add(self.capacity);
        let news = received - self.told;
        let tells = news > 0 && (is_sender_waiting || news >= self.capacity.div_ceil(2));
        if tells {
            self.told = received;
        }
        tells
    }

    /// Whether the worker must note that the sender was not told of all that was received.
    pub(super) fn must_note(&mut self, received: u64) -> bool {
        received > self.told && !std::mem::replace(&mut self.is_noted, true)
    }

    /// Returns whether the sender must be told at the end of a turn.
    pub(super) fn tell(&mut self, received: u64) -> bool {
        self.is_noted = false;
        received > std::mem::replace(&mut self.told, received)
    }

    /// Sets the counts of a restored link. Its sender was told of all that was received.
    pub(super) fn restore(&mut self, received: u64, in_flight: u64) {
        (self.told, self.arrived) = (received, received + in_flight);
    }
}

impl<P: Process> Slot<P> {
    pub(super) fn new(node: NodeId, core: NodeCore<P>, limited: Vec<Limited>) -> Self {
        let limited = (!limited.is_empty()).then(|| limited.into());
        Slot { node, core, due: None, limited }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark { is_limited: self.limited.is_some(), ..Mark::default() }
    }

    /// The counts of an in-link with a limit.
    pub(super) fn limited(&mut self, link: LinkId) -> Option<&mut Limited> {
        // A node's in-links stand in the order of their ids.
        let limited = self.limited.as_deref_mut()?;
        let at = limited.binary_search_by_key(&link, |limited| limited.link).ok()?;
        limited.get_mut(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_waits_is_told_of_each_message_and_another_of_half_the_capacity() {
        let mut link = Limited::new(LinkId::new(0), 4);
        link.arrive(4);
        assert!(!link.must_tell(1), "the sender has room for all that it has sent");
        assert!(link.must_tell(2));
        link.arrive(3);
        // Seven were sent, two are known to be received, and four have room: one waits.
        assert!(link.must_tell(3));
        assert!(!link.must_tell(3), "nothing new");
        assert!(!link.must_tell(4), "the sender waits no longer");
    }

    #[test]
    fn on_a_link_for_one_message_each_is_told() {
        let mut link = Limited::new(LinkId::new(0), 1);
        for number in 1..10 {
            link.arrive(1);
            assert!(link.must_tell(number));
        }
    }
}
