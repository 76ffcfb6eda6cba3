//! The handle of a monitor.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::effort::Effort;
use super::event::MonitorEvents;
use crate::runtime::Sampler;
use crate::sync::{JoinHandle, Mutex, is_current};

/// A monitor that watches a system in a thread of its own.
///
/// The monitor ends when it has found everything that it was to find, when the system ends, or when
/// this handle is dropped. It also ends when every node has stopped or failed and a later snapshot
/// was evaluated. A drop joins the monitor's thread: it waits for a property or callback that is
/// running, and for the last snapshot if the monitor is stopping the system. A drop in the
/// monitor's own callback, or in a handler of the system, does not join: the monitor then ends by
/// itself. A monitor does not keep the system alive.
#[must_use = "a monitor that is dropped ends"]
pub struct Monitor<S, M> {
    sampler: Arc<Sampler<S, M>>,
    /// Empty once the thread was joined, or after a join in the monitor's own callback.
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

    /// The monitor's events, from the first unread event on. All calls return the same stream: an
    /// event goes to the reader that takes it first. Events held by a reader outlive the monitor.
    ///
    /// A monitor with a [callback](super::MonitorBuilder::on_event) keeps events only from the
    /// first of these calls on.
    #[must_use]
    pub fn events(&self) -> MonitorEvents<S, M> {
        self.events.keep(true);
        self.events.clone()
    }

    /// The monitor's cost so far.
    #[must_use]
    pub fn effort(&self) -> Effort {
        *self.effort.lock()
    }

    /// Waits until the monitor ends by itself: when it has found everything that it was to find,
    /// when every node has stopped or failed and a later snapshot was evaluated, or when the system
    /// ends.
    ///
    /// # Errors
    /// At once, if the monitor waits for the calling thread. The monitor then goes on by itself,
    /// and ends as described above.
    pub fn join(mut self) -> Result<(), MonitorJoinError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        check_thread(&self.sampler, &thread)?;
        wait_for(thread);
        Ok(())
    }
}

/// Why a call did not wait for a monitor. The monitor goes on by itself until it has nothing more
/// to watch or its system ends.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MonitorJoinError {
    /// The caller is a handler of the watched system. The monitor's snapshots wait for this
    /// handler.
    #[error(
        "{thread} cannot wait for a monitor of its own system, whose snapshots wait for the \
         handler to return: join it in another thread, or ask for a snapshot by \
         Context::request_snapshot"
    )]
    InOwnHandler {
        /// The node in words; or the coordinator, if the drop of a value of yours makes the call.
        thread: String,
    },
    /// The caller is the monitor's own callback.
    #[error("a monitor's callback cannot wait for the monitor: join it in another thread")]
    InOwnCallback,
}

/// Whether the calling thread may wait for the monitor's thread.
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
    // All panics in the thread are caught, except in the drop of a value of the user's. Such a
    // panic has no reader any more.
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
