//! The handle of a monitor.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::effort::Effort;
use super::event::MonitorEvents;
use crate::runtime::Sampler;
use crate::sync::{JoinHandle, Mutex, is_current};

/// A monitor that watches a system in a thread of its own. It ends when all that it was to find is
/// found, when it has seen what the nodes have come to after the last of them stopped or failed,
/// with the system, or when this is dropped: then its thread is joined, after the property or
/// callback that is running, and after the last snapshot if it is stopping the system. Dropped in
/// its own callback or in a handler of the system, it ends by itself. It does not keep the system
/// alive.
#[must_use = "a monitor that is dropped ends"]
pub struct Monitor<S, M> {
    sampler: Arc<Sampler<S, M>>,
    /// Empty once joined, or left to itself by a join in its own callback.
    thread: Option<JoinHandle<()>>,
    effort: Arc<Mutex<Effort>>,
    events: MonitorEvents<S, M>,
}

impl<S, M> Monitor<S, M> {
    pub(super) fn new(
        sampler: Arc<Sampler<S, M>>,
        thread: JoinHandle<()>,
        effort: Arc<Mutex<Effort>>,
        events: MonitorEvents<S, M>,
    ) -> Self {
        Monitor { sampler, thread: Some(thread), effort, events }
    }

    /// Its events, from the first that was not read. There is one stream, however often it is asked
    /// for: whoever reads an event takes it. What a reader holds outlives the monitor.
    ///
    /// A monitor with a [callback](super::MonitorBuilder::on_event) keeps events from the first of
    /// these calls on, and none before.
    #[must_use]
    pub fn events(&self) -> MonitorEvents<S, M> {
        self.events.keep(true);
        self.events.clone()
    }

    /// What it has cost so far.
    #[must_use]
    pub fn effort(&self) -> Effort {
        *self.effort.lock()
    }

    /// Waits until the monitor ends by itself: when all that it was to find is found, when every
    /// node has stopped or failed and a snapshot has shown what they have come to, or with the
    /// system.
    ///
    /// # Errors
    /// At once, where the monitor waits for the calling thread. It then goes on by itself, and ends
    /// as above.
    pub fn join(mut self) -> Result<(), MonitorJoinError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        check_thread(&self.sampler, &thread)?;
        wait_for(thread);
        Ok(())
    }
}

/// Why a monitor was not waited for. It goes on by itself until it has nothing more to watch or its
/// system ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MonitorJoinError {
    /// A handler of the system that the monitor watches, and for which its snapshots wait.
    #[error(
        "{thread} cannot wait for a monitor of its own system, whose snapshots wait for the handler to return: join it in another \
         thread, or ask for a snapshot by Context::request_snapshot"
    )]
    InOwnHandler {
        /// The node in words, or the coordinator, where a value of yours makes the call as it is
        /// dropped.
        thread: String,
    },
    /// The monitor's own callback.
    #[error("a monitor's callback cannot wait for the monitor: join it in another thread")]
    InOwnCallback,
}

/// Whether the calling thread may wait for the monitor's.
fn check_thread<S, M>(
    sampler: &Sampler<S, M>,
    monitor: &JoinHandle<()>,
) -> Result<(), MonitorJoinError> {
    if is_current(monitor) {
        return Err(MonitorJoinError::InOwnCallback);
    }
    let own = sampler.name_of_own_thread();
    own.map_or(Ok(()), |thread| Err(MonitorJoinError::InOwnHandler { thread }))
}

fn wait_for(thread: JoinHandle<()>) {
    // All that may panic in it is caught, but for the drop of a value of the user's: nothing is
    // left to be told.
    let _ = thread.join();
}

impl<S, M> Drop for Monitor<S, M> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.sampler.give_up();
            if check_thread(&self.sampler, &thread).is_ok() {
                wait_for(thread);
            }
        }
    }
}

impl<S, M> fmt::Debug for Monitor<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("effort", &self.effort()).finish_non_exhaustive()
    }
}
