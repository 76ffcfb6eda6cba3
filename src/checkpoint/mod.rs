//! Checkpoints: snapshots that survive their process (feature `checkpoint`).

mod catalog;
mod checkpoints;
mod chunks;
mod codec;
mod file_store;
mod format;
mod id;
mod load_error;
mod memory_store;
mod reading;
mod record;
mod resume;
mod retention;
mod save_error;
mod store;
mod store_error;
mod transfer;
mod wall_clock;
mod writing;

pub use catalog::{Catalog, Changed};
pub use checkpoints::{Checkpoints, Loaded, Which};
pub use codec::{Codec, CodecError, Json, Postcard};
pub use file_store::FileStore;
pub use format::{Format, Old};
pub use id::{CheckpointId, ContentHash};
pub use load_error::{Damage, LoadError};
pub use memory_store::MemoryStore;
pub use record::{Chunk, Counts, Meta, Part, PartKind, Record};
pub use resume::{ResumeError, Resumed};
pub use save_error::SaveError;
pub use store::{Change, Store, View};
pub use store_error::StoreError;
pub use transfer::TransferError;
