//! Why a checkpoint was not written.

use thiserror::Error;

use super::codec::CodecError;
use crate::checkpoint::store::id::CheckpointId;
use crate::checkpoint::store::store_error::StoreError;

/// The reason why a checkpoint was not written. The store is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SaveError {
    /// A state or message cannot be written by the codec.
    #[error("{part} cannot be written: {error}")]
    Codec {
        /// The node or link in words.
        part: String,
        /// The error of the codec.
        error: CodecError,
    },
    /// The store holds checkpoints of another topology.
    #[error(
        "the store holds checkpoints of another topology: {difference}; create a store for each system"
    )]
    OtherTopology {
        /// The first difference, in words.
        difference: String,
    },
    /// The code that writes a state or message has panicked in the thread of a checkpointer or
    /// supervision. A call of [`Checkpoints::save`](crate::checkpoint::Checkpoints::save) lets such a panic
    /// through.
    #[error("the code that writes states and messages panicked: {0}")]
    Panicked(String),
    /// The store has no checkpoint of this id, so it cannot be pinned or unpinned.
    #[error("{0} is not in the store: list the checkpoints")]
    Unknown(CheckpointId),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
