//! The reasons why a checkpoint is not exported or imported.

use thiserror::Error;

use super::contents::load_error::LoadError;
use super::contents::save_error::SaveError;

/// The reason why a checkpoint was not written as JSON or read from it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TransferError {
    /// The checkpoint cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The checkpoint cannot be saved.
    #[error(transparent)]
    Save(#[from] SaveError),
    /// The JSON cannot be written, or is not that of a snapshot of this program.
    #[error("the JSON cannot be written, or is not a snapshot of this program: {0}")]
    Json(#[from] serde_json::Error),
}
