//! A store in a folder or bucket that several machines share.

mod ahead;
mod head;
mod listing;
mod objects;
mod sweep;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use object_store::ObjectStore;
use object_store::local::LocalFileSystem;

use self::head::{Found, Head};
use self::listing::{Listing, Name};
use self::objects::Objects;
use self::view::SharedView;
use super::id::ContentHash;
use super::memory_store::blobs_of;
use super::record::Part;
use super::store::{Ahead, Change, Store, View};
use super::store_error::StoreError;
use crate::sync::{Mutex, random_number};

/// A store in a folder or bucket that several machines share (feature `object-store`): a folder on
/// a network file system, or any [`ObjectStore`], such as a bucket of S3. Any number of processes
/// may have the store open and write to it.
///
/// ```
/// use std::sync::Arc;
/// use consistent_cut::checkpoint::object_store::memory::InMemory;
/// use consistent_cut::checkpoint::{Checkpoints, Format, SharedStore};
///
/// // In a program: `SharedStore::in_folder("/mnt/shared/checkpoints")`, or a bucket.
/// let store = SharedStore::open(Arc::new(InMemory::new()))?;
/// let checkpoints: Checkpoints<u64, u64> = Checkpoints::new(store, Format::default());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What do I need for a bucket?
///
/// Add the crate `object_store` in the version of
/// [`checkpoint::object_store`](crate::checkpoint::object_store) with the feature of your provider,
/// such as `aws`. Build its client, and hand it to [`open`](Self::open). The provider must offer
/// conditional writes ([`PutMode::Create`](object_store::PutMode::Create)) and lists that show each
/// write at once, as S3 does. For a folder of a bucket use
/// [`PrefixStore`](object_store::prefix::PrefixStore).
///
/// # What does it hold?
///
/// | object | contents |
/// |---|---|
/// | `blobs/ab/<hash>-<batch>` | a chunk of states or messages; `ab` begins the hash |
/// | `parts/<hash>-<batch>` | the parts of a checkpoint, and the batches of their chunks |
/// | `heads/<20 digits>` | the records of all checkpoints, after this many changes |
///
/// A change first writes its chunks and parts, under names with a random *batch* that no other
/// change has. Then it creates the next head. The head makes the whole change visible at once, and
/// only one writer can create it: another one gets [`StoreError::Conflict`] and prepares its change
/// again. The newest four heads are kept, so that a view can be read while others commit. A view
/// that is older fails with `Conflict`, and [`Checkpoints`](crate::checkpoint::Checkpoints) reads
/// again.
///
/// # What is removed when?
///
/// Objects that no kept head names are removed when they are older than the
/// [grace period](Self::grace), an hour if not set. Commits do this, and each handle does it at
/// most once in a quarter of that time. A crash leaves such objects, and so does a checkpoint that
/// is not kept any more. Only times that the store itself has given to objects are compared, so the
/// clocks of the machines do not matter.
///
/// # What does it cost?
///
/// Each chunk is an object of its own, and at most 16 are written at once. Chunks are read one
/// after the other. States of some kilobytes and more suit a bucket better than very many small
/// ones. A save also reads the lists of parts of the kept checkpoints, once for each handle. In a
/// folder each object is flushed to the disk.
pub struct SharedStore {
    objects: Objects,
    grace: Duration,
    /// Lists of parts that were read before. They never change.
    listings: Mutex<BTreeMap<Name, Arc<Listing>>>,
    /// The store's time when this handle last removed objects.
    swept: Mutex<Option<SystemTime>>,
}

/// How many of the newest heads are kept.
const KEPT_HEADS: usize = 4;

/// How often the newest head is looked for while other writers replace it.
const TRIES: usize = 100;

impl SharedStore {
    /// Opens the store in a bucket. If there is none, it is created.
    ///
    /// Calls of the store wait, and run the client in a runtime of their own. Asynchronous code
    /// should call them in a thread that may wait, such as one of tokio's `spawn_blocking`.
    ///
    /// # Errors
    /// If the bucket cannot be read or written, if the newest head is damaged, or if another
    /// version of this crate has written it.
    pub fn open(objects: Arc<dyn ObjectStore>) -> Result<Self, StoreError> {
        let store = SharedStore {
            objects: Objects::new(objects)?,
            grace: Duration::from_secs(3600),
            listings: Mutex::new(BTreeMap::new()),
            swept: Mutex::new(None),
        };
        if store.heads()?.is_empty() {
            let first = Head::first();
            // Another process may be faster.
            store.objects.create(&head::path(0), first.encode()?)?;
        }
        store.newest()?;
        Ok(store)
    }

    /// Opens the store in a folder, which all machines have mounted. If there is none, it is
    /// created. The file system must have hard links.
    ///
    /// # Errors
    /// As [`open`](Self::open). If the folder cannot be created.
    pub fn in_folder(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let create = |error| StoreError::io("create its folder", error);
        fs::create_dir_all(&folder).map_err(create)?;
        let objects = LocalFileSystem::new_with_prefix(folder);
        let objects = objects.map_err(|error| objects::failed("open its folder", error))?;
        SharedStore::open(Arc::new(objects.with_fsync(true)))
    }

    /// Sets how long objects are kept that no checkpoint names: an hour if not set. Give all
    /// processes the same, and more than twice the time in which a checkpoint is written.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        SharedStore { grace, ..self }
    }

    /// The heads that there are, the oldest first.
    fn heads(&self) -> Result<Vec<Found>, StoreError> {
        let mut heads: Vec<_> =
            self.objects.list(head::FOLDER)?.iter().filter_map(head::found).collect();
        heads.sort_unstable_by_key(|found| found.number);
        Ok(heads)
    }

    /// The newest head.
    fn newest(&self) -> Result<(Found, Head), StoreError> {
        for _ in 0..TRIES {
            let Some(newest) = self.heads()?.pop() else {
                return Err(StoreError::Damaged("it has no head".to_owned()));
            };
            // Others may have committed and removed this head meanwhile.
            if let Some(head) = self.head(newest.number)? {
                self.listings.lock().retain(|name, _| head.names().any(|named| named == name));
                return Ok((newest, head));
            }
        }
        Err(StoreError::Conflict)
    }

    /// A head; `None` if it is removed.
    fn head(&self, number: u64) -> Result<Option<Head>, StoreError> {
        let bytes = self.objects.get(&head::path(number))?;
        bytes.map(|bytes| Head::decode(number, &bytes)).transpose()
    }

    /// The list of parts of this name; `None` if it is removed.
    fn listing(&self, name: &Name) -> Result<Option<Arc<Listing>>, StoreError> {
        let known = self.listings.lock().get(name).map(Arc::clone);
        if known.is_some() {
            return Ok(known);
        }
        let Some(bytes) = self.objects.get(&name.path(listing::FOLDER))? else { return Ok(None) };
        let listing = Arc::new(Listing::decode(name, &bytes)?);
        self.listings.lock().insert(*name, Arc::clone(&listing));
        Ok(Some(listing))
    }

    /// Writes the chunks of a change, and the list of its parts. Returns the next head.
    fn write(&self, found: &Found, head: Head, change: Change) -> Result<Head, StoreError> {
        let batch = random_number();
        let named = NamedBy { store: self, head: &head };
        let mut lists = Vec::new();
        let new = change.blobs.iter().map(|(hash, _)| *hash).collect();
        for (id, parts) in change.parts {
            let of_this = change.ahead.iter().filter(|(other, _)| *other == id);
            let mut blobs = BTreeMap::new();
            for (_, ahead) in of_this {
                blobs.extend(self.check_ahead(found, &named, ahead)?);
            }
            lists.push((id, named.listing(parts, &new, batch, blobs)?));
        }
        let is_named =
            |hash: &ContentHash| lists.iter().any(|(_, list)| list.blobs.contains_key(hash));
        let blobs = change.blobs.into_iter().filter(|(hash, _)| is_named(hash));
        let blobs = blobs.map(|(hash, bytes)| (Name { hash, batch }.path(listing::BLOBS), bytes));
        self.objects.put_all(blobs)?;
        let mut names = Vec::new();
        for (id, listing) in lists {
            let (name, bytes) = listing.encode(batch)?;
            self.objects.put_all([(name.path(listing::FOLDER), bytes)])?;
            self.listings.lock().insert(name, Arc::new(listing));
            names.push((id, name));
        }
        Ok(head.after(change.meta, change.records, names, &change.removed, batch))
    }

    /// Creates a head, which makes its change visible.
    fn publish(&self, head: &Head) -> Result<(), StoreError> {
        let (number, bytes) = (head.number(), head.encode()?);
        let path = head::path(number);
        // The client may have tried twice, and have met its own head: that one is ours too.
        if !self.objects.create(&path, bytes.clone())? && self.objects.get(&path)? != Some(bytes) {
            return Err(StoreError::Conflict);
        }
        let heads = self.heads()?;
        self.check_line(head, &heads)?;
        // The change is there by now. The next commit tries again to remove.
        let _ = self.tidy(&heads);
        Ok(())
    }

    /// Checks that later heads come from this one.
    ///
    /// A writer that has slept for long may find that others have committed, and have removed the
    /// head whose place it takes. Its head is older than theirs then, and no view ever shows it.
    fn check_line(&self, head: &Head, heads: &[Found]) -> Result<(), StoreError> {
        if heads.last().is_some_and(|newest| newest.number == head.number()) {
            return Ok(());
        }
        if self.newest()?.1.comes_from(head) { Ok(()) } else { Err(StoreError::Conflict) }
    }
}

/// The chunks that a head names.
struct NamedBy<'a> {
    store: &'a SharedStore,
    head: &'a Head,
}

impl NamedBy<'_> {
    /// The list of these parts. The chunks in `new` belong to this batch, those in `blobs` were
    /// written ahead, and all others belong to the batches that the head names.
    fn listing(
        &self,
        parts: Vec<Part>,
        new: &BTreeSet<ContentHash>,
        batch: u64,
        mut blobs: BTreeMap<ContentHash, u64>,
    ) -> Result<Listing, StoreError> {
        for hash in blobs_of(&parts) {
            let batch = match blobs.get(&hash) {
                _ if new.contains(&hash) => Some(batch),
                None => self.batches(&hash)?.first().copied(),
                ahead => ahead.copied(),
            };
            blobs.insert(hash, batch.ok_or(StoreError::MissingBlob(hash))?);
        }
        Ok(Listing { parts, blobs })
    }

    /// The batches that have a chunk, that of the newest checkpoint first. A chunk that was found
    /// damaged is in two batches: it was written again.
    fn batches(&self, hash: &ContentHash) -> Result<Vec<u64>, StoreError> {
        let mut batches = Vec::new();
        for name in self.head.names().rev() {
            match self.store.listing(name) {
                Ok(Some(listing)) => {
                    let batch = listing.blobs.get(hash).copied();
                    batches.extend(batch.filter(|batch| !batches.contains(batch)));
                }
                // The checkpoint is damaged, and its chunks count as missing.
                Ok(None) | Err(StoreError::Damaged(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(batches)
    }
}

impl Store for SharedStore {
    fn view(&self) -> Result<Box<dyn View + '_>, StoreError> {
        let (_, head) = self.newest()?;
        Ok(Box::new(SharedView::new(self, head)))
    }

    fn commit(&self, change: Change) -> Result<(), StoreError> {
        let (found, head) = self.newest()?;
        if change.is_stale(head.meta()) {
            return Err(StoreError::Conflict);
        }
        let next = self.write(&found, head, change)?;
        self.publish(&next)
    }

    fn is_shared(&self) -> bool {
        true
    }

    fn write_ahead(
        &self,
        blobs: Vec<(ContentHash, Vec<u8>)>,
        named: &[ContentHash],
    ) -> Result<Ahead, StoreError> {
        self.write_blobs_ahead(blobs, named)?.encode()
    }
}

impl fmt::Debug for SharedStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedStore")
            .field("objects", &self.objects)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}
