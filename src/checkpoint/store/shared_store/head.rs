//! Heads: the contents of the store after a change.

use std::time::SystemTime;

use object_store::ObjectMeta;
use object_store::path::Path;
use serde::{Deserialize, Serialize};

use super::listing::{Name, encoded};
use crate::checkpoint::store::id::{CheckpointId, ContentHash};
use crate::checkpoint::store::record::{Meta, Record};
use crate::checkpoint::store::store_error::StoreError;
use crate::sync::random_number;

pub(super) const FOLDER: &str = "heads";

/// The format that this version writes and reads.
const FORMAT: u32 = 1;

/// How many batches before its own a head knows.
const LINE: usize = 64;

/// A head among the objects of the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) number: u64,
    /// The store's time when the head was made.
    pub(super) made: SystemTime,
}

/// The contents of the store after a change.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Head {
    meta: Meta,
    /// In the order of their ids.
    records: Vec<Record>,
    /// The list of parts of each checkpoint, in the order of the ids.
    parts: Vec<(CheckpointId, Name)>,
    /// The batches of the last changes, that of this head last.
    line: Vec<u64>,
}

/// The path of a head.
pub(super) fn path(number: u64) -> Path {
    Path::from(format!("{FOLDER}/{number:020}"))
}

/// The head of which this is the object. Other objects are passed over.
pub(super) fn found(object: &ObjectMeta) -> Option<Found> {
    let number = object.location.filename()?.parse().ok()?;
    Some(Found { number, made: object.last_modified.into() })
}

impl Head {
    /// The head of a store without checkpoints.
    pub(super) fn first() -> Self {
        let line = vec![random_number()];
        Head { meta: Meta::new(), records: Vec::new(), parts: Vec::new(), line }
    }

    /// The head after a change.
    pub(super) fn after(
        self,
        meta: Meta,
        records: Vec<Record>,
        parts: Vec<(CheckpointId, Name)>,
        removed: &[CheckpointId],
        batch: u64,
    ) -> Self {
        let mut next = Head { meta, ..self };
        next.records.retain(|old| !removed.contains(&old.id));
        for record in records {
            next.records.retain(|old| old.id != record.id);
            next.records.push(record);
        }
        next.records.sort_by_key(|record| record.id);
        let is_new = |id: &CheckpointId| parts.iter().any(|(new, _)| new == id);
        next.parts.retain(|(id, _)| !removed.contains(id) && !is_new(id));
        next.parts.extend(parts);
        next.parts.sort_by_key(|(id, _)| *id);
        next.line.drain(..next.line.len().saturating_sub(LINE));
        next.line.push(batch);
        next
    }

    /// The number of the head: how many changes there were.
    pub(super) fn number(&self) -> u64 {
        self.meta.changes
    }

    pub(super) fn meta(&self) -> &Meta {
        &self.meta
    }

    pub(super) fn records(&self) -> &[Record] {
        &self.records
    }

    /// The list of parts of a checkpoint.
    pub(super) fn name_of(&self, id: CheckpointId) -> Option<&Name> {
        self.parts.iter().find(|(known, _)| *known == id).map(|(_, name)| name)
    }

    /// The lists of parts of all checkpoints, in the order of the ids.
    pub(super) fn names(&self) -> impl DoubleEndedIterator<Item = &Name> {
        self.parts.iter().map(|(_, name)| name)
    }

    /// Whether the change of `other` is among the last changes that led to this head.
    pub(super) fn comes_from(&self, other: &Head) -> bool {
        other.line.last().is_some_and(|batch| self.line.contains(batch))
    }

    /// The format, the hash of the rest, and the rest.
    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        let rest = encoded(self)?;
        let hash = ContentHash::of(&rest);
        Ok([FORMAT.to_le_bytes().as_slice(), hash.as_bytes(), &rest].concat())
    }

    pub(super) fn decode(number: u64, bytes: &[u8]) -> Result<Self, StoreError> {
        let path = path(number);
        let damaged = || StoreError::Damaged(format!("{path} is not what was written"));
        let (format, bytes) = bytes.split_first_chunk().ok_or_else(damaged)?;
        let found = u32::from_le_bytes(*format);
        if found != FORMAT {
            return Err(StoreError::OtherFormat { found, known: FORMAT });
        }
        let (hash, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
        if ContentHash::of(rest) != ContentHash::from_bytes(*hash) {
            return Err(damaged());
        }
        let head: Head = postcard::from_bytes(rest).map_err(|_| damaged())?;
        if head.number() == number { Ok(head) } else { Err(damaged()) }
    }
}
