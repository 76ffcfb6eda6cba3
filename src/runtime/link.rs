//! A node's ends of its links.

use std::sync::Arc;

use super::bell::{Bell, fence_between_push_and_ring};
use super::channel::{LinkReceiver, LinkSender, Pace};
use crate::id::{LinkId, SnapshotId};
use crate::protocol::Envelope;
use crate::sync::{LOOK_AT_ONCE, SendError, Sender, give_way};

/// The sending end of a link.
pub(super) struct OutLink<M> {
    tx: LinkSender<Envelope<M>>,
    target: Arc<Bell>,
}

/// The sending ends of a node's links, by slot: as the topology orders them.
pub(super) struct OutLinks<M> {
    links: Vec<OutLink<M>>,
    /// Links on which something was put, and whose targets' bells have not been rung.
    unrung: Vec<usize>,
    /// Whether some target does not keep up.
    is_crowded: bool,
}

impl<M> OutLinks<M> {
    pub(super) fn with_capacity(links: usize) -> Self {
        OutLinks { links: Vec::with_capacity(links), unrung: Vec::new(), is_crowded: false }
    }

    pub(super) fn add(&mut self, tx: LinkSender<Envelope<M>>, target: Arc<Bell>) {
        self.links.push(OutLink { tx, target });
    }

    /// Puts an envelope on a link. Where the target has panicked, it goes nowhere.
    ///
    /// What a handler has sent should be received while the next one runs, so a target that is seen asleep is
    /// woken here, without a fence. That is right as far as a crossbeam channel's push and its `is_empty` are
    /// sequentially consistent, as this look is; they are, and do not promise it. So [`ring`](Self::ring),
    /// which stands on fences of our own, follows at the end of the turn, and nothing can be lost.
    #[inline]
    pub(super) fn put(&mut self, slot: usize, envelope: Envelope<M>) {
        let link = &mut self.links[slot];
        let is_message = envelope.is_message();
        self.is_crowded |= link.tx.send(envelope) == Pace::Crowded;
        if !is_message {
            return link.target.ring_urgently();
        }
        if LOOK_AT_ONCE {
            link.target.ring();
        }
        if self.unrung.last() != Some(&slot) {
            self.unrung.push(slot);
        }
    }

    /// Wakes those on whose links messages were put, if nobody has. To be called at the end of a turn.
    #[inline]
    pub(super) fn ring(&mut self) {
        if self.unrung.is_empty() {
            return;
        }
        fence_between_push_and_ring();
        for slot in self.unrung.drain(..) {
            self.links[slot].target.ring();
        }
        if std::mem::take(&mut self.is_crowded) {
            // Those who are to receive have more to do than this node.
            give_way();
        }
    }
}

/// A handler that panics leaves behind what those before it have sent.
impl<M> Drop for OutLinks<M> {
    fn drop(&mut self) {
        self.ring();
    }
}

/// The receiving end of a link.
pub(super) struct InLink<M> {
    pub(super) id: LinkId,
    pub(super) rx: LinkReceiver<Envelope<M>>,
}

/// What the coordinator and the handle tell a node.
#[derive(Clone, Copy)]
pub(super) enum Command {
    /// Be an initiator of this snapshot.
    Begin(SnapshotId),
    /// This snapshot has failed.
    Abandon(SnapshotId),
    /// End the thread.
    ShutDown,
}

/// The way to a node from outside the system.
pub(super) struct NodePort<M> {
    pub(super) commands: Sender<Command>,
    /// The node's environment link.
    pub(super) environment: Sender<M>,
    pub(super) bell: Arc<Bell>,
}

impl<M> NodePort<M> {
    /// Where the node has panicked or ended, nobody hears it.
    pub(super) fn command(&self, command: Command) {
        if self.commands.send(command).is_ok() {
            self.bell.ring_urgently();
        }
    }

    /// Hands the message back if the node has panicked or ended.
    pub(super) fn inject(&self, message: M) -> Result<(), SendError<M>> {
        self.environment.send(message)?;
        fence_between_push_and_ring();
        self.bell.ring();
        Ok(())
    }
}

impl<M> Clone for NodePort<M> {
    fn clone(&self) -> Self {
        NodePort {
            commands: self.commands.clone(),
            environment: self.environment.clone(),
            bell: Arc::clone(&self.bell),
        }
    }
}
