//! The envelopes that have arrived at a node and were not received.

use std::collections::VecDeque;

use super::message::Envelope;

/// An envelope, and the slot of the link that it came on.
#[derive(Debug)]
pub(super) struct Arrival<M> {
    pub(super) slot: usize,
    pub(super) envelope: Envelope<M>,
}

/// Arrivals in their order.
///
/// The arrivals at the front may be *attended*: the rules saw them when they arrived. Attended
/// arrivals are messages. For a recording they are still on their links. The rules see the other
/// arrivals in their turn.
///
/// ```text
///   process <--[ attended | the others ]<-- links
/// ```
#[derive(Debug)]
pub(super) struct Inbox<M> {
    arrivals: VecDeque<Arrival<M>>,
    attended: usize,
}

impl<M> Inbox<M> {
    pub(super) fn new() -> Self {
        Inbox { arrivals: VecDeque::new(), attended: 0 }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.arrivals.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.arrivals.len()
    }

    /// Adds an arrival for the rules to see in its turn.
    pub(super) fn push(&mut self, arrival: Arrival<M>) {
        self.arrivals.push_back(arrival);
    }

    /// Adds a message that the rules have seen. The rules must have seen all other arrivals too.
    #[inline]
    pub(super) fn push_attended(&mut self, slot: usize, message: M) {
        debug_assert_eq!(self.attended, self.len(), "attended messages stand in front");
        self.arrivals.push_back(Arrival { slot, envelope: Envelope::Message(message) });
        self.attended += 1;
    }

    /// The slot of the first arrival, if that arrival is a message.
    #[inline]
    pub(super) fn first_message(&self) -> Option<usize> {
        let first = self.arrivals.front().filter(|first| first.envelope.is_message());
        first.map(|first| first.slot)
    }

    /// The first arrival, if it is a message of this link, and whether the message was attended.
    #[inline]
    pub(super) fn pop_message_on(&mut self, slot: usize) -> Option<(M, bool)> {
        if self.first_message()? != slot {
            return None;
        }
        let (arrival, was_attended) = self.pop()?;
        match arrival.envelope {
            Envelope::Message(message) => Some((message, was_attended)),
            Envelope::Marker(_) | Envelope::End => None,
        }
    }

    /// The first arrival, if it is not a message.
    pub(super) fn pop_control(&mut self) -> Option<(usize, Envelope<M>)> {
        self.arrivals.front().filter(|first| !first.envelope.is_message())?;
        self.pop().map(|(arrival, _)| (arrival.slot, arrival.envelope))
    }

    #[inline]
    fn pop(&mut self) -> Option<(Arrival<M>, bool)> {
        let arrival = self.arrivals.pop_front()?;
        let was_attended = self.attended > 0;
        self.attended -= usize::from(was_attended);
        if self.arrivals.is_empty() && self.arrivals.capacity() > KEPT {
            // The arrivals have filled this memory once, so allocating it again for a backlog of
            // the same length costs as little per arrival.
            self.arrivals.shrink_to(KEPT);
        }
        Some((arrival, was_attended))
    }

    /// The first arrival that the rules have not seen.
    pub(super) fn first_unattended(&self) -> Option<&Arrival<M>> {
        self.arrivals.get(self.attended)
    }

    /// Marks the first unattended arrival as seen by the rules. That arrival must be a message.
    pub(super) fn attend_first(&mut self) {
        self.attended += 1;
    }

    /// Takes out the first arrival that the rules have not seen, also from behind attended
    /// messages.
    pub(super) fn take_first_unattended(&mut self) -> Option<Arrival<M>> {
        self.arrivals.remove(self.attended)
    }

    pub(super) fn into_messages(self) -> Vec<M> {
        let message = |arrival: Arrival<M>| match arrival.envelope {
            Envelope::Message(message) => Some(message),
            Envelope::Marker(_) | Envelope::End => None,
        };
        self.arrivals.into_iter().filter_map(message).collect()
    }

    /// The attended messages with their slots.
    pub(super) fn attended(&self) -> impl Iterator<Item = (usize, &M)> {
        self.arrivals.iter().take(self.attended).filter_map(Arrival::message)
    }

    /// All messages of one link.
    pub(super) fn messages_on(&self, slot: usize) -> impl Iterator<Item = &M> {
        let messages = self.arrivals.iter().filter_map(Arrival::message);
        messages.filter_map(move |(of, message)| (of == slot).then_some(message))
    }
}

/// The memory for this many arrivals is kept for the next backlog.
const KEPT: usize = 1024;

impl<M> Arrival<M> {
    fn message(&self) -> Option<(usize, &M)> {
        match &self.envelope {
            Envelope::Message(message) => Some((self.slot, message)),
            Envelope::Marker(_) | Envelope::End => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inbox, KEPT};

    #[test]
    fn the_memory_of_a_backlog_is_given_back_when_it_is_handled() {
        let mut inbox = Inbox::new();
        for message in 0..100 * KEPT {
            inbox.push_attended(0, message);
        }
        for left in (0..100 * KEPT).rev() {
            assert!(inbox.pop().is_some());
            assert_eq!(inbox.len(), left);
        }
        assert!(inbox.arrivals.capacity() <= 2 * KEPT, "{}", inbox.arrivals.capacity());
    }
}
