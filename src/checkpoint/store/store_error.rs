//! The reasons why a call on a store fails.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use super::id::ContentHash;

/// The reason why a store cannot be opened, read or written.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file that was to be created exists.
    #[error("{} exists: open it, or create the store elsewhere", .0.display())]
    Exists(PathBuf),
    /// There is no file to open.
    #[error("there is no store at {}: create it first, or name the right file", .0.display())]
    Missing(PathBuf),
    /// Another process, or another handle in this process, has the file open.
    #[error("{} is open elsewhere: close the other handle, or end the other program", .0.display())]
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
    #[error(
        "the store is damaged: {0}; use a backup, or read what is left with FileStore::salvage"
    )]
    Damaged(String),
    /// The store was [salvaged](crate::checkpoint::FileStore::salvage) from a damaged file, so it cannot be
    /// written.
    #[error("{} was salvaged, and can only be read: save its checkpoints in a new store", .0.display())]
    Salvaged(PathBuf),
    /// A part names a blob that is not there. Another writer may have removed it meanwhile.
    #[error(
        "a part names the contents {0}, which the store does not have: save the checkpoint again"
    )]
    MissingBlob(ContentHash),
    /// The store cannot be written [ahead](crate::checkpoint::Store::write_ahead).
    #[error("the store is not one that several processes can write: use a SharedStore")]
    NotShared,
    /// Contents that were written [ahead](crate::checkpoint::Store::write_ahead) may be gone.
    #[error(
        "contents that were written ahead have waited for more than half the grace period: save again, or set a longer one"
    )]
    Expired,
    /// Another writer has changed the store since this one looked at it.
    #[error("another writer has changed the store meanwhile: call again")]
    Conflict,
    /// The operating system has refused an operation.
    #[error("the store cannot {what}: {error}; remove the cause, and call again")]
    Io {
        /// What was tried: "read its file", for example.
        what: &'static str,
        /// The error of the operating system.
        error: Arc<io::Error>,
    },
    /// Any other error, such as an error of a store of your own.
    #[error("{0}")]
    Other(String),
}

impl StoreError {
    pub(crate) fn io(what: &'static str, error: io::Error) -> Self {
        StoreError::Io { what, error: Arc::new(error) }
    }
}
