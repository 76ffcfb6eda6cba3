//! A node's ends of its links.

use std::sync::Arc;

use super::bell::{Bell, fence_between_push_and_ring};
use crate::id::{LinkId, SnapshotId};
use crate::protocol::Envelope;
use crate::sync::{Receiver, SendError, Sender};

/// The sending end of a link.
pub(super) struct OutLink<M> {
    tx: Sender<Envelope<M>>,
    target: Arc<Bell>,
}

/// The sending ends of a node's links, by slot: as the topology orders them.
pub(super) struct OutLinks<M> {
    links: Vec<OutLink<M>>,
    /// Links on which something was put, and whose targets' bells have not been rung.
    unrung: Vec<usize>,
}

impl<M> OutLinks<M> {
    pub(super) fn with_capacity(links: usize) -> Self {
        OutLinks { links: Vec::with_capacity(links), unrung: Vec::new() }
    }

    pub(super) fn add(&mut self, tx: Sender<Envelope<M>>, target: Arc<Bell>) {
        self.links.push(OutLink { tx, target });
    }

    /// Puts an envelope on a link. Where the target has panicked, it goes nowhere.
    #[inline]
    pub(super) fn put(&mut self, slot: usize, envelope: Envelope<M>) {
        let link = &self.links[slot];
        let is_marker = envelope.is_marker();
        if link.tx.send(envelope).is_err() {
            return;
        }
        if is_marker {
            link.target.ring_urgently();
        } else if self.unrung.last() != Some(&slot) {
            self.unrung.push(slot);
        }
    }

    /// Wakes those on whose links messages were put. To be called when a handler's sends are out, before anything
    /// else is handled.
    #[inline]
    pub(super) fn ring(&mut self) {
        if self.unrung.is_empty() {
            return;
        }
        fence_between_push_and_ring();
        for slot in self.unrung.drain(..) {
            self.links[slot].target.ring_after_fence();
        }
    }
}

/// The receiving end of a link.
pub(super) struct InLink<M> {
    pub(super) id: LinkId,
    pub(super) rx: Receiver<Envelope<M>>,
}

/// What comes to a node from outside the system.
pub(super) enum Word<M> {
    /// A message for the process, on the node's environment link.
    Inject(M),
    /// Be an initiator of this snapshot.
    Begin(SnapshotId),
    /// This snapshot has failed.
    Abandon(SnapshotId),
    /// End the thread.
    ShutDown,
}

/// Speaks to a node from outside the system.
pub(super) struct NodeLine<M> {
    pub(super) tx: Sender<Word<M>>,
    pub(super) bell: Arc<Bell>,
}

impl<M> NodeLine<M> {
    /// Says a word; hands it back if the node has panicked or ended.
    pub(super) fn say(&self, word: Word<M>) -> Result<(), SendError<Word<M>>> {
        let is_input = matches!(word, Word::Inject(_));
        self.tx.send(word)?;
        if is_input {
            fence_between_push_and_ring();
            self.bell.ring_after_fence();
        } else {
            self.bell.ring_urgently();
        }
        Ok(())
    }
}

impl<M> Clone for NodeLine<M> {
    fn clone(&self) -> Self {
        NodeLine { tx: self.tx.clone(), bell: Arc::clone(&self.bell) }
    }
}
