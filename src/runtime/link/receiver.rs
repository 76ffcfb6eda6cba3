//! The links that end at a node.

use std::cell::Cell;
use std::sync::Arc;

use super::channel::LinkReceiver;
use super::command::CommandPort;
use super::gauge::Gauge;
use super::marks::{Mark, Marks, Taken};
use crate::id::LinkId;
use crate::protocol::Envelope;
use crate::sync::MANY_LINKS;

/// A node with many in-links looks at all of them every so many turns, and otherwise at those that are marked.
const TURNS_BETWEEN_LOOKS_AT_ALL: u32 = 64;

/// The receiving end of a link.
pub(crate) struct InLink<M> {
    pub(crate) id: LinkId,
    pub(crate) rx: LinkReceiver<Envelope<M>>,
    pub(crate) gauge: Arc<Gauge>,
    /// The way back to the sender: for markers, and to wake it.
    pub(crate) sender: CommandPort,
}

/// What is still sent is received by nobody.
impl<M> Drop for InLink<M> {
    fn drop(&mut self) {
        self.gauge.end();
    }
}

/// The receiving ends of a node's links, by slot: as the topology orders them.
pub(crate) struct InLinks<M> {
    links: Vec<InLink<M>>,
    /// Of a node with many in-links.
    marks: Option<Arc<Marks>>,
    /// Turns until the next look at all links.
    turns: Cell<u32>,
    /// Where the next turn starts: behind the link at which the last one was interrupted, or at the first.
    first: Cell<usize>,
}

impl<M> InLinks<M> {
    /// Of a node at which so many links will end.
    pub(crate) fn new(links: usize) -> Self {
        InLinks::with_marks(links, links > MANY_LINKS)
    }

    fn with_marks(links: usize, has_marks: bool) -> Self {
        let marks = has_marks.then(|| Arc::new(Marks::new(links)));
        InLinks {
            links: Vec::with_capacity(links),
            marks,
            turns: Cell::new(0),
            first: Cell::new(0),
        }
    }

    /// Adds the next link, and tells how its sender marks it.
    pub(crate) fn add(&mut self, link: InLink<M>) -> Option<Mark> {
        let slot = self.links.len();
        self.links.push(link);
        self.marks.as_ref().map(|marks| Mark { marks: Arc::clone(marks), slot })
    }

    /// A receiver that fails keeps no sender waiting: whatever they send drains into nothing.
    pub(crate) fn let_senders_go(&self) {
        self.links.iter().for_each(|link| link.gauge.drain(&link.sender.bell));
    }

    pub(crate) fn into_links(self) -> Vec<InLink<M>> {
        self.links
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &InLink<M>> {
        self.links.iter()
    }

    #[inline]
    pub(crate) fn get(&self, slot: usize) -> Option<&InLink<M>> {
        self.links.get(slot)
    }

    /// The links to look at in this turn, with their slots.
    #[inline]
    pub(crate) fn to_look_at(&self) -> impl Iterator<Item = (usize, &InLink<M>)> {
        let first = self.first.take();
        let slots = match &self.marks {
            Some(marks) if !self.is_time_for_all() => Slots::Marked(marks.take_from(first)),
            _ => Slots::All(first..self.links.len()),
        };
        slots.map(|slot| (slot, &self.links[slot]))
    }

    /// This turn ends before it has looked at all links: the next goes on with the others.
    pub(crate) fn go_on_behind(&self, slot: usize) {
        self.first.set(slot + 1);
        // A look at all links that was interrupted goes on as one.
        if self.turns.get() == TURNS_BETWEEN_LOOKS_AT_ALL {
            self.look_at_all_next();
        }
    }

    fn is_time_for_all(&self) -> bool {
        let turns = self.turns.get();
        self.turns.set(turns.checked_sub(1).unwrap_or(TURNS_BETWEEN_LOOKS_AT_ALL));
        turns == 0
    }

    /// The next turn looks at all links.
    pub(crate) fn look_at_all_next(&self) {
        self.turns.set(0);
    }

    /// A link has been looked at; if more is there, a coming turn looks again.
    #[inline]
    pub(crate) fn come_back_to(&self, slot: usize) {
        match &self.marks {
            Some(marks) if !self.links[slot].rx.is_empty() => marks.set(slot),
            _ => {}
        }
    }
}

enum Slots<'a> {
    All(std::ops::Range<usize>),
    Marked(Taken<'a>),
}

impl Iterator for Slots<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        match self {
            Slots::All(slots) => slots.next(),
            Slots::Marked(slots) => slots.next(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{InLink, InLinks, TURNS_BETWEEN_LOOKS_AT_ALL};
    use crate::id::LinkId;
    use crate::protocol::Envelope;
    use crate::runtime::link::bell::Bell;
    use crate::runtime::link::channel::link_channel;
    use crate::runtime::link::command::CommandPort;
    use crate::runtime::link::gauge::Gauge;
    use crate::runtime::link::sender::OutLinks;
    use crate::sync::{channel, model};

    const LINKS: u32 = 100;

    /// The ends of a hundred links, and their senders' bell.
    fn links() -> (InLinks<u8>, OutLinks<u8>, Arc<Bell>) {
        let mut in_links = InLinks::with_marks(LINKS as usize, true);
        let mut out_links = OutLinks::new();
        let bell = Arc::new(Bell::new());
        for slot in 0..LINKS {
            let (tx, rx) = link_channel(4);
            let (id, gauge) = (LinkId::new(slot), Gauge::new(u64::MAX, 0, 0));
            let sender = CommandPort::new(channel().0, Arc::clone(&bell));
            let in_link = InLink { id, rx, gauge: Arc::clone(&gauge), sender };
            let mark = in_links.add(in_link);
            out_links.add(tx, Arc::clone(&bell), mark, gauge);
        }
        (in_links, out_links, bell)
    }

    fn slots(in_links: &InLinks<u8>) -> Vec<usize> {
        in_links.to_look_at().map(|(slot, _)| slot).collect()
    }

    /// Takes everything from the links of a turn, and tells which these were.
    fn receive(in_links: &InLinks<u8>) -> Vec<usize> {
        let take_all = |(slot, link): (usize, &InLink<u8>)| {
            link.rx.drain(usize::MAX, drop);
            slot
        };
        in_links.to_look_at().map(take_all).collect()
    }

    const MESSAGE: Envelope<u8> = Envelope::Message(0);

    #[test]
    fn a_turn_looks_at_marked_links_and_now_and_then_at_all() {
        model(|| {
            let (in_links, mut out_links, _) = links();
            let all: Vec<_> = (0..LINKS as usize).collect();
            assert_eq!(receive(&in_links), all, "the first turn");
            for turn in 0..TURNS_BETWEEN_LOOKS_AT_ALL as usize {
                out_links.put(turn, MESSAGE);
                assert_eq!(receive(&in_links), [turn]);
            }
            assert_eq!(receive(&in_links), all);
            assert!(receive(&in_links).is_empty());
            in_links.look_at_all_next();
            assert_eq!(receive(&in_links), all, "as after a sleep");
        });
    }

    #[test]
    fn a_link_stays_marked_while_it_holds_something() {
        model(|| {
            let (in_links, mut out_links, _) = links();
            in_links.to_look_at().count();
            (0..2).for_each(|_| out_links.put(7, MESSAGE));
            for left in [1, 0] {
                for (slot, link) in in_links.to_look_at() {
                    assert_eq!(slot, 7);
                    link.rx.drain(1, drop);
                    in_links.come_back_to(slot);
                }
                assert_eq!(in_links.links[7].rx.is_empty(), left == 0);
            }
            assert!(slots(&in_links).is_empty());
        });
    }

    #[test]
    fn a_marker_rings_urgently_and_needs_no_mark() {
        model(|| {
            let (in_links, mut out_links, bell) = links();
            in_links.to_look_at().count();
            out_links.put(7, Envelope::End);
            assert!(bell.is_urgent());
            assert!(slots(&in_links).is_empty());
        });
    }

    #[test]
    fn a_turn_that_is_interrupted_goes_on_in_the_next() {
        model(|| {
            let (in_links, mut out_links, _) = links();
            // A look at all goes on as one.
            assert_eq!(in_links.to_look_at().next().map(|(slot, _)| slot), Some(0));
            in_links.go_on_behind(0);
            assert_eq!(slots(&in_links), (1..LINKS as usize).collect::<Vec<_>>());
            [3, 70, 80].into_iter().for_each(|slot| out_links.put(slot, MESSAGE));
            for slot in [3, 70] {
                assert_eq!(in_links.to_look_at().next().map(|(slot, _)| slot), Some(slot));
                in_links.come_back_to(slot);
                in_links.go_on_behind(slot);
            }
            assert_eq!(slots(&in_links), [80], "the others have had their turn");
            assert_eq!(slots(&in_links), [3, 70], "and have it again");
            in_links.go_on_behind(LINKS as usize - 1);
            assert!(slots(&in_links).is_empty(), "the pass was at its end");
        });
    }
}
