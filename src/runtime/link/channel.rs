//! What a link is made of: one channel of batches.
//!
//! What a node sends on a link gathers at the sender in an open batch, messages and markers in
//! their order. The batch is handed over whole, so that the atomic operations of a hand-over are
//! paid once for many messages. An open batch is a part of its link: nothing passes it, and nothing
//! in it is sent later than what it says.
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

/// Batches that a node has emptied and will fill again, which saves their allocation. The links of
/// a system carry the same type, so what has come on one can leave on another.
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
mod tests {
    use std::sync::Arc;

    use super::{Batch, Spares};
    use crate::protocol::Envelope;
    use crate::runtime::tuning::SPARE_BATCHES;

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
