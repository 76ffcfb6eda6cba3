//! The handle of a launcher that runs.

use std::fmt;
use std::sync::Arc;

use super::launch_error::LaunchError;
use super::supervisor::Company;
use crate::sync::{JoinHandle, has_ended};

/// A launcher that runs. Its processes are killed when this is dropped.
pub struct Launched {
    company: Arc<Company>,
    thread: Option<JoinHandle<Result<u32, LaunchError>>>,
}

impl Launched {
    pub(super) fn new(company: Arc<Company>, thread: JoinHandle<Result<u32, LaunchError>>) -> Self {
        Launched { company, thread: Some(thread) }
    }

    /// Kills one process of the present attempt, as a crash would end it. Returns false if it does
    /// not run.
    #[expect(clippy::must_use_candidate, reason = "it may have ended by itself")]
    pub fn kill(&self, process: usize) -> bool {
        self.company.kill(process)
    }

    /// Whether all is over: [`wait`](Self::wait) returns at once.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(has_ended)
    }

    /// Waits until all processes of an attempt have ended in order. Returns how many attempts there
    /// were.
    ///
    /// # Errors
    /// If the policy allows no further restart, a process cannot be started, or a plan can never
    /// work.
    pub fn wait(mut self) -> Result<u32, LaunchError> {
        self.join().unwrap_or(Err(LaunchError::Stopped))
    }

    fn join(&mut self) -> Option<Result<u32, LaunchError>> {
        self.thread.take().and_then(|thread| thread.join().ok())
    }
}

impl Drop for Launched {
    fn drop(&mut self) {
        self.company.stop();
        drop(self.join());
    }
}

impl fmt::Debug for Launched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launched").finish_non_exhaustive()
    }
}
