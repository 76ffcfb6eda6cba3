//! The interface of a store.

use std::fmt;

use super::id::{CheckpointId, ContentHash};
use super::record::{Meta, Part, Record};
use super::store_error::StoreError;

/// A place that keeps checkpoints: [`FileStore`](crate::checkpoint::FileStore) is a file,
/// [`MemoryStore`](crate::checkpoint::MemoryStore) is memory, for tests, and `SharedStore` is a
/// folder or bucket for several machines (feature `object-store`). A store of your own keeps its
/// [`Meta`] and three kinds of rows: records of checkpoints, their parts, and *blobs*, which are
/// bytes by their hash. [`Checkpoints`](crate::checkpoint::Checkpoints) encodes, hashes, and decides
/// which checkpoints are kept.
///
/// A blob must be kept as long as a part of a checkpoint in the store names it.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// The contents at this moment. Later commits do not change the view.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError>;

    /// Makes a change durable before it returns. After a crash at any moment, the store has the
    /// whole change or nothing of it. A view, too, has the whole change or nothing of it.
    ///
    /// # Errors
    /// If the change could not be made durable. Then nothing has changed, or the whole change is
    /// there: a fault at the very end can hide that.
    /// [`StoreError::MissingBlob`] if a part names a blob that is neither in the store nor in the
    /// change. [`StoreError::Conflict`] if the change is [stale](Change::is_stale).
    fn commit(&self, change: Change) -> Result<(), StoreError>;
}

/// The contents of a store at one moment.
pub trait View {
    /// The data of the store about itself.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn meta(&self) -> Result<Meta, StoreError>;

    /// The records of all checkpoints, in the order of their ids.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn records(&self) -> Result<Vec<Record>, StoreError>;

    /// The parts of a checkpoint, in the order in which the change had them; empty if there is no
    /// such checkpoint.
    ///
    /// # Errors
    /// If the store cannot be read.
    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError>;

    /// The bytes of a blob; `None` if the store does not have it. The caller checks the hash.
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

/// A change of a store: one transaction.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Change {
    /// The new data of the store about itself.
    pub meta: Meta,
    /// Records to add, each in place of a record of the same id if there is one.
    pub records: Vec<Record>,
    /// The parts of checkpoints that are added.
    pub parts: Vec<(CheckpointId, Vec<Part>)>,
    /// Blobs to add. If the store has a blob already, its bytes are replaced, since they may be
    /// damaged.
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
