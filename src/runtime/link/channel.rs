//! The parts of a link: one channel of batches.
//!
//! The messages that a node sends on a link are collected in an open batch, in the outbox of the
//! node's core. The batch is handed over as a whole, so that many messages share the atomic
//! operations of one hand-over. A marker closes the batch before it, and is handed over right
//! behind it. An open batch is a part of its link: nothing overtakes it.
//!
//! ```text
//!   sender: [open batch] --> crossbeam channel of batches --> receiver: [batch being read]
//! ```

use crate::id::SnapshotId;
use crate::panics::discard_all;
use crate::protocol::Envelope;
use crate::runtime::tuning::batch_of;

/// The unit of a hand-over on a link.
pub(crate) enum Batch<M> {
    Messages(Messages<M>),
    Control(Control),
}

/// A control message of a link.
pub(crate) enum Control {
    Marker(SnapshotId),
    End,
}

impl Control {
    pub(crate) fn envelope<M>(self) -> Envelope<M> {
        match self {
            Control::Marker(snapshot) => Envelope::Marker(snapshot),
            Control::End => Envelope::End,
        }
    }
}

/// Messages of one link. The vector holds them in reverse order: `pop` takes the first message, and
/// the vector keeps its memory.
pub(crate) struct Messages<M>(Vec<M>);

impl<M> Messages<M> {
    pub(crate) fn new() -> Self {
        Messages(Vec::new())
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<M> {
        self.0.pop()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the memory of the messages, which were all received, to fill it again. No message is
    /// dropped here.
    pub(crate) fn take_memory(&mut self) -> Vec<M> {
        debug_assert!(self.is_empty(), "all are received");
        std::mem::take(&mut self.0)
    }
}

impl<M> From<Vec<M>> for Messages<M> {
    #[inline]
    fn from(mut messages: Vec<M>) -> Self {
        messages.reverse();
        Messages(messages)
    }
}

/// Messages left in the batch are dropped one at a time.
impl<M> Drop for Messages<M> {
    fn drop(&mut self) {
        if !self.is_empty() {
            discard_all(self.0.drain(..).rev());
        }
    }
}

/// How many messages fill a batch.
pub(crate) const fn full<M>() -> usize {
    batch_of::<M>()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use super::Messages;

    #[test]
    fn messages_of_a_batch_come_in_their_order_and_leave_their_memory() {
        let sent = vec![1, 2, 3];
        let memory = sent.as_ptr();
        let mut messages = Messages::from(sent);
        let received: Vec<i32> = std::iter::from_fn(|| messages.pop()).collect();
        assert_eq!(received, [1, 2, 3]);
        let emptied = messages.take_memory();
        assert_eq!(emptied.as_ptr(), memory);
    }

    #[test]
    fn messages_that_are_left_are_dropped_in_their_order() {
        struct Noted<'a>(u32, &'a RefCell<Vec<u32>>);
        impl Drop for Noted<'_> {
            fn drop(&mut self) {
                self.1.borrow_mut().push(self.0);
            }
        }
        let dropped = RefCell::new(Vec::new());
        let mut messages = Messages::from(
            vec![1, 2, 3].into_iter().map(|n| Noted(n, &dropped)).collect::<Vec<_>>(),
        );
        let first = messages.pop();
        drop((messages, first));
        assert_eq!(*dropped.borrow(), [2, 3, 1]);
    }

    /// The drop of one message panics, and the others are dropped all the same.
    #[test]
    fn messages_of_a_batch_are_dropped_one_by_one() {
        struct Bomb(Arc<()>);
        impl Drop for Bomb {
            fn drop(&mut self) {
                assert_eq!(Arc::strong_count(&self.0), 0, "every drop panics");
            }
        }
        let kept = Arc::new(());
        let bombs: Vec<Bomb> = (0..3).map(|_| Bomb(Arc::clone(&kept))).collect();
        drop(Messages::from(bombs));
        assert_eq!(Arc::strong_count(&kept), 1);
    }
}
