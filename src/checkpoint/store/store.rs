//! The interface of a store.

use std::fmt;

use serde::{Deserialize, Serialize};

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

    /// Whether several processes can write one checkpoint: whether the store has
    /// [`write_ahead`](Self::write_ahead). False if not given.
    fn is_shared(&self) -> bool {
        false
    }

    /// Makes blobs durable ahead of the change that names them, which another process may commit.
    /// `named` are all blobs that the parts of this process name; those that are not in `blobs` are
    /// in the store. They all are kept for some time, without a part that names them.
    ///
    /// # Errors
    /// If the blobs could not be made durable. [`StoreError::MissingBlob`] if a blob in `named` is
    /// neither in the store nor in `blobs`. [`StoreError::NotShared`] if not given.
    fn write_ahead(
        &self,
        blobs: Vec<(ContentHash, Vec<u8>)>,
        named: &[ContentHash],
    ) -> Result<Ahead, StoreError> {
        let _ = (blobs, named);
        Err(StoreError::NotShared)
    }
}

/// Blobs that were [written ahead](Store::write_ahead), in bytes that only the store understands.
/// It can be sent to another process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ahead(Vec<u8>);

impl Ahead {
    /// Blobs that the store finds by these bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Ahead(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
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
    /// Blobs that were [written ahead](Store::write_ahead). Each stays as long as its checkpoint: the
    /// lists among the parts of the checkpoint name them ([`PartKind::List`](super::record::PartKind)).
    /// A store that is not [shared](Store::is_shared) refuses them.
    pub ahead: Vec<(CheckpointId, Ahead)>,
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
