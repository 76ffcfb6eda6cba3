//! Why a cluster was not built.

use std::io;

use thiserror::Error;

use crate::driver::SpawnError;
use crate::snapshot::RestoreError;
use crate::topology::{NamedNode, counted};

/// The reason why a cluster was not built. Every worker returns the same error, except where the
/// operating system has failed one.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting can never work.
    #[error(transparent)]
    Settings(#[from] SpawnError),
    /// The placement names a worker that does not exist.
    #[error(
        "Placement::by puts {node} on worker {worker}, and there are {}, counted from 0: return a smaller number",
        counted(*.workers, "worker")
    )]
    NoSuchWorker {
        /// The node.
        node: NamedNode,
        /// The worker that the placement returned.
        worker: usize,
        /// How many workers there are.
        workers: usize,
    },
    /// The operating system did not start a thread for the coordinator.
    #[error("no thread for the coordinator: allow more threads or memory")]
    Thread(#[from] io::Error),
    /// The snapshot does not fit the topology.
    #[error(transparent)]
    Restore(#[from] RestoreError),
}
