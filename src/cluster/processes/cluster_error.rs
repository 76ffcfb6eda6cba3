//! Why the processes of a cluster have not come to their end.

use std::error::Error;
use std::fmt;

use thiserror::Error;

use super::config_error::ConfigError;
use super::connect_error::ConnectError;
use crate::driver::LostProcess;

/// The reason why the processes of a cluster have not come to their end. All processes end with an
/// error then, this one with the first that it has heard of.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The configuration can never work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// This process has not joined the others.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Another process is lost.
    #[error(
        "{0}, and all processes of the cluster end with it: start all again with a higher epoch"
    )]
    PeerLost(LostProcess),
    /// A worker of this process has panicked.
    #[error("worker {worker} panicked, and all processes of the cluster end with it: {panic}")]
    WorkerPanicked {
        /// The worker's index among the workers of all processes.
        worker: usize,
        /// The panic message.
        panic: String,
    },
    /// A worker of this process has returned an error.
    #[error("worker {worker} has failed, and all processes of the cluster end with it: {error}")]
    WorkerFailed {
        /// The worker's index among the workers of all processes.
        worker: usize,
        /// The error.
        #[source]
        error: WorkerError,
    },
}

/// The error that a worker's function returns. [`?`](std::ops::Try) makes it of any error.
pub type WorkerError = Box<dyn Error + Send + Sync>;

impl ClusterError {
    /// The higher epoch of which this process has heard, if its own is too low.
    #[must_use]
    pub fn higher_epoch(&self) -> Option<u64> {
        match self {
            ClusterError::Connect(error) => error.higher_epoch(),
            _ => None,
        }
    }
}

/// The end of a worker, as the other processes hear of it.
pub(super) struct EndOfWorker<'a>(pub(super) usize, pub(super) &'a dyn fmt::Display);

impl fmt::Display for EndOfWorker<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "worker {}: {}", self.0, self.1)
    }
}
