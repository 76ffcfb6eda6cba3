//! The contents of the file at one moment.

use redb::{ReadTransaction, ReadableTable};

use super::guard;
use super::tables::{self, BLOBS, CHECKPOINTS, ITSELF, META, PARTS};
use crate::checkpoint::id::{CheckpointId, ContentHash};
use crate::checkpoint::record::{Meta, Part, Record};
use crate::checkpoint::store::View;
use crate::checkpoint::store_error::StoreError;

pub(super) struct FileView(ReadTransaction);

impl FileView {
    pub(super) fn new(transaction: ReadTransaction) -> Self {
        FileView(transaction)
    }
}

impl View for FileView {
    fn meta(&self) -> Result<Meta, StoreError> {
        guard(|| -> Result<Meta, StoreError> {
            let table = self.0.open_table(META)?;
            let value =
                table.get(ITSELF)?.ok_or_else(|| tables::missing("the store's own data"))?;
            tables::decoded(value.value(), "the store's own data")
        })
    }

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        guard(|| -> Result<Vec<Record>, StoreError> {
            let table = self.0.open_table(CHECKPOINTS)?;
            let rows = table.iter()?;
            rows.map(|row| tables::record(row?.1.value())).collect()
        })
    }

    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError> {
        guard(|| -> Result<Vec<Part>, StoreError> {
            let table = self.0.open_table(PARTS)?;
            let rows = table.range(tables::rows_of(id))?;
            rows.map(|row| tables::decoded(row?.1.value(), "a part")).collect()
        })
    }

    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        guard(|| -> Result<Option<Vec<u8>>, StoreError> {
            let table = self.0.open_table(BLOBS)?;
            Ok(table.get(hash.as_bytes())?.map(|bytes| bytes.value().to_vec()))
        })
    }

    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        guard(|| -> Result<bool, StoreError> {
            Ok(self.0.open_table(BLOBS)?.get(hash.as_bytes())?.is_some())
        })
    }
}
