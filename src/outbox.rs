//! The one ordered output of a node, before it leaves.

use std::time::Duration;

use crate::flow::Flow;
use crate::id::{LinkId, SnapshotId, TimerId};

/// One thing a node wants done.
#[derive(Debug)]
pub(crate) enum Effect<M> {
    Send {
        link: LinkId,
        message: M,
    },
    Marker {
        link: LinkId,
        snapshot: SnapshotId,
    },
    /// A marker goes back to the sender of an in-link.
    Return {
        link: LinkId,
        snapshot: SnapshotId,
    },
    /// The node's record for this snapshot goes to the collector at this place, with the state that
    /// the process has when this is drained. What is large and rare is kept elsewhere.
    State(SnapshotId),
    /// The record of an in-link that has closed goes to the collector.
    Closed,
    /// In a box, since it is rare and would make every effect larger.
    SetTimer(Box<(TimerId, Duration)>),
    CancelTimer(TimerId),
    RequestSnapshot,
    Stop {
        /// Whether the node drains its in-links from then on.
        drains: bool,
    },
    /// A message that a draining node has received and does not handle.
    Discard(M),
}

/// What a node wants done, in order: the sends of handlers, and between them the markers; and the
/// counts of what it has sent.
///
/// A handler writes behind what is committed, and each message counts as it is written. When the
/// handler returns, what it wrote is committed too; when it panics, that never is.
#[derive(Debug)]
pub(crate) struct Outbox<M> {
    effects: Vec<Effect<M>>,
    committed: usize,
    /// Whether anything but messages was written since the outbox was last drained.
    is_mixed: bool,
    pub(crate) flow: Flow,
}

impl<M> Outbox<M> {
    pub(crate) fn new(flow: Flow) -> Self {
        Outbox { effects: Vec::new(), committed: 0, is_mixed: false, flow }
    }

    /// Sends for a handler that has not returned, on a link that stands at this place among the
    /// node's out-links.
    #[inline]
    pub(crate) fn send(&mut self, slot: u32, link: LinkId, message: M) {
        self.effects.push(Effect::Send { link, message });
        self.flow.send(slot as usize);
    }

    /// Writes for a handler that has not returned.
    pub(crate) fn push(&mut self, effect: Effect<M>) {
        self.is_mixed = true;
        self.effects.push(effect);
    }

    /// Writes between handlers.
    pub(crate) fn put(&mut self, effect: Effect<M>) {
        debug_assert_eq!(self.committed, self.effects.len(), "rolled back, or committed");
        self.push(effect);
        self.committed = self.effects.len();
    }

    /// Forgets what a handler has written that did not return. Its counts were
    /// [taken back](Self::take_back_counts) when it panicked.
    #[inline]
    pub(crate) fn roll_back(&mut self) {
        if self.effects.len() > self.committed {
            self.effects.truncate(self.committed);
        }
    }

    /// Takes back the counts of what a handler that panics has sent. The messages stay: they are
    /// the user's, and a message that panics while another panic unwinds would abort the program.
    #[cold]
    pub(crate) fn take_back_counts(&mut self, slot_of: impl Fn(LinkId) -> Option<u32>) {
        for effect in &self.effects[self.committed..] {
            if let Effect::Send { link, .. } = effect {
                slot_of(*link).into_iter().for_each(|slot| self.flow.take_back(slot as usize));
            }
        }
    }

    /// Commits what a handler has written, and shows it.
    #[inline]
    pub(crate) fn commit(&mut self) -> &[Effect<M>] {
        let written = &self.effects[self.committed..];
        self.committed = self.effects.len();
        written
    }

    /// How much is committed and not drained.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.committed
    }

    /// Whether anything but messages was written since the outbox was last drained.
    #[inline]
    pub(crate) fn is_mixed(&self) -> bool {
        self.is_mixed
    }

    /// Hands out every message, committed or not.
    pub(crate) fn into_messages(self) -> Vec<M> {
        let message = |effect| match effect {
            Effect::Send { message, .. } | Effect::Discard(message) => Some(message),
            _ => None,
        };
        self.effects.into_iter().filter_map(message).collect()
    }

    /// Hands out what is committed.
    #[inline]
    pub(crate) fn drain(&mut self) -> std::vec::Drain<'_, Effect<M>> {
        if self.effects.capacity() > KEPT && self.effects.len() < self.effects.capacity() / 8 {
            self.effects.shrink_to(KEPT);
        }
        self.is_mixed = false;
        let committed = std::mem::take(&mut self.committed);
        self.effects.drain(..committed)
    }

    /// Gives back the memory of a burst, for a node that has nothing to do.
    pub(crate) fn give_memory_back(&mut self) {
        self.effects.shrink_to(KEPT);
    }
}

/// Room for this many effects is kept for the next handlers. A handler that sends more allocates.
const KEPT: usize = 1024;

#[cfg(test)]
mod tests {
    use super::{KEPT, Outbox};
    use crate::flow::Flow;
    use crate::id::LinkId;

    fn send(outbox: &mut Outbox<u64>, messages: usize) {
        for message in 0..messages as u64 {
            outbox.send(0, LinkId::new(0), message);
        }
        outbox.commit();
        assert_eq!(outbox.drain().count(), messages);
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back_by_later_handlers() {
        let mut outbox = Outbox::new(Flow::new(1));
        (0..2).for_each(|_| send(&mut outbox, 100 * KEPT));
        assert!(outbox.effects.capacity() >= 100 * KEPT, "handlers that send so much keep it");
        send(&mut outbox, 1);
        assert_eq!(outbox.effects.capacity(), KEPT);
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back_without_later_handlers() {
        let mut outbox = Outbox::new(Flow::new(1));
        send(&mut outbox, 100 * KEPT);
        outbox.give_memory_back();
        assert_eq!(outbox.effects.capacity(), KEPT);
    }
}
