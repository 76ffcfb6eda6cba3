//! A store that counts what is read and written, and that damages the rows it is told to.

use std::collections::BTreeMap;
use std::sync::Arc;

use consistent_cut::checkpoint::{
    Change, CheckpointId, ContentHash, MemoryStore, Meta, Part, Record, Store, StoreError, View,
};
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A store in memory. Clones are the same store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    inner: Arc<MemoryStore>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    counts: Counts,
    damage: BTreeMap<Row, Damage>,
    /// The blobs that were given to the store with the last change.
    written: Vec<ContentHash>,
}

/// How often something was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) parts: u64,
    pub(crate) blobs: u64,
}

/// A row of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    Meta,
    Record(CheckpointId),
    /// A part by its place.
    Part(CheckpointId, usize),
    Blob(ContentHash),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Damage {
    /// Another value of one bit.
    Flip(usize),
    /// Only this number of bytes is left.
    Cut(usize),
    Gone,
}

impl Watched {
    pub(crate) fn counts(&self) -> Counts {
        self.state.lock().counts
    }

    /// The blobs of the last change.
    pub(crate) fn written(&self) -> Vec<ContentHash> {
        self.state.lock().written.clone()
    }

    pub(crate) fn damage(&self, row: Row, damage: Damage) {
        self.state.lock().damage.insert(row, damage);
    }

    pub(crate) fn mend(&self) {
        self.state.lock().damage.clear();
    }

    /// All rows of the store with their sizes in bytes.
    pub(crate) fn rows(&self) -> Vec<(Row, usize)> {
        let view = self.inner.view().expect("memory does not fail");
        let mut rows = vec![(Row::Meta, encoded(&view.meta().expect("it is there")).len())];
        for record in view.records().expect("they are there") {
            rows.push((Row::Record(record.id), encoded(&record).len()));
            for (place, part) in view.parts(record.id).expect("they are there").iter().enumerate() {
                rows.push((Row::Part(record.id, place), encoded(part).len()));
            }
        }
        let blobs = crate::watched::named(&*view);
        rows.extend(blobs.into_iter().map(|hash| {
            let bytes = view.blob(&hash).expect("memory does not fail").expect("it is there");
            (Row::Blob(hash), bytes.len())
        }));
        rows
    }

    /// How many bytes the blobs take.
    pub(crate) fn blob_bytes(&self) -> u64 {
        self.inner.blob_bytes()
    }
}

/// The blobs that the parts in a store name, each once.
pub(crate) fn named(view: &dyn View) -> Vec<ContentHash> {
    use consistent_cut::checkpoint::Chunk;
    let mut named = std::collections::BTreeSet::new();
    for record in view.records().expect("they are there") {
        for part in view.parts(record.id).expect("they are there") {
            named.extend(part.chunks.iter().filter_map(|chunk| match chunk {
                Chunk::Inline(_) => None,
                Chunk::Blob { hash, .. } => Some(*hash),
            }));
        }
    }
    named.into_iter().collect()
}

fn encoded<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("rows can be written")
}

impl Store for Watched {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        Ok(Box::new(WatchedView { inner: self.inner.view()?, state: &self.state }))
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        self.state.lock().written = change.blobs.iter().map(|(hash, _)| *hash).collect();
        self.inner.commit(change)
    }
}

struct WatchedView<'a> {
    inner: Box<dyn View + 'a>,
    state: &'a Mutex<State>,
}

impl WatchedView<'_> {
    /// The bytes of a row as the damage has left them; `None` if they are gone.
    fn damaged(&self, row: Row, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
        match self.state.lock().damage.get(&row) {
            // A record is a byte longer or shorter in another run, since it holds times.
            Some(Damage::Flip(bit)) => {
                let at = bit / 8 % bytes.len();
                bytes[at] ^= 1 << (bit % 8);
            }
            Some(Damage::Cut(left)) => bytes.truncate(*left),
            Some(Damage::Gone) => return None,
            None => {}
        }
        Some(bytes)
    }

    fn read<T: Serialize + DeserializeOwned>(
        &self,
        row: Row,
        value: &T,
    ) -> Result<Option<T>, StoreError> {
        let Some(bytes) = self.damaged(row, encoded(value)) else { return Ok(None) };
        let damaged = |error| StoreError::Damaged(format!("a row cannot be read: {error}"));
        postcard::from_bytes(&bytes).map(Some).map_err(damaged)
    }
}

impl View for WatchedView<'_> {
    fn meta(&self) -> Result<Meta, StoreError> {
        let gone = || StoreError::Damaged("the store's own data is missing".into());
        self.read(Row::Meta, &self.inner.meta()?)?.ok_or_else(gone)
    }

    fn records(&self) -> Result<Vec<Record>, StoreError> {
        let records = self.inner.records()?;
        let read = records.iter().map(|record| self.read(Row::Record(record.id), record));
        read.filter_map(Result::transpose).collect()
    }

    fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, StoreError> {
        self.state.lock().counts.parts += 1;
        let parts = self.inner.parts(id)?;
        let rows = parts.iter().enumerate();
        let read = rows.map(|(place, part)| self.read(Row::Part(id, place), part));
        read.filter_map(Result::transpose).collect()
    }

    fn blob(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
        self.state.lock().counts.blobs += 1;
        let bytes = self.inner.blob(hash)?;
        Ok(bytes.and_then(|bytes| self.damaged(Row::Blob(*hash), bytes)))
    }

    fn has_blob(&self, hash: &ContentHash) -> Result<bool, StoreError> {
        self.inner.has_blob(hash)
    }
}
