//! The messages that the nodes of a running system have emitted, for callers to take.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::own_thread::OwnThreads;
#[cfg(feature = "checkpoint")]
use crate::id::NodeId;
use crate::process::Emitted;
use crate::runtime::link::outlet::Outlets;

/// The messages that the nodes of a system [emit](crate::Context::emit). Each message is taken
/// once. Clones of this share the messages: each message goes to one of them. Messages of one node
/// come in their order.
///
/// `next` waits for a message. It returns `None` once every node has stopped or ended and all are
/// taken. Messages that were emitted before a shutdown can be taken after it. In a handler of the
/// same system `next` does not wait, since the handler may block the nodes that would emit a
/// message.
pub struct Outputs<M> {
    outlets: Arc<Outlets<M>>,
    own_threads: OwnThreads,
}

impl<M> Outputs<M> {
    pub(super) fn new(outlets: Arc<Outlets<M>>, own_threads: OwnThreads) -> Self {
        Outputs { outlets, own_threads }
    }

    /// Takes the messages that are there, without waiting.
    pub fn ready(&self) -> impl Iterator<Item = Emitted<M>> {
        std::iter::from_fn(|| self.outlets.take())
    }

    /// The most messages of a node that a taker can have by now.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn most_taken(&self, node: NodeId) -> u64 {
        self.outlets.most_taken(node)
    }

    /// Takes the messages of a node up to this number; `None` while the node copies them.
    #[cfg(feature = "checkpoint")]
    pub(crate) fn take_up_to(&self, node: NodeId, number: u64) -> Option<Vec<Emitted<M>>> {
        self.outlets.take_up_to(node, number)
    }

    /// Takes a message as `next` does, and waits for at most `timeout`. `None` if no message has
    /// come by then.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<Emitted<M>> {
        if timeout.is_zero() || self.own_threads.name_of_this().is_some() {
            return self.outlets.take();
        }
        self.outlets.take_by(Clock::deadline_of_caller(timeout))
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
