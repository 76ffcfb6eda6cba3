//! Calls on a store that need no types of states and messages: lists, sizes, checks, pins.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::contents::load_error::{Damage, LoadError};
use super::contents::reading::Reader;
use super::contents::save_error::SaveError;
use super::store::id::CheckpointId;
use super::store::record::{Meta, Part, Record};
use super::store::store::{Change, Store, View};
use super::store::store_error::StoreError;
use super::wall_clock::now;
use crate::sync::Mutex;
use crate::topology::Topology;

/// The calls on a store that need no types of states and messages. They list checkpoints, show the
/// sizes of their parts, check hashes, and pin checkpoints. [`Checkpoints`](super::Checkpoints)
/// reads and writes snapshots. Clones share the store.
#[derive(Clone)]
pub struct Catalog {
    pub(super) store: Arc<dyn Store>,
    /// Held from the view of the store to the commit of the change that is made from it.
    pub(super) turn: Arc<Mutex<()>>,
}

/// A part that differs between two checkpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Changed {
    /// The node, the link or another part, in words.
    pub name: String,
    /// The part in the older checkpoint, if it has one of this name.
    pub older: Option<Part>,
    /// The part in the newer checkpoint, if it has one of this name.
    pub newer: Option<Part>,
}

impl Catalog {
    /// A catalog of this store.
    pub fn new(store: impl Store) -> Self {
        Catalog { store: Arc::new(store), turn: Arc::new(Mutex::new(())) }
    }

    /// The records of all checkpoints, in the order of their ids.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn list(&self) -> Result<Vec<Record>, StoreError> {
        self.store.view()?.records()
    }

    /// The parts of a checkpoint: the topology, the snapshot as a whole, nodes, outputs, links.
    /// [`Part::length`] is the size of a part in bytes.
    ///
    /// # Errors
    /// If there is no such checkpoint, if its list of parts is damaged, or if the store cannot be
    /// read.
    pub fn parts(&self, id: CheckpointId) -> Result<Vec<Part>, LoadError> {
        self.read(|view| Reader::new(view, &record_of(view, id)?).parts())
    }

    /// The topology of a checkpoint.
    ///
    /// # Errors
    /// If there is no such checkpoint, if it is damaged, or if the store cannot be read.
    pub fn topology(&self, id: CheckpointId) -> Result<Topology, LoadError> {
        self.read(|view| {
            let record = record_of(view, id)?;
            let reader = Reader::new(view, &record);
            reader.topology(&reader.parts()?)
        })
    }

    /// Reads a whole checkpoint and checks every hash. A good checkpoint is marked as verified. The
    /// store keeps the checkpoint that was verified last, until another one is verified.
    ///
    /// # Errors
    /// [`LoadError::Damaged`] names the first damaged part. Also if there is no such checkpoint, or
    /// if the store cannot be read or written. In a [salvaged](super::FileStore::salvage) store,
    /// which cannot be written, the checkpoint is not marked.
    pub fn verify(&self, id: CheckpointId) -> Result<Record, LoadError> {
        let record = self.read(|view| {
            let record = record_of(view, id)?;
            let reader = Reader::new(view, &record);
            reader.parts()?.iter().try_for_each(|part| reader.contents(part).map(drop))?;
            Ok(record)
        })?;
        match self.mark(id, |record| record.verified = Some(now())) {
            // A copy of a damaged file cannot be marked.
            Err(SaveError::Store(StoreError::Salvaged(_))) => Ok(record),
            Err(SaveError::Store(error)) => Err(LoadError::Store(error)),
            Err(_) => Err(LoadError::Unknown(id)),
            Ok(marked) => Ok(marked),
        }
    }

    /// Pins a checkpoint: it is kept however many checkpoints follow.
    ///
    /// # Errors
    /// If there is no such checkpoint, or the store cannot be written.
    pub fn pin(&self, id: CheckpointId) -> Result<Record, SaveError> {
        self.mark(id, |record| record.is_pinned = true)
    }

    /// Removes a pin. The next save may then remove the checkpoint.
    ///
    /// # Errors
    /// As [`pin`](Self::pin).
    pub fn unpin(&self, id: CheckpointId) -> Result<Record, SaveError> {
        self.mark(id, |record| record.is_pinned = false)
    }

    /// The parts that differ between two checkpoints, by name. Hashes are compared, and contents
    /// are not read.
    ///
    /// # Errors
    /// As [`parts`](Self::parts).
    pub fn changed(
        &self,
        older: CheckpointId,
        newer: CheckpointId,
    ) -> Result<Vec<Changed>, LoadError> {
        let mut parts: BTreeMap<String, Changed> = BTreeMap::new();
        let mut of_name = |part: Part, set: fn(&mut Changed, Part)| {
            let changed = parts.entry(part.name.clone());
            let new = Changed { name: part.name.clone(), older: None, newer: None };
            set(changed.or_insert(new), part);
        };
        for part in self.parts(older)? {
            of_name(part, |changed, part| changed.older = Some(part));
        }
        for part in self.parts(newer)? {
            of_name(part, |changed, part| changed.newer = Some(part));
        }
        Ok(parts.into_values().filter(|changed| changed.older != changed.newer).collect())
    }

    /// Reads from a view of the store. If other writers have removed its contents meanwhile, reads
    /// again from a new one.
    pub(super) fn read<T>(
        &self,
        body: impl Fn(&dyn View) -> Result<T, LoadError>,
    ) -> Result<T, LoadError> {
        let read = || body(&*self.store.view()?);
        again(read, |error| matches!(error, LoadError::Store(StoreError::Conflict)))
    }

    fn mark(&self, id: CheckpointId, change: impl Fn(&mut Record)) -> Result<Record, SaveError> {
        let _turn = self.turn.lock();
        save_again(|| self.mark_once(id, &change))
    }

    fn mark_once(
        &self,
        id: CheckpointId,
        change: impl Fn(&mut Record),
    ) -> Result<Record, SaveError> {
        let (meta, record) = {
            let view = self.store.view()?;
            (view.meta()?, view.records()?.into_iter().find(|record| record.id == id))
        };
        let mut record = record.ok_or(SaveError::Unknown(id))?;
        change(&mut record);
        let meta = Meta { changes: meta.changes.wrapping_add(1), ..meta };
        let (parts, blobs, ahead, removed) = Default::default();
        let records = vec![record.clone()];
        self.store.commit(Change { meta, records, parts, blobs, ahead, removed })?;
        Ok(record)
    }
}

/// How many times a change is tried while other writers change the store.
const TRIES: usize = 100;

/// Prepares and commits a change. If another writer has changed the store meanwhile, the change is
/// prepared again.
pub(super) fn save_again<T>(change: impl Fn() -> Result<T, SaveError>) -> Result<T, SaveError> {
    again(change, |error| {
        matches!(error, SaveError::Store(StoreError::Conflict | StoreError::MissingBlob(_)))
    })
}

/// Calls again while other writers come in between.
fn again<T, E>(call: impl Fn() -> Result<T, E>, is_overtaken: impl Fn(&E) -> bool) -> Result<T, E> {
    for _ in 1..TRIES {
        match call() {
            Err(error) if is_overtaken(&error) => {}
            result => return result,
        }
    }
    call()
}

pub(super) fn record_of(view: &dyn View, id: CheckpointId) -> Result<Record, LoadError> {
    let found = view.records()?.into_iter().find(|record| record.id == id);
    found.ok_or(LoadError::Unknown(id))
}

/// The damage, if the checkpoint is damaged. Any other error is passed on.
pub(super) fn as_damage(error: LoadError) -> Result<Damage, LoadError> {
    match error {
        LoadError::Damaged(damage) => Ok(damage),
        error => Err(error),
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalog").field("store", &self.store).finish_non_exhaustive()
    }
}
