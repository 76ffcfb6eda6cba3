//! A system that goes on from a checkpoint.

use std::fmt;
use std::io;

use thiserror::Error;

use super::checkpoints::{Checkpoints, Loaded, Which};
use super::contents::load_error::{Damage, LoadError};
use super::store::record::Record;
use crate::driver::SpawnError;
use crate::id::NodeId;
use crate::meters::restored;
use crate::process::{Process, Restore};
use crate::runtime::{System, SystemBuilder};
use crate::snapshot::RestoreError;

/// A system that goes on from a checkpoint, or that has started anew.
#[must_use = "the system ends when it is dropped"]
#[non_exhaustive]
pub struct Resumed<P: Process> {
    /// The system.
    pub system: System<P>,
    /// The checkpoint from which the system goes on; `None` if it has started anew.
    pub from: Option<Record>,
    /// The newer checkpoints that are damaged, the newest first.
    pub damaged: Vec<Damage>,
}

/// The reason why no system was started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The checkpoint does not fit the topology, or the system cannot be started.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// The store has no checkpoint, and a new system cannot be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// During a restart under supervision, the code that makes processes or that reads states and
    /// messages has panicked.
    #[error("the system was not started, since its own code panicked: {0}")]
    Panicked(String),
    /// The operating system could not start a thread for the supervision.
    #[error("no thread for the supervision: {0}; allow more threads or memory")]
    Thread(#[source] io::Error),
}

/// Restoring from a checkpoint (feature `checkpoint`).
impl<P: Restore> SystemBuilder<P>
where
    P::State: Clone,
{
    /// Starts the system from a checkpoint, as [`restore`](Self::restore) does from a snapshot. The
    /// new system has the checkpoint's states, messages in flight, timers, messages injected and
    /// not received, messages emitted and not taken, and all counts. With [`Which::Newest`],
    /// damaged checkpoints are passed over, and [`Resumed::damaged`] names them.
    ///
    /// # Errors
    /// If the checkpoint cannot be loaded, or does not fit the topology: the error names the node
    /// or link that does not fit. Otherwise as [`spawn`](Self::spawn). The store does not change.
    pub fn restore_from(
        self,
        checkpoints: &Checkpoints<P::State, P::Message>,
        which: Which,
        process: impl FnMut(NodeId) -> P,
    ) -> Result<Resumed<P>, ResumeError> {
        let Loaded { snapshot, record, damaged } = checkpoints.load(which)?;
        let system = self.restore(&snapshot, process)?;
        restored();
        Ok(Resumed { system, from: Some(record), damaged })
    }

    /// Starts the system from the newest checkpoint, as [`restore_from`](Self::restore_from) does.
    /// If the store has none, starts it anew, as [`spawn`](Self::spawn) does.
    ///
    /// # Errors
    /// As `restore_from` and `spawn`. If every checkpoint is damaged, the call is an error
    /// ([`LoadError::NoneGood`]), and the system does not start anew.
    pub fn restore_or_spawn(
        self,
        checkpoints: &Checkpoints<P::State, P::Message>,
        process: impl FnMut(NodeId) -> P,
    ) -> Result<Resumed<P>, ResumeError> {
        match checkpoints.load(Which::Newest) {
            Ok(Loaded { snapshot, record, damaged }) => {
                let system = self.restore(&snapshot, process)?;
                restored();
                Ok(Resumed { system, from: Some(record), damaged })
            }
            Err(LoadError::Empty) => {
                let system = self.spawn(process)?;
                Ok(Resumed { system, from: None, damaged: Vec::new() })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl<P: Process> fmt::Debug for Resumed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resumed")
            .field("system", &self.system)
            .field("from", &self.from)
            .field("damaged", &self.damaged)
            .finish()
    }
}
