//! A node's ends of its links.

use std::sync::Arc;

use super::bell::Bell;
use crate::id::{LinkId, SnapshotId};
use crate::protocol::Envelope;
use crate::sync::{Receiver, SendError, Sender};

/// The sending end of a link.
pub(super) struct OutLink<M> {
    pub(super) tx: Sender<Envelope<M>>,
    pub(super) target: Arc<Bell>,
}

impl<M> OutLink<M> {
    /// Puts an envelope on the link. Where the target has panicked, it goes nowhere.
    pub(super) fn send(&self, envelope: Envelope<M>) {
        let is_marker = envelope.is_marker();
        if self.tx.send(envelope).is_err() {
            return;
        }
        if is_marker { self.target.ring_urgently() } else { self.target.ring() }
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
            self.bell.ring()
        } else {
            self.bell.ring_urgently()
        }
        Ok(())
    }
}

impl<M> Clone for NodeLine<M> {
    fn clone(&self) -> Self {
        NodeLine { tx: self.tx.clone(), bell: Arc::clone(&self.bell) }
    }
}
