//! The handle of a supervised system.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use thiserror::Error;

use super::event::{Cause, SupervisionEvent};
use crate::checkpoint::running::event::{CheckpointCounts, Reports};
use crate::monitor::Reader;
use crate::panics::{discard, discard_all};
use crate::process::Process;
use crate::runtime::{Sampler, ShutdownError, System};
use crate::snapshot::SnapshotError;
use crate::sync::{Condvar, JoinHandle, Mutex, is_current};

/// A system that saves checkpoints and is restarted after a failure, made by
/// [`SystemBuilder::supervise`](crate::SystemBuilder::supervise).
///
/// Dropping the handle ends the supervision and the system without a last checkpoint;
/// [`stop`](Self::stop) saves one. The drop waits for a checkpoint that is being written, for calls
/// of the sink, and at most [`give_up_after`](crate::checkpoint::RestartPolicy::give_up_after) for
/// handlers. In a handler of the system or in the callback it does not wait.
#[must_use = "the system ends when the handle is dropped"]
pub struct Supervised<P: Process> {
    shared: Arc<Shared<P>>,
    /// `None` once the thread was joined.
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

/// The end for which the handle asks.
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
    /// The handle asked for the end, and the last checkpoint is durable.
    Stopped,
    /// The last checkpoint was not saved. If the snapshot failed, its error is here; otherwise the
    /// reports have the error.
    NotSaved(Option<SnapshotError>),
    /// A caller has shut the system down.
    ShutDown,
    /// The handle was dropped.
    Dropped,
    /// The handle asked for the end after this failure, before the system was restarted.
    Down(Cause),
    BudgetUsed {
        cause: Cause,
        restarts: u32,
    },
    /// The thread of the supervision has panicked.
    Panicked(String),
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

    /// Notes the sampler with which the thread waits from now on. False if the handle has asked for
    /// the end.
    pub(super) fn watch_with(&self, sampler: &Arc<Sampler<P::State, P::Message>>) -> bool {
        let mut state = self.state.lock();
        state.sampler = Some(Arc::clone(sampler));
        state.wish.is_none()
    }

    pub(super) fn wish(&self) -> Option<Wish> {
        self.state.lock().wish
    }

    /// Waits until the deadline. False if the handle has asked for the end.
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

    /// The present system. After a restart it is another system, and calls on the old system return
    /// errors. A message that was injected into the old system after its last checkpoint is lost,
    /// so input that must not be lost comes from a [`Source`](crate::checkpoint::Source).
    #[must_use]
    pub fn system(&self) -> Arc<System<P>> {
        self.shared.system()
    }

    /// The reports, from the first unread one on. All calls return the same stream.
    #[must_use]
    pub fn events(&self) -> Reports<SupervisionEvent> {
        Reports::new(self.unread.clone())
    }

    /// The counts so far, over all restarts.
    #[must_use]
    pub fn counts(&self) -> CheckpointCounts {
        self.shared.counts.lock().clone()
    }

    /// Waits until every node has stopped by itself, a checkpoint of the final states is durable,
    /// and the sink has taken its output. Hands back the processes by node.
    ///
    /// # Errors
    /// If the budget of restarts is used up, or if another caller has shut the system down.
    /// [`SupervisionError::InOwnThread`] at once in a handler of the system or in the callback: the
    /// supervision then goes on.
    pub fn join(mut self) -> Result<Vec<P>, SupervisionError> {
        self.wait();
        self.finish()
    }

    /// Stops every node after the handler that is running, saves a last checkpoint with the
    /// messages in flight, and ends. Hands back the processes by node. If the sink then refuses
    /// messages of the last checkpoint, the next supervision of this store releases them.
    ///
    /// The call waits for a checkpoint that is being written and for calls of the sink. For
    /// handlers that are running it waits at most the
    /// [timeout](crate::SystemBuilder::snapshot_timeout) of a snapshot and
    /// [`give_up_after`](crate::checkpoint::RestartPolicy::give_up_after).
    ///
    /// # Errors
    /// If the last checkpoint could not be saved, if the sink refuses messages of an earlier
    /// checkpoint, if the system had failed and was not restarted yet, or if the supervision had
    /// ended before. The system has ended in these cases. [`SupervisionError::InOwnThread`] at once
    /// in a handler of the system or in the callback: the stop then goes on without the caller.
    pub fn stop(mut self) -> Result<Vec<P>, SupervisionError> {
        self.shared.wish_for(Wish::Stop);
        self.wait();
        self.finish()
    }

    /// Waits for the end of the supervision's thread. Does not wait in a thread of the system, for
    /// which the supervision's thread may wait, or in the supervision's thread itself.
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
            End::Panicked(panic) => Err(SupervisionError::Panicked(panic)),
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

/// The reason why a supervised system has not handed back its processes.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SupervisionError {
    /// The system failed once more than the budget of restarts allows.
    #[error(
        "the budget of restarts is used up, after {restarts} in all; the last failure: {cause}"
    )]
    BudgetUsed {
        /// The last failure.
        cause: Cause,
        /// How many restarts there were in all.
        restarts: u32,
    },
    /// The supervision was stopped after a failure, before the system was restarted. The
    /// checkpoints in the store remain.
    #[error(
        "the system had failed and was not restarted yet: {cause}; its last checkpoint remains"
    )]
    Down {
        /// Why the system had failed.
        cause: Cause,
    },
    /// The last checkpoint was not saved. The error is that of the last snapshot. If the snapshot
    /// was complete, there is none here, and the reason is in the last report
    /// [`SaveFailed`](crate::checkpoint::CheckpointEvent::SaveFailed) or
    /// [`ReleaseFailed`](crate::checkpoint::CheckpointEvent::ReleaseFailed).
    #[error("the last checkpoint was not saved{}", because(.0))]
    NotSaved(Option<SnapshotError>),
    /// A caller has shut the system down.
    #[error("the system was shut down by another caller")]
    ShutDown,
    /// The call was made in a handler of the system or in the callback of the supervision, which
    /// cannot wait for the end of the supervision. After [`join`](Supervised::join) the supervision
    /// goes on; after [`stop`](Supervised::stop) it ends by itself.
    #[error(
        "a handler or callback cannot wait for the end of its own supervision: call this in another thread"
    )]
    InOwnThread,
    /// Code of the program that runs in the thread of the supervision, such as a recorder of
    /// metrics, has panicked with this text.
    #[error(
        "the thread of the supervision panicked: {0}; look for the panic in the program's own code"
    )]
    Panicked(String),
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
