//! The one ordered output of a node, before it leaves.

use std::time::Duration;

use crate::id::{SnapshotId, TimerId};

/// One thing a node wants done.
#[derive(Debug)]
pub(crate) enum Effect<M> {
    /// Links are named by slot: their places among the node's out-links.
    Send {
        slot: u32,
        message: M,
    },
    Marker {
        slot: u32,
        snapshot: SnapshotId,
    },
    /// A marker goes back to the sender of an in-link, which is named by its slot.
    Return {
        slot: u32,
        snapshot: SnapshotId,
    },
    /// The node's record for this snapshot goes to the collector at this place, with the state that the process has when this
    /// is drained. What is large and rare is kept elsewhere.
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

/// What a node wants done, in order: the sends of handlers, and between them the markers.
///
/// A handler writes behind what is committed. When it returns, what it wrote is committed too; when it panics,
/// that never is.
#[derive(Debug)]
pub(crate) struct Outbox<M> {
    effects: Vec<Effect<M>>,
    committed: usize,
}

impl<M> Outbox<M> {
    pub(crate) fn new() -> Self {
        Outbox { effects: Vec::new(), committed: 0 }
    }

    /// Writes for a handler that has not returned.
    #[inline]
    pub(crate) fn push(&mut self, effect: Effect<M>) {
        self.effects.push(effect);
    }

    /// Writes between handlers.
    pub(crate) fn put(&mut self, effect: Effect<M>) {
        self.roll_back();
        self.effects.push(effect);
        self.committed = self.effects.len();
    }

    /// Forgets what a handler has written that did not return.
    #[inline]
    pub(crate) fn roll_back(&mut self) {
        if self.effects.len() > self.committed {
            self.effects.truncate(self.committed);
        }
    }

    /// How many messages the handler that writes has sent, for each of so many links by slot.
    #[cold]
    pub(crate) fn sent_by_this_handler(&self, links: usize) -> Box<[u64]> {
        let mut sent = vec![0; links].into_boxed_slice();
        for effect in &self.effects[self.committed..] {
            if let Effect::Send { slot, .. } = effect {
                sent[*slot as usize] += 1;
            }
        }
        sent
    }

    /// Commits what a handler has written, and shows it.
    #[inline]
    pub(crate) fn commit(&mut self) -> &[Effect<M>] {
        let written = &self.effects[self.committed..];
        self.committed = self.effects.len();
        written
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
    use super::{Effect, KEPT, Outbox};

    fn send(outbox: &mut Outbox<u64>, messages: usize) {
        for message in 0..messages as u64 {
            outbox.push(Effect::Send { slot: 0, message });
        }
        outbox.commit();
        assert_eq!(outbox.drain().count(), messages);
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back_by_later_handlers() {
        let mut outbox = Outbox::new();
        (0..2).for_each(|_| send(&mut outbox, 100 * KEPT));
        assert!(outbox.effects.capacity() >= 100 * KEPT, "handlers that send so much keep it");
        send(&mut outbox, 1);
        assert_eq!(outbox.effects.capacity(), KEPT);
    }

    #[test]
    fn the_memory_of_a_burst_is_given_back_without_later_handlers() {
        let mut outbox = Outbox::new();
        send(&mut outbox, 100 * KEPT);
        outbox.give_memory_back();
        assert_eq!(outbox.effects.capacity(), KEPT);
    }
}
