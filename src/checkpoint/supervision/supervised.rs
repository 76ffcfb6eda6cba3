//! The handle of a supervised system.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use thiserror::Error;

use super::event::{Cause, SupervisionEvent};
use crate::checkpoint::event::{CheckpointCounts, Reports};
use crate::monitor::Reader;
use crate::panics::{discard, discard_all};
use crate::process::Process;
use crate::runtime::{Sampler, ShutdownError, System};
use crate::snapshot::SnapshotError;
use crate::sync::{Condvar, JoinHandle, Mutex, is_current};

/// A system that saves checkpoints and is brought back after a failure. It is made by
/// [`SystemBuilder::supervise`](crate::SystemBuilder::supervise).
///
/// Dropping the handle ends the supervision and the system. A last checkpoint is not saved then:
/// [`stop`](Self::stop) saves one.
#[must_use = "the system ends when the handle is dropped"]
pub struct Supervised<P: Process> {
    shared: Arc<Shared<P>>,
    /// Empty once the thread was joined.
    thread: Option<JoinHandle<()>>,
    unread: Reader<SupervisionEvent>,
}

/// The state that the handle and the thread share.
pub(super) struct Shared<P: Process> {
    state: Mutex<State<P>>,
    changed: Condvar,
    pub(super) counts: Arc<Mutex<CheckpointCounts>>,
}

struct State<P: Process> {
    system: Arc<System<P>>,
    sampler: Option<Arc<Sampler<P::State, P::Message>>>,
    wish: Option<Wish>,
    end: Option<End>,
}

/// The wish of the handle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Save a last checkpoint and end.
    Stop,
    /// End.
    Drop,
}

/// How the supervision has ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Every node has stopped, and a checkpoint of the final states is durable.
    Settled,
    /// The last checkpoint is durable, as the handle wished.
    Stopped,
    /// The last checkpoint was not saved. If the snapshot failed, its error is here; otherwise the
    /// reports have the error.
    NotSaved(Option<SnapshotError>),
    /// A caller has shut the system down.
    ShutDown,
    /// The handle was dropped.
    Dropped,
    /// The handle wished for the end while there was no system, after this failure.
    Down(Cause),
    BudgetUsed {
        cause: Cause,
        restarts: u32,
    },
}

impl<P: Process> Shared<P> {
    pub(super) fn new(system: System<P>) -> Self {
        let system = Arc::new(system);
        Shared {
            state: Mutex::new(State { system, sampler: None, wish: None, end: None }),
            changed: Condvar::default(),
            counts: Arc::new(Mutex::new(CheckpointCounts::default())),
        }
    }

    pub(super) fn system(&self) -> Arc<System<P>> {
        Arc::clone(&self.state.lock().system)
    }

    pub(super) fn set_system(&self, system: System<P>) {
        let system = Arc::new(system);
        let old = std::mem::replace(&mut self.state.lock().system, system);
        // A system that is dropped may call users' code, so the lock is free by then.
        discard(old);
    }

    /// Says by which sampler the thread waits from now on. False if the handle wishes for the end.
    pub(super) fn watch_with(&self, sampler: &Arc<Sampler<P::State, P::Message>>) -> bool {
        let mut state = self.state.lock();
        state.sampler = Some(Arc::clone(sampler));
        state.wish.is_none()
    }

    pub(super) fn wish(&self) -> Option<Wish> {
        self.state.lock().wish
    }

    /// Waits until the deadline. False if the handle wishes for the end.
    pub(super) fn pause(&self, deadline: Option<Instant>) -> bool {
        let mut state = self.state.lock();
        while state.wish.is_none() {
            match deadline {
                None => self.changed.wait(&mut state),
                Some(deadline) if self.changed.wait_until(&mut state, deadline) => break,
                Some(_) => {}
            }
        }
        state.wish.is_none()
    }

    pub(super) fn end(&self, end: End) {
        self.state.lock().end = Some(end);
    }

    fn wish_for(&self, wish: Wish) {
        let sampler = {
            let mut state = self.state.lock();
            state.wish.get_or_insert(wish);
            self.changed.notify_all();
            state.sampler.take()
        };
        if let Some(sampler) = sampler {
            sampler.give_up();
        }
    }
}

impl<P: Process> Supervised<P> {
    pub(super) fn new(
        shared: Arc<Shared<P>>,
        thread: JoinHandle<()>,
        unread: Reader<SupervisionEvent>,
    ) -> Self {
        Supervised { shared, thread: Some(thread), unread }
    }

    /// The system that runs now. After a failure it is another one: the calls of the old one return
    /// errors. A message that was injected into the old one after its last checkpoint is lost, so
    /// input that must not be lost comes from a [`Source`](crate::checkpoint::Source).
    #[must_use]
    pub fn system(&self) -> Arc<System<P>> {
        self.shared.system()
    }

    /// The reports, from the first unread one on. All calls return the same stream.
    #[must_use]
    pub fn events(&self) -> Reports<SupervisionEvent> {
        Reports::new(self.unread.clone())
    }

    /// The numbers of the checkpoints so far, over all restarts.
    #[must_use]
    pub fn counts(&self) -> CheckpointCounts {
        self.shared.counts.lock().clone()
    }

    /// Waits until every node has stopped by itself and a checkpoint of the final states is
    /// durable. Hands back the processes by node.
    ///
    /// # Errors
    /// If the budget of restarts is used up, or if the system was shut down by another caller.
    pub fn join(mut self) -> Result<Vec<P>, SupervisionError> {
        self.wait();
        self.finish()
    }

    /// Stops every node after the handler that is running, saves a last checkpoint with the
    /// messages in flight, and ends. Hands back the processes by node. Messages that the sink does
    /// not take at last are in the checkpoint: the next supervision hands them to its sink.
    ///
    /// # Errors
    /// If the last checkpoint could not be saved, or if the supervision has ended before. The
    /// system has ended in any case. A thread whose handler does not return is
    /// [given up](crate::checkpoint::RestartPolicy::give_up_after).
    pub fn stop(mut self) -> Result<Vec<P>, SupervisionError> {
        self.shared.wish_for(Wish::Stop);
        self.wait();
        self.finish()
    }

    /// Waits for the end of the thread. In a thread of the system, which the thread waits for, it
    /// does not wait.
    fn wait(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if !is_current(&thread)
            && self.system().sampler("Supervised").name_of_own_thread().is_none()
        {
            // All panics of users' code in the thread are caught.
            let _ = thread.join();
        }
    }

    fn finish(&self) -> Result<Vec<P>, SupervisionError> {
        let Some(end) = self.shared.state.lock().end.clone() else {
            return Err(SupervisionError::InOwnThread);
        };
        match end {
            End::Settled | End::Stopped => Ok(self.system().shutdown()?),
            End::NotSaved(error) => Err(SupervisionError::NotSaved(error)),
            End::ShutDown | End::Dropped => Err(SupervisionError::ShutDown),
            End::Down(cause) => Err(SupervisionError::Down { cause }),
            End::BudgetUsed { cause, restarts } => {
                Err(SupervisionError::BudgetUsed { cause, restarts })
            }
        }
    }
}

impl<P: Process> Drop for Supervised<P> {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.shared.wish_for(Wish::Drop);
            self.wait();
            // The system of nodes that have stopped by themselves has not ended yet.
            let _ = self.finish().map(discard_all);
        }
    }
}

/// Why a supervised system has not handed back its processes.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SupervisionError {
    /// The system failed once more than the budget of restarts allows.
    #[error("given up after {restarts} restarts; at last: {cause}")]
    BudgetUsed {
        /// Why the system failed at last.
        cause: Cause,
        /// How many restarts there were.
        restarts: u32,
    },
    /// The system had failed and was not brought back yet. The checkpoints in the store remain.
    #[error("the system was down when it was to stop: {cause}; its last checkpoint remains")]
    Down {
        /// Why the system had failed.
        cause: Cause,
    },
    /// The last checkpoint was not saved. The last snapshot failed with this error. Without one,
    /// the report [`SaveFailed`](crate::checkpoint::CheckpointEvent::SaveFailed) has the reason, or
    /// [`ReleaseFailed`](crate::checkpoint::CheckpointEvent::ReleaseFailed).
    #[error("the last checkpoint was not saved{}", because(.0))]
    NotSaved(Option<SnapshotError>),
    /// A caller has shut the system down.
    #[error("the system was shut down by another caller")]
    ShutDown,
    /// A handler of the system, or the callback of the supervision, cannot wait for its end. The
    /// supervision goes on, or ends by itself if that was asked.
    #[error("a thread of the supervision cannot wait for its end: call this in another thread")]
    InOwnThread,
    /// The processes were not handed back.
    #[error(transparent)]
    Shutdown(#[from] ShutdownError),
}

fn because(error: &Option<SnapshotError>) -> String {
    error.as_ref().map_or_else(String::new, |error| format!(": {error}"))
}

impl<P: Process> fmt::Debug for Supervised<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervised")
            .field("system", &self.system())
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
