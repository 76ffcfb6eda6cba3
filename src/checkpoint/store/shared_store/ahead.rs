//! Chunks that are written ahead of the change that names them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::head::Found;
use super::listing::{self, Name, encoded};
use super::{NamedBy, SharedStore};
use crate::checkpoint::store::id::ContentHash;
use crate::checkpoint::store::store::Ahead;
use crate::checkpoint::store::store_error::StoreError;
use crate::sync::random_number;

/// Chunks that were written ahead, and chunks that were there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Written {
    /// The time of the head that the writer has seen before it wrote.
    since: SystemTime,
    /// The batch of the chunks that were written.
    batch: u64,
    /// All chunks, each with its batch.
    blobs: BTreeMap<ContentHash, u64>,
}

impl Written {
    pub(super) fn encode(&self) -> Result<Ahead, StoreError> {
        Ok(Ahead::new(encoded(self)?))
    }
}

impl SharedStore {
    /// Writes chunks, and finds those that are there.
    pub(super) fn write_blobs_ahead(
        &self,
        blobs: Vec<(ContentHash, Vec<u8>)>,
        named: &[ContentHash],
    ) -> Result<Written, StoreError> {
        let (Found { made: since, .. }, head) = self.newest()?;
        let (batch, known) = (random_number(), NamedBy { store: self, head: &head });
        let new: BTreeSet<_> = blobs.iter().map(|(hash, _)| *hash).collect();
        let mut batches = BTreeMap::new();
        for hash in named {
            let known = if new.contains(hash) { vec![batch] } else { known.batches(hash)? };
            let batch = known.first().copied().ok_or(StoreError::MissingBlob(*hash))?;
            batches.insert(*hash, batch);
        }
        let path = |hash| Name { hash, batch }.path(listing::BLOBS);
        self.objects.put_all(blobs.into_iter().map(|(hash, bytes)| (path(hash), bytes)))?;
        Ok(Written { since, batch, blobs: batches })
    }

    /// The chunks of `ahead`, each with its batch, for a change on this head.
    ///
    /// A sweep takes chunks that were written ahead for garbage until a head names them. It removes
    /// none that is younger than the grace period at the time of its newest head. These are younger
    /// than half of that at the time of this head, and no sweep has a newer one: the next head is
    /// the one that will name them.
    pub(super) fn check_ahead(
        &self,
        found: &Found,
        named: &NamedBy<'_>,
        ahead: &Ahead,
    ) -> Result<BTreeMap<ContentHash, u64>, StoreError> {
        let not_ahead = |error| StoreError::Other(format!("these were not written ahead: {error}"));
        let written: Written = postcard::from_bytes(ahead.as_bytes()).map_err(not_ahead)?;
        if found.made > written.since + self.grace / 2 {
            return Err(StoreError::Expired);
        }
        for (hash, batch) in &written.blobs {
            // Another writer may have removed the checkpoint that had the chunk.
            if *batch != written.batch && !named.batches(hash)?.contains(batch) {
                return Err(StoreError::Expired);
            }
        }
        Ok(written.blobs)
    }
}
