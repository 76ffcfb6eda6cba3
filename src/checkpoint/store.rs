//! The interface of a store.

use std::fmt;

use super::id::{CheckpointId, ContentHash};
use super::record::{Meta, Part, Record};
use super::store_error::StoreError;

/// A place that keeps checkpoints. [`FileStore`](super::FileStore) keeps them in a file, and
/// [`MemoryStore`](super::MemoryStore) in memory, for tests. [`Checkpoints`](super::Checkpoints)
/// does all the rest: codec, hashes, retention. A store of your own keeps three kinds of rows:
/// records of checkpoints, their parts, and *blobs*, which are bytes by their hash.
///
/// A blob is kept as long as a part of a checkpoint in the store names it.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The contents at this moment. Later commits do not change the view.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError>;

    /// Makes a change durable. A crash at any moment leaves the whole change or nothing of it, and
    /// a view sees the whole change or nothing of it. When the call returns, the change is durable.
    ///
    /// # Errors
    /// If the change could not be made durable. Then nothing has changed, or the whole change is
    /// there: a fault at the very end can hide that.
    /// [`StoreError::MissingBlob`] if a part names a blob that is neither in the store nor in the
    /// change. [`StoreError::Conflict`] if [the change is stale](Change::is_stale).
    fn commit(&self, change: Change) -> Result<(), StoreError>;
}

/// The contents of a store at one moment.
pub trait View {
    /// The data of the store about itself.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn meta(&self) -> Result<Meta, StoreError>;

    /// The records of all checkpoints, by id.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn records(&self) -> Result<Vec<Record>, StoreError>;

    /// The parts of a checkpoint, in the order in which they were given; empty if there is no such
    /// checkpoint.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError>;

    /// The bytes of a blob. The caller checks the hash.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError>;

    /// Whether the store has a blob.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError>;
}

/// A change of a store. Everything in it happens at once.
#[derive(Clone, Debug)]
pub struct Change {
    /// The new data of the store about itself.
    pub meta: Meta,
    /// Records to add, or to put in the place of a record of the same id.
    pub records: Vec<Record>,
    /// The parts of checkpoints that are added.
    pub parts: Vec<(CheckpointId, Vec<Part>)>,
    /// Blobs that the store does not have yet.
    pub blobs: Vec<(ContentHash, Vec<u8>)>,
    /// Checkpoints to remove, with their parts, and with the blobs that no other part names.
    pub removed: Vec<CheckpointId>,
}

impl Change {
    /// Whether another writer has changed the store since the change was prepared. `meta` is the
    /// store's own data now.
    #[must_use]
    pub fn is_stale(&self, meta: &Meta) -> bool {
        self.meta.changes != meta.changes.wrapping_add(1)
    }
}
