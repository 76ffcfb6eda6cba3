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
// Many nodes handle each message as it comes, so their inboxes stay empty and without memory.
#[derive(Debug)]
pub(super) struct Inbox<M>(Option<Box<Kept<M>>>);

#[derive(Debug)]
struct Kept<M> {
    arrivals: VecDeque<Arrival<M>>,
    attended: usize,
}

impl<M> Inbox<M> {
    pub(super) fn new() -> Self {
        Inbox(None)
    }

    #[inline]
    fn kept(&mut self) -> &mut Kept<M> {
        self.0.get_or_insert_with(|| Box::new(Kept { arrivals: VecDeque::new(), attended: 0 }))
    }

    #[inline]
    fn first(&self) -> Option<&Arrival<M>> {
        self.0.as_ref()?.arrivals.front()
    }

    fn arrivals(&self) -> impl Iterator<Item = &Arrival<M>> {
        let kept = self.0.as_ref().map(|kept| kept.arrivals.as_slices());
        let (front, back) = kept.unwrap_or_default();
        front.iter().chain(back)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|kept| kept.arrivals.is_empty())
    }

    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |kept| kept.arrivals.len())
    }

    /// Gives back the memory of an empty inbox.
    pub(super) fn give_memory_back(&mut self) {
        self.0.take_if(|kept| kept.arrivals.is_empty());
    }

    #[cfg(test)]
    pub(super) fn has_memory(&self) -> bool {
        self.0.is_some()
    }

    /// Adds an arrival for the rules to see in its turn.
    pub(super) fn push(&mut self, arrival: Arrival<M>) {
        self.kept().arrivals.push_back(arrival);
    }

    /// Adds a message that the rules have seen. The rules must have seen all other arrivals too.
    #[inline]
    pub(super) fn push_attended(&mut self, slot: usize, message: M) {
        let kept = self.kept();
        debug_assert_eq!(kept.attended, kept.arrivals.len(), "attended messages stand in front");
        kept.arrivals.push_back(Arrival { slot, envelope: Envelope::Message(message) });
        kept.attended += 1;
    }

    /// The slot of the first arrival, if that arrival is a message.
    #[inline]
    pub(super) fn first_message(&self) -> Option<usize> {
        let first = self.first().filter(|first| first.envelope.is_message());
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
        self.first().filter(|first| !first.envelope.is_message())?;
        self.pop().map(|(arrival, _)| (arrival.slot, arrival.envelope))
    }

    #[inline]
    fn pop(&mut self) -> Option<(Arrival<M>, bool)> {
        let Kept { arrivals, attended } = self.0.as_deref_mut()?;
        let arrival = arrivals.pop_front()?;
        let was_attended = *attended > 0;
        *attended -= usize::from(was_attended);
        if arrivals.is_empty() && arrivals.capacity() > KEPT {
            // The arrivals have filled this memory once, so allocating it again for a backlog of
            // the same length costs as little per arrival.
            arrivals.shrink_to(KEPT);
        }
        Some((arrival, was_attended))
    }

    /// The first arrival that the rules have not seen.
    pub(super) fn first_unattended(&self) -> Option<&Arrival<M>> {
        let kept = self.0.as_ref()?;
        kept.arrivals.get(kept.attended)
    }

    /// Marks the first unattended arrival as seen by the rules. That arrival must be a message.
    pub(super) fn attend_first(&mut self) {
        self.kept().attended += 1;
    }

    /// Takes out the first arrival that the rules have not seen, also from behind attended
    /// messages.
    pub(super) fn take_first_unattended(&mut self) -> Option<Arrival<M>> {
        let kept = self.0.as_mut()?;
        kept.arrivals.remove(kept.attended)
    }

    pub(super) fn into_messages(self) -> Vec<M> {
        let message = |arrival: Arrival<M>| match arrival.envelope {
            Envelope::Message(message) => Some(message),
            Envelope::Marker(_) | Envelope::End => None,
        };
        let arrivals = self.0.map(|kept| kept.arrivals).unwrap_or_default();
        arrivals.into_iter().filter_map(message).collect()
    }

    /// The attended messages with their slots.
    pub(super) fn attended(&self) -> impl Iterator<Item = (usize, &M)> {
        let attended = self.0.as_ref().map_or(0, |kept| kept.attended);
        self.arrivals().take(attended).filter_map(Arrival::message)
    }

    /// All messages of one link.
    pub(super) fn messages_on(&self, slot: usize) -> impl Iterator<Item = &M> {
        let messages = self.arrivals().filter_map(Arrival::message);
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
        let kept = inbox.kept().arrivals.capacity();
        assert!(kept <= 2 * KEPT, "{kept}");
        inbox.push_attended(0, 7);
        inbox.give_memory_back();
        assert_eq!(inbox.len(), 1, "a message stays");
        inbox.pop();
        inbox.give_memory_back();
        assert!(inbox.0.is_none());
    }
}
