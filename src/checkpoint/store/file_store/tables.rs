//! The tables of the file, and the changes of them.
//!
//! | table | key | value |
//! |---|---|---|
//! | `meta` | "format", "meta" | the number of the format; the data of the store about itself |
//! | `checkpoints` | id | the record of a checkpoint |
//! | `parts` | id, place | a part: its name, its numbers, and its chunks |
//! | `blobs` | hash | bytes |
//! | `places` | hash | how many places in parts name the blob |
//!
//! The number of places has a table of its own, so that a change of the number does not write the
//! bytes again.

use std::io;
use std::path::Path;
use std::sync::Arc;

use redb::{
    DatabaseError, ReadTransaction, ReadableTable, StorageError, TableDefinition, TableError,
    WriteTransaction,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::checkpoint::store::id::CheckpointId;
use crate::checkpoint::store::memory_store::blobs_of;
use crate::checkpoint::store::record::{Meta, Part, Record};
use crate::checkpoint::store::store::Change;
use crate::checkpoint::store::store_error::StoreError;

pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
pub(super) const CHECKPOINTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("checkpoints");
pub(super) const PARTS: TableDefinition<'_, (u64, u32), &[u8]> = TableDefinition::new("parts");
pub(super) const BLOBS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("blobs");
pub(super) const PLACES: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("places");

/// The keys of `meta`.
const FORMAT: &str = "format";
pub(super) const ITSELF: &str = "meta";

type Written = Result<(), StoreError>;

/// Makes the tables of a new store.
pub(super) fn create(transaction: &WriteTransaction, format: u32, meta: &Meta) -> Written {
    let mut table = transaction.open_table(META)?;
    table.insert(FORMAT, format.to_le_bytes().as_slice())?;
    table.insert(ITSELF, encoded(meta)?.as_slice())?;
    transaction.open_table(CHECKPOINTS)?;
    transaction.open_table(PARTS)?;
    transaction.open_table(BLOBS)?;
    transaction.open_table(PLACES)?;
    Ok(())
}

/// The number of the file's format, if the file has one.
pub(super) fn format(transaction: &ReadTransaction) -> Result<Option<u32>, StoreError> {
    let table = match transaction.open_table(META) {
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        table => table?,
    };
    let Some(value) = table.get(FORMAT)? else { return Ok(None) };
    Ok(value.value().try_into().ok().map(u32::from_le_bytes))
}

pub(super) fn apply(transaction: &WriteTransaction, change: &Change) -> Written {
    refuse_stale(transaction, change)?;
    if !change.ahead.is_empty() {
        return Err(StoreError::NotShared);
    }
    insert_blobs(transaction, change)?;
    insert_parts(transaction, change)?;
    for id in &change.removed {
        remove(transaction, *id)?;
    }
    remove_unnamed(transaction, change)?;
    let mut checkpoints = transaction.open_table(CHECKPOINTS)?;
    for record in &change.records {
        checkpoints.insert(record.id.get(), encoded(record)?.as_slice())?;
    }
    transaction.open_table(META)?.insert(ITSELF, encoded(&change.meta)?.as_slice())?;
    Ok(())
}

fn refuse_stale(transaction: &WriteTransaction, change: &Change) -> Written {
    let meta = {
        let table = transaction.open_table(META)?;
        let value = table.get(ITSELF)?.ok_or_else(|| missing("the store's own data"))?;
        decoded::<Meta>(value.value(), "the store's own data")?
    };
    if change.is_stale(&meta) { Err(StoreError::Conflict) } else { Ok(()) }
}

fn insert_blobs(transaction: &WriteTransaction, change: &Change) -> Written {
    let (mut blobs, mut places) = (transaction.open_table(BLOBS)?, transaction.open_table(PLACES)?);
    for (hash, bytes) in &change.blobs {
        // The bytes in the store may be damaged, or gone.
        blobs.insert(hash.as_bytes(), bytes.as_slice())?;
        if places.get(hash.as_bytes())?.is_none() {
            places.insert(hash.as_bytes(), 0)?;
        }
    }
    Ok(())
}

fn insert_parts(transaction: &WriteTransaction, change: &Change) -> Written {
    let (mut table, mut places) = (transaction.open_table(PARTS)?, transaction.open_table(PLACES)?);
    for (id, parts) in &change.parts {
        for (place, part) in (0..).zip(parts) {
            table.insert((id.get(), place), encoded(part)?.as_slice())?;
        }
        for hash in blobs_of(parts) {
            let Some(named) = places.get(hash.as_bytes())?.map(|places| places.value()) else {
                return Err(StoreError::MissingBlob(hash));
            };
            places.insert(hash.as_bytes(), named + 1)?;
        }
    }
    Ok(())
}

fn remove(transaction: &WriteTransaction, id: CheckpointId) -> Written {
    transaction.open_table(CHECKPOINTS)?.remove(id.get())?;
    let mut table = transaction.open_table(PARTS)?;
    let mut parts = Vec::new();
    for row in table.extract_from_if(rows_of(id), |_, _| true)? {
        parts.push(decoded::<Part>(row?.1.value(), "a part")?);
    }
    let (mut blobs, mut places) = (transaction.open_table(BLOBS)?, transaction.open_table(PLACES)?);
    for hash in blobs_of(&parts) {
        let named = places.get(hash.as_bytes())?.map_or(0, |places| places.value());
        if named > 1 {
            places.insert(hash.as_bytes(), named - 1)?;
        } else {
            places.remove(hash.as_bytes())?;
            blobs.remove(hash.as_bytes())?;
        }
    }
    Ok(())
}

/// Removes the blobs of the change that no part names.
fn remove_unnamed(transaction: &WriteTransaction, change: &Change) -> Written {
    let (mut blobs, mut places) = (transaction.open_table(BLOBS)?, transaction.open_table(PLACES)?);
    for (hash, _) in &change.blobs {
        if places.get(hash.as_bytes())?.is_some_and(|places| places.value() == 0) {
            places.remove(hash.as_bytes())?;
            blobs.remove(hash.as_bytes())?;
        }
    }
    Ok(())
}

/// The keys of the parts of a checkpoint.
pub(super) fn rows_of(id: CheckpointId) -> std::ops::RangeInclusive<(u64, u32)> {
    (id.get(), 0)..=(id.get(), u32::MAX)
}

fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    postcard::to_stdvec(value).map_err(|error| StoreError::Other(error.to_string()))
}

pub(super) fn decoded<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, StoreError> {
    let damaged = |error| StoreError::Damaged(format!("{what} cannot be read: {error}"));
    postcard::from_bytes(bytes).map_err(damaged)
}

/// The error for a missing row or table. Every store has this row or table.
pub(super) fn missing(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} is missing"))
}

pub(super) fn record(id: u64, bytes: &[u8]) -> Result<Record, StoreError> {
    decoded(bytes, &format!("the record of {}", CheckpointId::new(id)))
}

/// Why a file was not opened.
pub(super) fn of_open(path: &Path, error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse(path.to_owned()),
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == io::ErrorKind::InvalidData =>
        {
            StoreError::NoStore { path: path.to_owned(), why: error.to_string() }
        }
        // The file names a length or a version that no store has written.
        DatabaseError::Storage(StorageError::Io(error))
            if error.kind() == io::ErrorKind::UnexpectedEof =>
        {
            StoreError::Damaged("the file is shorter than it says".to_owned())
        }
        DatabaseError::UpgradeRequired(version) => {
            StoreError::Damaged(format!("the file says that it has version {version} of redb"))
        }
        error => redb::Error::from(error).into(),
    }
}

impl From<redb::Error> for StoreError {
    fn from(error: redb::Error) -> Self {
        match error {
            redb::Error::Io(error) => {
                StoreError::Io { what: "read or write its file", error: Arc::new(error) }
            }
            // Another call has failed meanwhile. The next call opens the file again.
            redb::Error::PreviousIo | redb::Error::DatabaseClosed => {
                let error = io::Error::other("another call has failed meanwhile");
                StoreError::io("read or write its file", error)
            }
            redb::Error::Corrupted(why) => StoreError::Damaged(why),
            error @ redb::Error::TableDoesNotExist(_) => StoreError::Damaged(error.to_string()),
            error => StoreError::Other(error.to_string()),
        }
    }
}

impl From<TableError> for StoreError {
    fn from(error: TableError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::TransactionError> for StoreError {
    fn from(error: redb::TransactionError) -> Self {
        redb::Error::from(error).into()
    }
}
