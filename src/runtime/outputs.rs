//! What the nodes of a running system have emitted, for whoever takes it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::own_thread::OwnThreads;
use crate::process::Emitted;
use crate::runtime::link::outlet::Outlets;
use crate::sync::need_time;

/// What the nodes of a system [emit](crate::Context::emit). Each message is taken once, by one of
/// those who hold this: clones share the messages out among them. Messages of one node come in
/// their order.
///
/// `next` waits for a message. It returns `None` once every node has ended and all is taken: after a
/// shutdown, what was emitted before is still there. In a handler of the same system it does not
/// wait, since the handler may hold up what it would wait for.
pub struct Outputs<M> {
    outlets: Arc<Outlets<M>>,
    own_threads: OwnThreads,
}

impl<M> Outputs<M> {
    pub(super) fn new(outlets: Arc<Outlets<M>>, own_threads: OwnThreads) -> Self {
        Outputs { outlets, own_threads }
    }

    /// Takes what is there, and does not wait.
    pub fn ready(&self) -> impl Iterator<Item = Emitted<M>> {
        std::iter::from_fn(|| self.outlets.take())
    }

    /// As `next`, and waits for `timeout` at most. `None` if nothing has come by then.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<Emitted<M>> {
        if timeout.is_zero() || self.own_threads.name_of_this().is_some() {
            return self.outlets.take();
        }
        need_time("Outputs::next_timeout");
        self.outlets.take_by(Clock::deadline(timeout))
    }
}

impl<M> Iterator for Outputs<M> {
    type Item = Emitted<M>;

    fn next(&mut self) -> Option<Emitted<M>> {
        match self.own_threads.name_of_this() {
            Some(_) => self.outlets.take(),
            None => self.outlets.take_by(None),
        }
    }
}

impl<M> Clone for Outputs<M> {
    fn clone(&self) -> Self {
        Outputs { outlets: Arc::clone(&self.outlets), own_threads: self.own_threads }
    }
}

impl<M> fmt::Debug for Outputs<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outputs").finish_non_exhaustive()
    }
}
