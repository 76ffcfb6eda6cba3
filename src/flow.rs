//! Back-pressure: how much a node may have under way on each link that leaves it.
//!
//! Everything sent leaves at once, so that order on the link is the order of sending and a marker
//! needs no room. What is over a link's capacity *waits*: as long as anything does, the sending
//! node handles no event. A message counts from the handler that sends it until the receiver has
//! received it, so a link with waiting messages behaves as one at whose sender they stand in line.

use crate::spaced::spaced;

/// The links that leave a node, by slot.
#[derive(Debug)]
pub(crate) struct Flow {
    // Written for each message.
    links: Vec<OutFlow>,
    /// Slots of the links on which messages wait.
    full: Vec<usize>,
    /// Slots of the links with a limit whose room the process has asked for.
    watched: Vec<usize>,
}

#[derive(Clone, Copy, Debug)]
struct OutFlow {
    /// Messages sent so far.
    sent: u64,
    /// How many may have been sent before the next one waits: those known to be received, and the
    /// capacity.
    limit: u64,
    capacity: u64,
}

impl Flow {
    /// Links without a limit.
    pub(crate) fn new(links: usize) -> Self {
        let link = OutFlow { sent: 0, limit: u64::MAX, capacity: u64::MAX };
        let mut flow = Flow { links: spaced(links), full: Vec::new(), watched: Vec::new() };
        flow.links.resize(links, link);
        flow
    }

    pub(crate) fn set_capacity(&mut self, slot: usize, capacity: u64) {
        self.links[slot].capacity = capacity;
        self.links[slot].limit = capacity;
    }

    /// Sets the counts of a link whose messages were partly received in an earlier life.
    pub(crate) fn restore(&mut self, slot: usize, sent: u64, received: u64) {
        self.links[slot].sent = sent;
        self.acknowledge(slot, received);
        if self.links[slot].waiting() > 0 {
            self.full.push(slot);
        }
    }

    #[inline]
    pub(crate) fn send(&mut self, slot: usize) {
        let link = &mut self.links[slot];
        link.sent += 1;
        if link.waiting() == 1 {
            self.full.push(slot);
        }
    }

    /// Takes back what a handler has sent that did not return.
    pub(crate) fn take_back(&mut self, slot: usize) {
        let link = &mut self.links[slot];
        let had_waiting = link.waiting() > 0;
        link.sent -= 1;
        if had_waiting && link.waiting() == 0 {
            self.full.retain(|&full| full != slot);
        }
    }

    /// The receiver has received this many of the link's messages in all. True if that is news.
    pub(crate) fn acknowledge(&mut self, slot: usize, received: u64) -> bool {
        let link = &mut self.links[slot];
        let limit = received.saturating_add(link.capacity);
        if limit <= link.limit {
            return false;
        }
        let had_waiting = link.waiting() > 0;
        link.limit = limit;
        if had_waiting && link.waiting() == 0 {
            self.full.retain(|&full| full != slot);
        }
        true
    }

    /// How many messages more a link has room for; [`u64::MAX`] if any number. Whoever asks wants
    /// to hear of room in time.
    pub(crate) fn room(&mut self, slot: usize) -> u64 {
        let link = &self.links[slot];
        if link.capacity == u64::MAX {
            return u64::MAX;
        }
        if !self.watched.contains(&slot) {
            self.watched.push(slot);
        }
        link.limit.saturating_sub(link.sent)
    }

    /// Whether messages wait for room, so that the node must not send more.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        !self.full.is_empty()
    }

    /// Slots of the links whose room the process asks for.
    #[inline]
    pub(crate) fn watched(&self) -> &[usize] {
        &self.watched
    }

    /// Slots of the links on which messages wait.
    pub(crate) fn full(&self) -> &[usize] {
        &self.full
    }

    /// How many of each link's messages are known to be received; zero for a link without a limit.
    pub(crate) fn acknowledged(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links.iter().map(|link| link.limit - link.capacity)
    }

    pub(crate) fn sent(&self) -> impl ExactSizeIterator<Item = u64> {
        self.links.iter().map(|link| link.sent)
    }

    pub(crate) fn sent_on(&self, slot: usize) -> u64 {
        self.links[slot].sent
    }

    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }
}

impl OutFlow {
    #[inline]
    fn waiting(&self) -> u64 {
        self.sent.saturating_sub(self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_without_a_capacity_never_fills() {
        let mut flow = Flow::new(1);
        (0..10_000).for_each(|_| flow.send(0));
        assert!(!flow.is_blocked());
    }

    #[test]
    fn what_is_over_the_capacity_waits_until_enough_is_received() {
        let mut flow = Flow::new(2);
        flow.set_capacity(0, 2);
        flow.set_capacity(1, 1);
        (0..2).for_each(|_| flow.send(0));
        assert!(!flow.is_blocked(), "just full");
        (0..2).for_each(|_| flow.send(0));
        (0..2).for_each(|_| flow.send(1));
        assert_eq!(flow.full(), [0, 1]);
        flow.acknowledge(0, 1);
        flow.acknowledge(1, 1);
        assert_eq!(flow.full(), [0], "one of four is received, and two are allowed");
        flow.acknowledge(0, 0);
        assert_eq!(flow.acknowledged().collect::<Vec<_>>(), [1, 1]);
        flow.acknowledge(0, 2);
        assert!(!flow.is_blocked());
        flow.send(0);
        assert!(flow.is_blocked(), "full again");
        flow.take_back(0);
        assert!(!flow.is_blocked(), "nothing was sent");
    }

    #[test]
    fn counts_of_an_earlier_life_go_on() {
        let mut flow = Flow::new(2);
        (0..2).for_each(|slot| flow.set_capacity(slot, 3));
        flow.restore(0, 10, 7);
        flow.restore(1, 10, 6);
        assert_eq!((flow.full(), flow.sent().collect::<Vec<_>>()), (&[1][..], vec![10, 10]));
        flow.send(0);
        assert_eq!(flow.full(), [1, 0]);
    }
}
