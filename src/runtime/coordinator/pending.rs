//! A snapshot under way, and waits for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::outcome::SnapshotResult;
use super::promise::{Broken, Promised};
use super::request::{Event, Request};
use crate::driver::Timeout;
use crate::id::SnapshotId;
use crate::runtime::clock::Clock;
use crate::runtime::own_thread::OwnThreads;
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::sync::{Sender, need_time};

/// A snapshot that was asked for. Any thread may wait for it, any number of times. If the handle is
/// dropped, the snapshot goes on. Every wait ends, at the latest when the system ends. A handle of
/// a complete snapshot keeps its states and messages alive.
pub struct PendingSnapshot<S, M> {
    id: SnapshotId,
    result: Promised<SnapshotResult<S, M>>,
    coordinator: Sender<Event<S, M>>,
    own_threads: OwnThreads,
}

impl<S, M> PendingSnapshot<S, M> {
    pub(crate) fn new(
        id: SnapshotId,
        result: Promised<SnapshotResult<S, M>>,
        coordinator: Sender<Event<S, M>>,
        own_threads: OwnThreads,
    ) -> Self {
        PendingSnapshot { id, result, coordinator, own_threads }
    }

    /// The snapshot's id.
    #[must_use]
    pub fn id(&self) -> SnapshotId {
        self.id
    }

    /// Waits until the snapshot is complete or has failed.
    ///
    /// # Errors
    /// If the snapshot was refused, a node that it needs has failed, its timeout is over, it was
    /// cancelled, or the system was shut down. In a handler of its own system the call does not
    /// wait for a snapshot that is under way: [`SnapshotError::InOwnHandler`].
    pub fn wait(&self) -> Result<Arc<GlobalSnapshot<S, M>>, SnapshotError> {
        match self.own_threads.name_of_this() {
            Some(thread) => self.result().unwrap_or(Err(SnapshotError::InOwnHandler { thread })),
            None => self.wait_anywhere(),
        }
    }

    /// Waits as [`wait`](Self::wait) does. For callers that have checked their thread.
    pub(crate) fn wait_anywhere(&self) -> SnapshotResult<S, M> {
        self.settle(self.result.wait())
    }

    /// Waits at most `timeout`. A timeout longer than the clock can represent never ends.
    ///
    /// # Errors
    /// [`WaitTimeoutError::NotYet`] if the timeout is over: the snapshot goes on. If the snapshot
    /// has failed, the error of [`wait`](Self::wait).
    pub fn wait_timeout(
        &self,
        timeout: Duration,
    ) -> Result<Arc<GlobalSnapshot<S, M>>, WaitTimeoutError> {
        let is_in_vain = !timeout.is_zero() && self.own_threads.name_of_this().is_some();
        let deadline = if is_in_vain { None } else { Clock::deadline(timeout) };
        let Some(deadline) = deadline else { return Ok(self.wait()?) };
        need_time("PendingSnapshot::wait_timeout");
        match self.result.wait_until(deadline) {
            Some(settled) => Ok(self.settle(settled)?),
            None => Err(WaitTimeoutError::NotYet { snapshot: self.id, waited: timeout }),
        }
    }

    /// The result so far; `None` while the snapshot is under way.
    #[must_use]
    pub fn result(&self) -> Option<Result<Arc<GlobalSnapshot<S, M>>, SnapshotError>> {
        self.result.look().map(|settled| self.settle(settled))
    }

    /// Cancels the snapshot. Waiting callers get [`SnapshotError::Cancelled`], and the snapshot's
    /// memory is freed. Markers that still arrive change nothing. A snapshot that has ended does
    /// not change.
    pub fn cancel(&self) {
        // A coordinator that is gone has ended the snapshot.
        let _ = self.coordinator.send(Event::Caller(Request::Cancel(self.id)));
    }

    fn settle(&self, settled: Result<SnapshotResult<S, M>, Broken>) -> SnapshotResult<S, M> {
        settled.unwrap_or(Err(SnapshotError::ShutDown { snapshot: self.id }))
    }
}

/// Why [`PendingSnapshot::wait_timeout`] returned no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WaitTimeoutError {
    /// The timeout of the call is over. The snapshot goes on, and waiting again is allowed.
    #[error(
        "{snapshot} is not complete after {}; it goes on: wait again, or drop it",
        Timeout(*waited)
    )]
    NotYet {
        /// The snapshot.
        snapshot: SnapshotId,
        /// How long this call has waited.
        waited: Duration,
    },
    /// The snapshot has failed, or the call cannot wait for it.
    #[error(transparent)]
    Failed(#[from] SnapshotError),
}

impl<S, M> Clone for PendingSnapshot<S, M> {
    fn clone(&self) -> Self {
        PendingSnapshot {
            id: self.id,
            result: self.result.clone(),
            coordinator: self.coordinator.clone(),
            own_threads: self.own_threads,
        }
    }
}

impl<S, M> fmt::Debug for PendingSnapshot<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingSnapshot").field("id", &self.id).finish_non_exhaustive()
    }
}
