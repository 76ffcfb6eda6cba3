//! Checkpoints: snapshots that survive their process (feature `checkpoint`).

mod catalog;
mod checkpointer;
mod checkpoints;
mod chunks;
mod codec;
mod event;
mod file_store;
mod format;
mod id;
mod load_error;
mod memory_store;
mod reading;
mod record;
mod release;
mod resume;
mod retention;
mod rounds;
mod save_error;
mod sink;
mod source;
mod store;
mod store_error;
mod supervision;
mod transfer;
mod wall_clock;
mod writing;

pub use catalog::{Catalog, Changed};
pub use checkpointer::{Checkpointer, CheckpointerBuilder};
pub use checkpoints::{Checkpoints, Loaded, Which};
pub use codec::{Codec, CodecError, Json, Postcard};
pub use event::{CheckpointCounts, CheckpointEvent, Reports};
pub use file_store::FileStore;
pub use format::{Format, Old};
pub use id::{CheckpointId, ContentHash};
pub use load_error::{Damage, LoadError};
pub use memory_store::MemoryStore;
pub use record::{Chunk, Counts, Meta, Part, PartKind, Record};
pub use resume::{ResumeError, Resumed};
pub use save_error::SaveError;
pub use sink::{LineSink, Sink};
pub use source::{LinePosition, LineSource, Source};
pub use store::{Change, Store, View};
pub use store_error::StoreError;
pub use supervision::{
    Cause, RestartPolicy, Supervised, SupervisionError, SupervisionEvent, SupervisorBuilder,
};
pub use transfer::TransferError;
