//! A store in memory.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::id::{CheckpointId, ContentHash};
use super::record::{Chunk, Meta, Part, Record};
use super::store::{Change, Store, View};
use super::store_error::StoreError;
use crate::sync::Mutex;

/// A store in memory, for tests. Its checkpoints end with the process.
#[derive(Debug)]
pub struct MemoryStore(Mutex<Arc<Contents>>);

#[derive(Clone)]
struct Contents {
    meta: Meta,
    records: BTreeMap<CheckpointId, Record>,
    parts: BTreeMap<CheckpointId, Vec<Part>>,
    /// Each blob, with the number of places in parts that name it.
    blobs: BTreeMap<ContentHash, (u64, Arc<[u8]>)>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        let meta = Meta::new();
        let (records, parts, blobs) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        MemoryStore(Mutex::new(Arc::new(Contents { meta, records, parts, blobs })))
    }

    /// The size of all blobs in bytes.
    #[must_use]
    pub fn blob_bytes(&self) -> u64 {
        self.0.lock().blobs.values().map(|(_, bytes)| bytes.len() as u64).sum()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        MemoryStore::new()
    }
}

impl Store for MemoryStore {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        Ok(Box::new(Arc::clone(&self.0.lock())))
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        let mut contents = self.0.lock();
        let mut changed = Contents::clone(&contents);
        changed.apply(change)?;
        *contents = Arc::new(changed);
        Ok(())
    }
}

impl Contents {
    fn apply(&mut self, change: Change) -> Result<(), StoreError> {
        if change.is_stale(&self.meta) {
            return Err(StoreError::Conflict);
        }
        if !change.ahead.is_empty() {
            return Err(StoreError::NotShared);
        }
        for (hash, bytes) in change.blobs {
            // The bytes in the store may be damaged.
            self.blobs.entry(hash).or_insert_with(|| (0, Arc::default())).1 = bytes.into();
        }
        for (id, parts) in change.parts {
            for hash in blobs_of(&parts) {
                self.blobs.get_mut(&hash).ok_or(StoreError::MissingBlob(hash))?.0 += 1;
            }
            self.parts.insert(id, parts);
        }
        for id in change.removed {
            self.records.remove(&id);
            for hash in blobs_of(&self.parts.remove(&id).unwrap_or_default()) {
                if let Some((places, _)) = self.blobs.get_mut(&hash) {
                    *places -= 1;
                }
            }
        }
        self.blobs.retain(|_, (places, _)| *places > 0);
        self.records.extend(change.records.into_iter().map(|record| (record.id, record)));
        self.meta = change.meta;
        Ok(())
    }
}

/// The blobs that parts name, once for each place.
pub(crate) fn blobs_of(parts: &[Part]) -> impl Iterator<Item = ContentHash> {
    parts.iter().flat_map(|part| &part.chunks).filter_map(|chunk| match chunk {
        Chunk::Inline(_) => None,
        Chunk::Blob { hash, .. } => Some(*hash),
    })
}

impl View for Arc<Contents> {
    fn meta(&self) -> Result<Meta, StoreError> {
        Ok(self.meta.clone())
    }

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        Ok(self.records.values().cloned().collect())
    }

    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError> {
        Ok(self.parts.get(&id).cloned().unwrap_or_default())
    }

    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.blobs.get(hash).map(|(_, bytes)| bytes.to_vec()))
    }

    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        Ok(self.blobs.contains_key(hash))
    }
}

impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents")
            .field("checkpoints", &self.records.len())
            .field("blobs", &self.blobs.len())
            .finish_non_exhaustive()
    }
}
