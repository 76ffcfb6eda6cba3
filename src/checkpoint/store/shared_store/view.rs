//! The contents of the store as one head has them.

use super::head::Head;
use super::listing::{BLOBS, Name};
use super::{NamedBy, SharedStore};
use crate::checkpoint::store::id::{CheckpointId, ContentHash};
use crate::checkpoint::store::record::{Meta, Part, Record};
use crate::checkpoint::store::store::View;
use crate::checkpoint::store::store_error::StoreError;

pub(super) struct SharedView<'a> {
    store: &'a SharedStore,
    head: Head,
}

impl<'a> SharedView<'a> {
    pub(super) fn new(store: &'a SharedStore, head: Head) -> Self {
        SharedView { store, head }
    }

    /// An object is missing. If the head is gone too, others have committed since, and have removed
    /// the object.
    fn check_is_kept(&self) -> Result<(), StoreError> {
        let head = self.store.head(self.head.number())?;
        // A head in the same place that comes from another writer is not this one.
        let is_kept = head.is_some_and(|head| head.comes_from(&self.head));
        if is_kept { Ok(()) } else { Err(StoreError::Conflict) }
    }
}

impl View for SharedView<'_> {
    fn meta(&self) -> Result<Meta, StoreError> {
        Ok(self.head.meta().clone())
    }

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        Ok(self.head.records().to_vec())
    }

    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError> {
        let Some(name) = self.head.name_of(id) else { return Ok(Vec::new()) };
        if let Some(listing) = self.store.listing(name)? {
            return Ok(listing.parts.clone());
        }
        self.check_is_kept()?;
        Err(StoreError::Damaged("the list of parts is missing".to_owned()))
    }

    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        let mut found = None;
        for batch in (NamedBy { store: self.store, head: &self.head }).batches(hash)? {
            let bytes = self.store.objects.get(&Name { hash: *hash, batch }.path(BLOBS))?;
            if bytes.as_ref().is_some_and(|bytes| ContentHash::of(bytes) == *hash) {
                return Ok(bytes);
            }
            found = bytes.or(found);
        }
        if found.is_none() {
            self.check_is_kept()?;
        }
        Ok(found)
    }

    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        let named = NamedBy { store: self.store, head: &self.head };
        Ok(!named.batches(hash)?.is_empty())
    }
}
