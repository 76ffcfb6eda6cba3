//! The handle of a monitor.

use std::fmt;
use std::sync::Arc;

use super::effort::Effort;
use crate::runtime::Sampler;
use crate::sync::{JoinHandle, Mutex, is_current};

/// A monitor that watches a system in a thread of its own. It ends when all that it was to find is found, when it has seen what the nodes
/// have come to after the last of them stopped or failed, with the system, or when this is dropped: then its thread is joined, after the property or callback that is running, and after the last snapshot if it is stopping the
/// system. It does not keep the system alive.
#[must_use = "a monitor that is dropped ends"]
pub struct Monitor<S, M> {
    sampler: Arc<Sampler<S, M>>,
    /// Empty once joined, or left to itself by a join in its own callback.
    thread: Option<JoinHandle<()>>,
    effort: Arc<Mutex<Effort>>,
}

impl<S, M> Monitor<S, M> {
    pub(super) fn new(
        sampler: Arc<Sampler<S, M>>,
        thread: JoinHandle<()>,
        effort: Arc<Mutex<Effort>>,
    ) -> Self {
        Monitor { sampler, thread: Some(thread), effort }
    }

    /// What it has cost so far.
    #[must_use]
    pub fn effort(&self) -> Effort {
        *self.effort.lock()
    }

    /// Waits until the monitor ends by itself: when all that it was to find is found, when every node has stopped or failed and a
    /// snapshot has shown what they have come to, or with the system. In the monitor's own callback it returns at once, and the monitor goes on until then.
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            join_other(thread);
        }
    }
}

/// Waits for the thread's end, but for the calling thread's own.
fn join_other(thread: JoinHandle<()>) {
    if !is_current(&thread) {
        // All that may panic in it is caught, but for the drop of a value of the user's: nothing is left to be told.
        let _ = thread.join();
    }
}

impl<S, M> Drop for Monitor<S, M> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.sampler.give_up();
            join_other(thread);
        }
    }
}

impl<S, M> fmt::Debug for Monitor<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("effort", &self.effort()).finish_non_exhaustive()
    }
}
