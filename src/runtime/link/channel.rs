//! What a link is made of: one channel of batches.
//!
//! What a node sends on a link gathers at the sender in an open batch, messages and markers in their
//! order. The batch is handed over whole, so that the atomic operations of a hand-over are paid once
//! for many messages. An open batch is a part of its link: nothing passes it, and nothing in it is
//! sent later than what it says.
//!
//! ```text
//!   sender: [open batch] --> crossbeam channel of batches --> receiver: [batch being read]
//! ```

use std::collections::VecDeque;

use crate::panics::discard_all;
use crate::protocol::Envelope;
use crate::runtime::tuning::{SPARE_BATCHES, batch_of};

/// Envelopes of one link, in their order.
pub(crate) struct Batch<M>(VecDeque<Envelope<M>>);

impl<M> Batch<M> {
    /// Takes no memory before the first envelope.
    pub(crate) fn new() -> Self {
        Batch(VecDeque::new())
    }

    fn with_room() -> Self {
        Batch(VecDeque::with_capacity(full::<M>()))
    }

    pub(crate) fn has_memory(&self) -> bool {
        self.0.capacity() > 0
    }

    #[inline]
    pub(crate) fn push(&mut self, envelope: Envelope<M>) {
        self.0.push_back(envelope);
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Envelope<M>> {
        self.0.pop_front()
    }

    /// The first envelope, if it is a message.
    #[inline]
    pub(crate) fn pop_message(&mut self) -> Option<M> {
        match self.0.pop_front()? {
            Envelope::Message(message) => Some(message),
            envelope => {
                self.0.push_front(envelope);
                None
            }
        }
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whatever is left of a batch nobody receives. Each message is dropped by itself.
impl<M> Drop for Batch<M> {
    fn drop(&mut self) {
        if !self.is_empty() {
            discard_all(self.0.drain(..));
        }
    }
}

/// How many envelopes fill a batch.
pub(crate) const fn full<M>() -> usize {
    batch_of::<Envelope<M>>()
}

/// Batches that a node has emptied and will fill again, which saves their allocation. The links of a
/// system carry the same type, so what has come on one can leave on another.
pub(crate) struct Spares<M>(Vec<Batch<M>>);

impl<M> Spares<M> {
    pub(crate) fn new() -> Self {
        Spares(Vec::new())
    }

    /// An empty batch.
    #[inline]
    pub(crate) fn take(&mut self) -> Batch<M> {
        self.0.pop().unwrap_or_else(Batch::new)
    }

    /// An empty batch for a link that has just filled one.
    #[inline]
    pub(crate) fn take_large(&mut self) -> Batch<M> {
        self.0.pop().unwrap_or_else(Batch::with_room)
    }

    /// Keeps a batch that has been emptied, if there is room.
    #[inline]
    pub(crate) fn keep(&mut self, emptied: Batch<M>) {
        if self.0.len() < SPARE_BATCHES && emptied.has_memory() {
            self.0.push(emptied);
        }
    }

    /// For a node that has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.0 = Vec::new();
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use super::{Batch, Spares, full};
    use crate::id::{LinkId, SnapshotId};
    use crate::protocol::Envelope;
    use crate::runtime::link::bell::{Bell, Patience, fence_between_push_and_ring};
    use crate::runtime::link::command::CommandPort;
    use crate::runtime::link::gauge::Gauge;
    use crate::runtime::link::receiver::{LinkReceiver, Receivers};
    use crate::runtime::link::sender::{LinkSender, Senders};
    use crate::runtime::tuning::SPARE_BATCHES;
    use crate::sync::{MODEL_MESSAGES, channel, model, spawn};

    /// Both ends of so many links between two nodes, and the receiver's bell.
    pub(crate) fn ends(links: u32) -> (Senders<u32>, Receivers<u32>, Arc<Bell>) {
        let (mut senders, mut receivers) =
            (Senders::new(links as usize), Receivers::new(links as usize));
        let (bell, back) = (Arc::new(Bell::new()), Arc::new(Bell::new()));
        for link in 0..links {
            let (tx, rx) = channel();
            let gauge = Gauge::new(u64::MAX, 0, 0);
            let port = CommandPort::new(channel().0, Arc::clone(&back));
            let id = LinkId::new(link);
            let mark = receivers.add(LinkReceiver::new(id, rx, Arc::clone(&gauge), port));
            senders.add(LinkSender::new(tx, Arc::clone(&bell), mark, gauge));
        }
        (senders, receivers, bell)
    }

    /// Takes what is there on each link, in one turn.
    pub(crate) fn receive(receivers: &mut Receivers<u32>) -> Vec<(usize, Envelope<u32>)> {
        let (mut received, mut spares) = (Vec::new(), Spares::new());
        receivers.begin_full_turn();
        while let Some(slot) = receivers.next_link(usize::MAX) {
            while let Some(envelope) = receivers.link(slot).next(&mut spares) {
                received.push((slot, envelope));
            }
            receivers.leave(slot, &mut spares);
        }
        received
    }

    /// A sender puts messages, and in the middle a marker; the receiver sleeps when it finds nothing. Nothing is slept
    /// through, and nothing passes.
    #[test]
    fn a_receiver_sleeps_through_no_hand_over() {
        for links in [1, 3] {
            model(move || {
                let (mut senders, mut receivers, bell) = ends(links);
                let owner = Arc::clone(&bell);
                let sleeper = spawn("sleeper".to_owned(), None, move || {
                    owner.belongs_to_this_thread();
                    let mut received = Vec::new();
                    while received.len() <= MODEL_MESSAGES as usize {
                        if owner.is_urgent() {
                            owner.attend();
                        }
                        received.extend(receive(&mut receivers));
                        if received.len() <= MODEL_MESSAGES as usize {
                            owner.sleep(|| !receivers.is_empty(), || Patience::Endless);
                        }
                    }
                    received
                });
                let mut spares = Spares::new();
                let slot = links as usize - 1;
                for message in 0..MODEL_MESSAGES {
                    if message == MODEL_MESSAGES / 2 {
                        let marker = Envelope::Marker(SnapshotId::new(1));
                        senders.put(slot, marker, &mut spares);
                    }
                    senders.put(slot, Envelope::Message(message), &mut spares);
                }
                senders.hand_over();
                fence_between_push_and_ring();
                senders.ring(|_| u64::from(MODEL_MESSAGES));
                let received = sleeper.expect("a thread").join().expect("no assertion fails");
                let mut expected: Vec<_> = (0..MODEL_MESSAGES).map(Envelope::Message).collect();
                let middle = MODEL_MESSAGES as usize / 2;
                expected.insert(middle, Envelope::Marker(SnapshotId::new(1)));
                let expected: Vec<_> = expected.into_iter().map(|it| (slot, it)).collect();
                assert_eq!(received, expected, "all of it, in the order in which it was put");
            });
        }
    }

    #[test]
    fn a_message_is_handed_over_when_its_batch_is_full_and_a_marker_at_once() {
        model(|| {
            let (mut senders, mut receivers, bell) = ends(1);
            let (mut spares, most) = (Spares::new(), full::<u32>() as u32);
            for message in 1..most {
                senders.put(0, Envelope::Message(message), &mut spares);
                assert!(receive(&mut receivers).is_empty());
            }
            senders.put(0, Envelope::Message(most), &mut spares);
            assert_eq!(receive(&mut receivers).len(), most as usize);
            assert!(!bell.is_urgent());
            senders.put(0, Envelope::Message(1), &mut spares);
            senders.put(0, Envelope::End, &mut spares);
            assert!(bell.is_urgent());
            let both = [(0, Envelope::Message(1)), (0, Envelope::End)];
            assert_eq!(receive(&mut receivers), both);
        });
    }

    #[test]
    fn what_is_left_open_is_handed_over_at_the_end_of_the_turn() {
        model(|| {
            let (mut senders, mut receivers, _) = ends(3);
            let mut spares = Spares::new();
            for slot in [2, 0] {
                senders.put(slot, Envelope::Message(slot as u32), &mut spares);
            }
            assert!(senders.is_touched() && receivers.is_empty());
            senders.hand_over();
            senders.ring(|_| 1);
            assert!(!senders.is_touched() && !receivers.is_empty());
            let received = receive(&mut receivers);
            assert_eq!(received, [(0, Envelope::Message(0)), (2, Envelope::Message(2))]);
            assert!(receivers.is_empty());
        });
    }

    /// Where messages end that nobody receives: each is dropped, though the drop of another panics.
    #[test]
    fn messages_of_a_batch_are_dropped_one_by_one() {
        struct Bomb(Arc<()>);
        impl Drop for Bomb {
            fn drop(&mut self) {
                assert_eq!(Arc::strong_count(&self.0), 0, "every drop panics");
            }
        }
        let kept = Arc::new(());
        let mut batch = Batch::new();
        (0..3).for_each(|_| batch.push(Envelope::Message(Bomb(Arc::clone(&kept)))));
        drop(batch);
        assert_eq!(Arc::strong_count(&kept), 1);
    }

    #[test]
    fn no_more_batches_are_kept_than_said_and_none_without_memory() {
        let mut spares = Spares::<u32>::new();
        spares.keep(Batch::new());
        assert!(!spares.take().has_memory());
        for _ in 0..2 * SPARE_BATCHES {
            spares.keep(Batch::with_room());
        }
        let kept = (0..2 * SPARE_BATCHES).filter(|_| spares.take().has_memory());
        assert_eq!(kept.count(), SPARE_BATCHES);
    }
}
