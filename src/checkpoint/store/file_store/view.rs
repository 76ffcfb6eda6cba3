//! The contents of the file at one moment.

use redb::{ReadTransaction, ReadableTable};

use super::tables::{self, BLOBS, CHECKPOINTS, ITSELF, META, PARTS, PLACES};
use super::{FileStore, guard};
use crate::checkpoint::store::id::{CheckpointId, ContentHash};
use crate::checkpoint::store::record::{Meta, Part, Record};
use crate::checkpoint::store::store::View;
use crate::checkpoint::store::store_error::StoreError;

pub(super) struct FileView<'a> {
    store: &'a FileStore,
    transaction: ReadTransaction,
}

impl<'a> FileView<'a> {
    pub(super) fn new(store: &'a FileStore, transaction: ReadTransaction) -> Self {
        FileView { store, transaction }
    }

    fn read<T>(
        &self,
        body: impl FnOnce(&ReadTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let read = guard(|| body(&self.transaction));
        if let Err(StoreError::Io { .. }) = read {
            self.store.close();
        }
        read
    }
}

impl View for FileView<'_> {
    fn meta(&self) -> Result<Meta, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(META)?;
            let value =
                table.get(ITSELF)?.ok_or_else(|| tables::missing("the store's own data"))?;
            tables::decoded(value.value(), "the store's own data")
        })
    }

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(CHECKPOINTS)?;
            let rows = table.iter()?;
            rows.map(|row| {
                let (id, record) = row?;
                tables::record(id.value(), record.value())
            })
            .collect()
        })
    }

    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(PARTS)?;
            let rows = table.range(tables::rows_of(id))?;
            rows.map(|row| tables::decoded(row?.1.value(), "a part")).collect()
        })
    }

    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|transaction| {
            let table = transaction.open_table(BLOBS)?;
            Ok(table.get(hash.as_bytes())?.map(|bytes| bytes.value().to_vec()))
        })
    }

    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        // The bytes themselves are not read for this.
        self.read(|transaction| Ok(transaction.open_table(PLACES)?.get(hash.as_bytes())?.is_some()))
    }
}
