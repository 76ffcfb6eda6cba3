//! What a link is made of: one channel of batches.
//!
//! What a node sends on a link gathers in an open batch, in the outbox of the node's core. That is
//! handed over as a whole, so that the atomic operations of a hand-over are paid once for many
//! messages. A marker closes the batch before it and is handed over behind it, at once. An open
//! batch is a part of its link: nothing passes it.
//!
//! ```text
//!   sender: [open batch] --> crossbeam channel of batches --> receiver: [batch being read]
//! ```

use std::collections::VecDeque;

use crate::id::SnapshotId;
use crate::panics::discard_all;
use crate::protocol::Envelope;
use crate::runtime::tuning::batch_of;

/// What is handed over on a link at once.
pub(crate) enum Batch<M> {
    Messages(Messages<M>),
    Control(Control),
}

/// What a link carries besides messages.
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

/// Messages of one link, in their order.
pub(crate) struct Messages<M>(VecDeque<M>);

impl<M> Messages<M> {
    pub(crate) fn new() -> Self {
        Messages(VecDeque::new())
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<M> {
        self.0.pop_front()
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the memory of messages that were all received, to fill it again. No other message is
    /// dropped here.
    pub(crate) fn take_memory(&mut self) -> Vec<M> {
        debug_assert!(self.is_empty(), "all are received");
        std::mem::take(&mut self.0).into()
    }
}

impl<M> From<Vec<M>> for Messages<M> {
    #[inline]
    fn from(messages: Vec<M>) -> Self {
        Messages(messages.into())
    }
}

/// What is left of the batch is received by nobody. Each message is dropped by itself.
impl<M> Drop for Messages<M> {
    fn drop(&mut self) {
        if !self.is_empty() {
            discard_all(self.0.drain(..));
        }
    }
}

/// How many messages fill a batch.
pub(crate) const fn full<M>() -> usize {
    batch_of::<M>()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Messages;

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
        let bombs: Vec<Bomb> = (0..3).map(|_| Bomb(Arc::clone(&kept))).collect();
        drop(Messages::from(bombs));
        assert_eq!(Arc::strong_count(&kept), 1);
    }
}
