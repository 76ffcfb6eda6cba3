//! Chunks that one process writes ahead of the change in which another one names them.

use consistent_cut::checkpoint::{
    Ahead, Change, Chunk, ContentHash, MemoryStore, Store, StoreError, Which,
};

use crate::folder::Folder;
use crate::numbers::{Numbers, numbers, stored};
use crate::support::bucket::{Bucket, GRACE};

/// A store that hands the chunks of every commit ahead, by another client, and then waits.
#[derive(Debug)]
struct InTwo {
    bucket: Bucket,
    store: consistent_cut::checkpoint::SharedStore,
    waits: u64,
}

impl Store for InTwo {
    fn view(&self) -> Result<Box<dyn consistent_cut::checkpoint::View + '_>, StoreError> {
        self.store.view()
    }

    fn commit(&self, mut change: Change) -> Result<(), StoreError> {
        let other = self.bucket.client().open();
        let blobs = std::mem::take(&mut change.blobs);
        let named: Vec<ContentHash> = change
            .parts
            .iter()
            .flat_map(|(_, parts)| parts)
            .flat_map(|part| &part.chunks)
            .filter_map(|chunk| match chunk {
                Chunk::Blob { hash, .. } => Some(*hash),
                Chunk::Inline(_) => None,
            })
            .collect();
        let ahead = other.write_ahead(blobs, &named)?;
        // It travels to the process that commits.
        let ahead = Ahead::new(ahead.as_bytes().to_vec());
        change.ahead = change.parts.iter().map(|(id, _)| (*id, ahead.clone())).collect();
        let between = stored(self.bucket.client().open()).keep(1);
        let (steps, turn) = (4, self.waits / 4);
        for _ in 0..steps {
            self.bucket.pass(turn);
            // A commit of another process sweeps, and makes this change stale.
            if self.waits > 0 {
                between.save(&numbers(99)).expect("it is saved");
            }
        }
        if self.waits > 0 {
            change.meta = self.store.view()?.meta()?;
            change.meta.changes += 1;
            change.records[0].id = change.meta.next;
        }
        self.store.commit(change)
    }
}

fn in_two(waits: u64) -> (Bucket, Numbers) {
    let bucket = Bucket::new();
    let store = InTwo { bucket: bucket.clone(), store: bucket.open(), waits };
    (bucket, stored(store))
}

#[test]
fn chunks_that_were_written_ahead_are_those_of_the_checkpoint() {
    let (bucket, saving) = in_two(0);
    let reader = stored(bucket.client().open());
    for from in 1..6 {
        saving.save(&numbers(from)).expect("it is saved");
        bucket.pass(GRACE.as_secs());
        let loaded = reader.load(Which::Newest).expect("it is good");
        assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
    }
    let put = bucket.put();
    assert!(put.iter().all(|path| !path.starts_with("blobs")), "the other client has written them");
}

/// The chunks may be gone when the grace period is over, so half of it is the limit.
#[test]
fn chunks_that_have_waited_for_too_long_are_refused() {
    let (bucket, saving) = in_two(GRACE.as_secs());
    let error = saving.save(&numbers(1)).expect_err("they may be gone").to_string();
    assert!(error.contains("written ahead"), "{error}");
    let reader = stored(bucket.client().open());
    let loaded = reader.load(Which::Newest).expect("that of the other process");
    assert_eq!(loaded.snapshot.to_string(), numbers(99).to_string());
}

#[test]
fn chunks_that_are_neither_there_nor_given_are_named() {
    let bucket = Bucket::new();
    let hash = ContentHash::of(b"nothing");
    let error = bucket.open().write_ahead(Vec::new(), &[hash]).expect_err("it is not there");
    assert!(matches!(error, StoreError::MissingBlob(missing) if missing == hash), "{error}");
}

#[test]
fn other_stores_say_that_they_are_not_shared() {
    let folder = Folder::new();
    let file = consistent_cut::checkpoint::FileStore::create(folder.file("store"));
    let stores: [Box<dyn Store>; 2] =
        [Box::new(MemoryStore::new()), Box::new(file.expect("it is new"))];
    for store in stores {
        assert!(!store.is_shared());
        let error = store.write_ahead(Vec::new(), &[]).expect_err("it is not shared");
        assert!(matches!(error, StoreError::NotShared), "{error}");
    }
    let store = Bucket::new().open();
    let arc: std::sync::Arc<dyn Store> = std::sync::Arc::new(store);
    assert!(arc.is_shared());
    assert!(std::sync::Arc::clone(&arc).write_ahead(Vec::new(), &[]).is_ok());
}
