//! The reasons why a checkpoint is not loaded.

use thiserror::Error;

use super::codec::CodecError;
use crate::checkpoint::store::id::{CheckpointId, ContentHash};
use crate::checkpoint::store::store_error::StoreError;

/// The damage of a checkpoint: its contents are not what was written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{id} is damaged at {part}: {why}")]
#[non_exhaustive]
pub struct Damage {
    /// The checkpoint.
    pub id: CheckpointId,
    /// The node, the link or another part, in words.
    pub part: String,
    /// What is wrong.
    pub why: String,
    /// The contents that are damaged, if it is a matter of them.
    pub contents: Option<ContentHash>,
}

/// The reason why no checkpoint was read. The store is as it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The store has no checkpoint.
    #[error("the store has no checkpoint: save one first")]
    Empty,
    /// The store has no checkpoint of this id. A later save may have
    /// [removed](crate::checkpoint::Checkpoints::keep) it.
    #[error("{0} is not in the store: list the checkpoints")]
    Unknown(CheckpointId),
    /// The requested checkpoint is damaged.
    #[error("{0}; load the newest good checkpoint, or another id")]
    Damaged(Damage),
    /// All checkpoints are damaged.
    #[error("no checkpoint in the store is good: {}", all(.0))]
    NoneGood(Vec<Damage>),
    /// A state or message has another version, and there is no migration.
    #[error(
        "{part} of {id} has {what} of version {stored}, and this program has version {known}: give the format a migration, or use the program that wrote the checkpoint"
    )]
    OtherVersion {
        /// The checkpoint.
        id: CheckpointId,
        /// The first such node or link, in words.
        part: String,
        /// "a state" or "a message".
        what: &'static str,
        /// The version in the store.
        stored: u32,
        /// The version of the program.
        known: u32,
    },
    /// The checkpoint was written with another codec.
    #[error(
        "{id} was written with the codec {stored}, and the format has {known}: use the codec {stored}"
    )]
    OtherCodec {
        /// The checkpoint.
        id: CheckpointId,
        /// The codec of the checkpoint.
        stored: String,
        /// The codec of the format.
        known: &'static str,
    },
    /// The bytes of a state or message are undamaged, but are not a value of the program's type.
    #[error(
        "{part} of {id} is not {what} of this program: {error}; if the type has changed, raise its version"
    )]
    Codec {
        /// The checkpoint.
        id: CheckpointId,
        /// The first such node or link, in words.
        part: String,
        /// "a state" or "a message".
        what: &'static str,
        /// The error of the codec or of the migration.
        error: CodecError,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn all(damaged: &[Damage]) -> String {
    damaged.iter().map(Damage::to_string).collect::<Vec<_>>().join("; ")
}
