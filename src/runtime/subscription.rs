//! A stream of finished snapshots.

use std::fmt;

use super::pending::SnapshotResult;
use crate::id::SnapshotId;
use crate::sync::{Receiver, Sender};

/// How a snapshot ended.
#[derive(Debug)]
pub struct Outcome<S, M> {
    /// The snapshot.
    pub id: SnapshotId,
    /// It, or why there is none.
    pub result: SnapshotResult<S, M>,
}

/// Every snapshot that ends from now on, whoever asked for it, in the order in which they end.
/// `next` waits for one; the stream ends with the system: by a shutdown, after the last snapshot,
/// or when a failure has stopped the system or left no node. What is not taken is kept: read on, or
/// drop the subscription.
pub struct Subscription<S, M>(Receiver<Option<Outcome<S, M>>>);

/// The sending ends. Dropped, they end every stream.
pub(super) struct Subscribers<S, M> {
    open: Vec<Sender<Option<Outcome<S, M>>>>,
    has_ended: bool,
}

impl<S, M> Subscription<S, M> {
    pub(super) fn new(rx: Receiver<Option<Outcome<S, M>>>) -> Self {
        Subscription(rx)
    }
}

impl<S, M> Iterator for Subscription<S, M> {
    type Item = Outcome<S, M>;

    fn next(&mut self) -> Option<Outcome<S, M>> {
        self.0.recv().flatten()
    }
}

impl<S, M> Subscribers<S, M> {
    pub(super) fn new() -> Self {
        Subscribers { open: Vec::new(), has_ended: false }
    }

    pub(super) fn add(&mut self, tx: Sender<Option<Outcome<S, M>>>) {
        self.open.push(tx);
        if self.has_ended {
            self.end();
        }
    }

    /// Tells everyone; who has dropped the subscription is struck off.
    pub(super) fn tell(&mut self, outcome: &Outcome<S, M>) {
        self.open.retain(|tx| tx.send(Some(outcome.clone())).is_ok());
    }

    /// Ends every stream, and those that are added later.
    pub(super) fn end(&mut self) {
        self.has_ended = true;
        for tx in self.open.drain(..) {
            // A subscriber that is gone needs no end.
            let _ = tx.send(None);
        }
    }
}

impl<S, M> Drop for Subscribers<S, M> {
    fn drop(&mut self) {
        self.end();
    }
}

impl<S, M> Clone for Outcome<S, M> {
    fn clone(&self) -> Self {
        Outcome { id: self.id, result: self.result.clone() }
    }
}

impl<S, M> fmt::Debug for Subscription<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").finish_non_exhaustive()
    }
}
