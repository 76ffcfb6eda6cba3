//! Snapshots that are saved in a store and loaded from it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::catalog::{Catalog, as_damage, record_of, save_again};
use super::contents::codec::Codec;
use super::contents::format::{AnyFormat, Format};
use super::contents::load_error::{Damage, LoadError};
use super::contents::other_topology::difference;
use super::contents::reading::{Reader, hash_of};
use super::contents::save_error::SaveError;
use super::contents::writing::{List, Written, take_apart};
use super::retention::superfluous;
use super::store::id::{CheckpointId, ContentHash};
use super::store::record::{Counts, Record};
use super::store::store::{Ahead, Change, Store, View};
use super::store::store_error::StoreError;
use super::transfer::TransferError;
use super::wall_clock::now;
use crate::meters::damage_found;
use crate::runtime::Clock;
use crate::snapshot::GlobalSnapshot;
use crate::sync::Mutex;

/// The checkpoints of a system in a [store](Store). Clones share the store.
///
/// ```
/// use consistent_cut::checkpoint::{Checkpoints, Format, MemoryStore, Which};
/// # use consistent_cut::{Context, Link, NodeId, Process, System, Topology};
/// # struct Sum(u64);
/// # impl Process for Sum {
/// #     type State = u64;
/// #     type Message = u64;
/// #     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) {
/// #         self.0 += number
/// #     }
/// #     fn state(&self) -> u64 { self.0 }
/// # }
/// # let system = System::builder(Topology::ring(2)?).spawn(|_| Sum(7))?;
/// let checkpoints = Checkpoints::new(MemoryStore::new(), Format::default());
/// let record = checkpoints.save(&*system.snapshot()?)?;
/// println!("{record}");
/// let loaded = checkpoints.load(Which::Newest)?;
/// assert_eq!(loaded.snapshot.state(NodeId::new(0)), &7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Checkpoints<S, M> {
    pub(super) catalog: Catalog,
    pub(super) format: Arc<dyn AnyFormat<S, M>>,
    keep: usize,
    /// The checkpoints that were found damaged. They are not read again.
    damaged: Arc<Mutex<BTreeMap<CheckpointId, Damage>>>,
}

/// Which checkpoint to read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Which {
    /// The newest that is not damaged.
    #[default]
    Newest,
    /// The one with this id.
    Id(CheckpointId),
}

/// A checkpoint that was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded<S, M> {
    /// The snapshot.
    pub snapshot: GlobalSnapshot<S, M>,
    /// The record of the checkpoint.
    pub record: Record,
    /// The newer checkpoints that are damaged, the newest first.
    pub damaged: Vec<Damage>,
}

impl<S: 'static, M: 'static> Checkpoints<S, M> {
    /// Checkpoints in this store, with states and messages in this format. The newest three are
    /// kept, unless [`keep`](Self::keep) sets another number.
    pub fn new<C: Codec>(store: impl Store, format: Format<S, M, C>) -> Self
    where
        S: Serialize + DeserializeOwned,
        M: Serialize + DeserializeOwned,
    {
        Checkpoints {
            catalog: Catalog::new(store),
            format: Arc::new(format),
            keep: 3,
            damaged: Arc::new(Mutex::new(BTreeMap::new())),
        }
    }

    /// Sets how many of the newest checkpoints are kept; at least one. These are kept too:
    /// [pinned](Catalog::pin) checkpoints, the one that was [verified](Catalog::verify) last, and
    /// as many of the newest checkpoints without a failed node, since only those can be restored.
    #[must_use]
    pub fn keep(self, newest: usize) -> Self {
        Checkpoints { keep: newest.max(1), ..self }
    }

    /// The calls that need no types of states and messages.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

/// Saving and loading.
impl<S, M> Checkpoints<S, M> {
    /// Saves a snapshot, and removes the checkpoints that are [not kept](Self::keep) any more. When
    /// the call returns, the checkpoint is durable. A crash during the call leaves the store as it
    /// was, or with the whole checkpoint. Chunks that the store has are not written again.
    ///
    /// # Errors
    /// If a value cannot be encoded, if the store holds checkpoints of another topology, or if the
    /// store fails. Then the store is as it was, or has the whole checkpoint.
    pub fn save(&self, snapshot: &GlobalSnapshot<S, M>) -> Result<Record, SaveError> {
        self.save_with(snapshot, &[])
    }

    /// Saves a snapshot whose nodes are in lists, if there are any.
    pub(super) fn save_with(
        &self,
        snapshot: &GlobalSnapshot<S, M>,
        lists: &[List],
    ) -> Result<Record, SaveError> {
        let _turn = self.catalog.turn.lock();
        save_again(|| {
            let (change, record) = self.prepare(snapshot, lists)?;
            self.catalog.store.commit(change)?;
            Ok(record)
        })
    }

    fn prepare(
        &self,
        snapshot: &GlobalSnapshot<S, M>,
        lists: &[List],
    ) -> Result<(Change, Record), SaveError> {
        let clock = Clock::start();
        let view = self.catalog.store.view()?;
        let mut meta = view.meta()?;
        meta.changes = meta.changes.wrapping_add(1);
        let known = self.damaged.lock().clone();
        let damaged = self.damaged_contents();
        let Written { parts, blobs, topology, counts } =
            take_apart(snapshot, &*self.format, &*view, &damaged, lists)?;
        match meta.topology.replace(topology) {
            Some(stored) if stored != topology => {
                let difference = difference(&*view, snapshot.topology());
                return Err(SaveError::OtherTopology { difference });
            }
            _ => {}
        }
        let mut records = view.records()?;
        // In a damaged store the next id may be too low. An id is never used twice.
        let newest = records.last().map_or(0, |record| record.id.get());
        let id = meta.next.max(CheckpointId::new(newest.saturating_add(1)));
        meta.next = CheckpointId::new(id.get().saturating_add(1));
        let (state_version, message_version) = self.format.versions();
        let mut record = Record {
            id,
            snapshot: snapshot.id(),
            written: now(),
            codec: self.format.codec().to_owned(),
            state_version,
            message_version,
            application: self.format.application().to_owned(),
            counts: Counts { encoding: counts.encoding + clock.now(), ..counts },
            hash: ContentHash::from_bytes([0; 32]),
            is_pinned: false,
            verified: None,
        };
        record.hash = hash_of(&record, &parts);
        records.push(record.clone());
        let removed = superfluous(&records, self.keep, &known);
        let (records, parts) = (vec![record.clone()], vec![(id, parts)]);
        let ahead = lists.iter().map(|list| (id, list.ahead.clone())).collect();
        Ok((Change { meta, records, parts, blobs, ahead, removed }, record))
    }

    /// The contents that are known to be damaged in the store.
    pub(super) fn damaged_contents(&self) -> BTreeSet<ContentHash> {
        self.damaged.lock().values().filter_map(|damage| damage.contents).collect()
    }

    /// Reads a checkpoint and checks every hash. [`Which::Newest`] passes over damaged checkpoints,
    /// and the result names them. This value and its clones do not read a damaged checkpoint a
    /// second time. The store does not change.
    ///
    /// # Errors
    /// If there is no such checkpoint, if every checkpoint is damaged, or if the store cannot be
    /// read. If the checkpoint has another codec than the format, or a version for which the format
    /// has no migration: an older checkpoint is not used then.
    pub fn load(&self, which: Which) -> Result<Loaded<S, M>, LoadError> {
        self.catalog.read(|view| match which {
            Which::Newest => self.load_newest(view),
            Which::Id(id) => {
                let record = record_of(view, id)?;
                let snapshot = self.read(view, &record)?;
                Ok(Loaded { snapshot, record, damaged: Vec::new() })
            }
        })
    }

    fn load_newest(&self, view: &dyn View) -> Result<Loaded<S, M>, LoadError> {
        let mut damaged = Vec::new();
        for record in view.records()?.into_iter().rev() {
            match self.read(view, &record) {
                Ok(snapshot) => return Ok(Loaded { snapshot, record, damaged }),
                Err(error) => damaged.push(as_damage(error)?),
            }
        }
        if damaged.is_empty() { Err(LoadError::Empty) } else { Err(LoadError::NoneGood(damaged)) }
    }

    fn read(&self, view: &dyn View, record: &Record) -> Result<GlobalSnapshot<S, M>, LoadError> {
        if let Some(known) = self.damaged.lock().get(&record.id) {
            return Err(LoadError::Damaged(known.clone()));
        }
        let read = Reader::new(view, record).snapshot(&*self.format);
        if let Err(LoadError::Damaged(damage)) = &read {
            damage_found();
            self.damaged.lock().insert(record.id, damage.clone());
        }
        read
    }
}

/// Exchange in JSON.
impl<S, M> Checkpoints<S, M> {
    /// Writes a checkpoint as JSON for a person to read, by the snapshot's [`Serialize`].
    ///
    /// # Errors
    /// If the checkpoint cannot be read, or the JSON cannot be written.
    pub fn export_json(&self, which: Which, to: impl io::Write) -> Result<Record, TransferError>
    where
        S: Serialize,
        M: Serialize,
    {
        let Loaded { snapshot, record, .. } = self.load(which)?;
        let mut to = io::BufWriter::new(to);
        serde_json::to_writer_pretty(&mut to, &snapshot)?;
        to.flush().map_err(serde_json::Error::io)?;
        Ok(record)
    }

    /// Saves a snapshot that was written by [`export_json`](Self::export_json). The call checks
    /// that the parts of the snapshot fit together and obey the channel law. JSON has no hashes: a
    /// state that was changed in the text is saved as it stands there. The checkpoint is the newest
    /// then, so the next system goes on from it.
    ///
    /// # Errors
    /// If the JSON is not a snapshot of this program, or the checkpoint cannot be saved.
    pub fn import_json(&self, from: impl io::Read) -> Result<Record, TransferError>
    where
        S: DeserializeOwned,
        M: DeserializeOwned,
    {
        let snapshot: GlobalSnapshot<S, M> = serde_json::from_reader(io::BufReader::new(from))?;
        Ok(self.save(&snapshot)?)
    }
}

impl<S, M> Clone for Checkpoints<S, M> {
    fn clone(&self) -> Self {
        Checkpoints {
            catalog: self.catalog.clone(),
            format: Arc::clone(&self.format),
            keep: self.keep,
            damaged: Arc::clone(&self.damaged),
        }
    }
}

impl<S, M> fmt::Debug for Checkpoints<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoints")
            .field("store", &self.catalog.store)
            .field("codec", &self.format.codec())
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

/// A store that is shared with others.
impl<T: Store + ?Sized> Store for Arc<T> {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        (**self).view()
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        (**self).commit(change)
    }

    fn is_shared(&self) -> bool {
        (**self).is_shared()
    }

    fn write_ahead(
        &self,
        blobs: Vec<(ContentHash, Vec<u8>)>,
        named: &[ContentHash],
    ) -> Result<Ahead, StoreError> {
        (**self).write_ahead(blobs, named)
    }
}
