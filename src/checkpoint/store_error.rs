//! Why a store did not do as it was asked.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::id::ContentHash;

/// The reason why a store cannot be opened, read or written.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file to create exists.
    #[error("{} exists: open it, or create the store elsewhere", .0.display())]
    Exists(PathBuf),
    /// There is no file to open.
    #[error("there is no store at {}: create it first, or name the right file", .0.display())]
    Missing(PathBuf),
    /// Another process, or another handle of this process, has the file open.
    #[error("{} is open elsewhere: end the other program first", .0.display())]
    InUse(PathBuf),
    /// The file is not a store of checkpoints, or its creation was not finished.
    #[error("{} is not a store of checkpoints: {why}", path.display())]
    NoStore {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The store has another format than this version of the crate.
    #[error(
        "the store has format {found}, and this version of consistent-cut reads format {known}: use the version that wrote it"
    )]
    OtherFormat {
        /// The format of the store.
        found: u32,
        /// The format that is known here.
        known: u32,
    },
    /// The contents of the store are not what was written.
    #[error("the store is damaged: {0}; use a copy of it, or FileStore::salvage what is left")]
    Damaged(String),
    /// The store is a copy of a damaged file.
    #[error("{} was salvaged, and can only be read: save its checkpoints in a new store", .0.display())]
    Salvaged(PathBuf),
    /// A part names a blob that is not there. Another writer may have removed it meanwhile.
    #[error(
        "a part names the contents {0}, which the store does not have: write the checkpoint again"
    )]
    MissingBlob(ContentHash),
    /// Another writer has changed the store since this one looked at it.
    #[error("another writer has changed the store meanwhile: call again")]
    Conflict,
    /// The operating system has refused an operation.
    #[error("the store cannot {what}: {error}; remove the cause, and call again")]
    Io {
        /// What was tried: "open its file", for example.
        what: &'static str,
        /// The error of the operating system.
        error: Arc<io::Error>,
    },
    /// A store of your own has failed.
    #[error("{0}")]
    Other(String),
}

impl StoreError {
    pub(super) fn io(what: &'static str, error: io::Error) -> Self {
        StoreError::Io { what, error: Arc::new(error) }
    }
}
