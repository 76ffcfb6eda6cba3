//! A stream of finished snapshots.

use std::fmt;
use std::sync::Arc;

use super::client::Client;
use super::outcome::{Outcome, discard_result};
use super::subscribers::Next;

/// Every snapshot that ends from now on, by any caller, in the order in which they end.
///
/// `next` waits for a snapshot to end. The stream ends with the system: at a shutdown, after the
/// last snapshot, or when a failure has stopped the system or every node has failed. In a handler
/// of the same system `next` does not wait, since every snapshot waits for that handler: `next`
/// returns `None` if no outcome is there.
///
/// The newest 1,024 unread outcomes are kept, each with its snapshot's states and messages;
/// [`newest`](Self::newest) sets another bound. Older outcomes are dropped and counted
/// ([`missed`](Self::missed)). A dropped subscription takes no memory.
pub struct Subscription<S, M> {
    client: Arc<Client<S, M>>,
    key: u64,
}

impl<S, M> Subscription<S, M> {
    pub(crate) fn new(client: Arc<Client<S, M>>) -> Self {
        let key = client.shared.registry.lock().subscribers.add();
        Subscription { client, key }
    }

    /// Keeps at most the newest `outcomes` unread outcomes, and at least one.
    #[must_use]
    pub fn newest(self, outcomes: usize) -> Self {
        let missed = self.client.shared.registry.lock().subscribers.keep_newest(self.key, outcomes);
        missed.into_iter().for_each(|outcome| discard_result(outcome.result));
        self
    }

    /// How many outcomes were dropped because they were not read in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.client.shared.registry.lock().subscribers.missed(self.key)
    }
}

impl<S, M> Iterator for Subscription<S, M> {
    type Item = Outcome<S, M>;

    fn next(&mut self) -> Option<Outcome<S, M>> {
        let may_wait = self.client.check_thread().is_ok();
        let mut registry = self.client.shared.registry.lock();
        loop {
            match registry.subscribers.next(self.key) {
                Next::Outcome(outcome) => return Some(outcome),
                Next::End => return None,
                Next::Wait if !may_wait => return None,
                Next::Wait => self.client.shared.has_ended_one.wait(&mut registry),
            }
        }
    }
}

impl<S, M> Drop for Subscription<S, M> {
    fn drop(&mut self) {
        // The unread outcomes are dropped without the lock.
        let unread = self.client.shared.registry.lock().subscribers.remove(self.key);
        drop(unread);
    }
}

impl<S, M> fmt::Debug for Subscription<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("missed", &self.missed()).finish_non_exhaustive()
    }
}
