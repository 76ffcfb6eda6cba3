//! The list of a checkpoint's parts, and the names of objects.

use std::collections::BTreeMap;

use object_store::path::Path;
use serde::{Deserialize, Serialize};

use crate::checkpoint::store::id::ContentHash;
use crate::checkpoint::store::record::Part;
use crate::checkpoint::store::store_error::StoreError;

/// The folder of lists of parts.
pub(super) const FOLDER: &str = "parts";

/// The folder of chunks.
pub(super) const BLOBS: &str = "blobs";

/// The name of an object that is written once: the hash of its bytes, and the batch in which it
/// was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Name {
    pub(super) hash: ContentHash,
    pub(super) batch: u64,
}

/// The parts of a checkpoint, and the batch of each chunk that they name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listing {
    pub(super) parts: Vec<Part>,
    pub(super) blobs: BTreeMap<ContentHash, u64>,
}

impl Name {
    /// The path of the object. Chunks are spread over 256 folders.
    pub(super) fn path(&self, folder: &str) -> Path {
        let Name { hash, batch } = self;
        let name = format!("{hash:#}-{batch:016x}");
        match folder {
            BLOBS => Path::from(format!("{folder}/{}/{name}", &name[..2])),
            _ => Path::from(format!("{folder}/{name}")),
        }
    }
}

impl Listing {
    /// The name and the bytes of the list.
    pub(super) fn encode(&self, batch: u64) -> Result<(Name, Vec<u8>), StoreError> {
        let bytes = encoded(self)?;
        Ok((Name { hash: ContentHash::of(&bytes), batch }, bytes))
    }

    pub(super) fn decode(name: &Name, bytes: &[u8]) -> Result<Self, StoreError> {
        let path = name.path(FOLDER);
        let damaged = || StoreError::Damaged(format!("{path} is not what was written"));
        if ContentHash::of(bytes) != name.hash {
            return Err(damaged());
        }
        postcard::from_bytes(bytes).map_err(|_| damaged())
    }

    /// The paths of the chunks.
    pub(super) fn paths(&self) -> impl Iterator<Item = Path> {
        self.blobs.iter().map(|(&hash, &batch)| Name { hash, batch }.path(BLOBS))
    }
}

pub(super) fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(value).map_err(|error| StoreError::Other(error.to_string()))
}
