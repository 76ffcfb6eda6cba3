//! Several writers and readers of one bucket, in any order of their calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use consistent_cut::checkpoint::{CheckpointId, SharedStore, Store, StoreError, Which};
use parking_lot::Mutex;

use crate::folder::Folder;
use crate::numbers::{Numbers, numbers, stored};
use crate::support::bucket::{Bucket, Call, GRACE};
use crate::support::chance::{Chance, for_each_seed};
use crate::support::effort::scaled;

fn ids(stored: &Numbers) -> Vec<u64> {
    let records = stored.catalog().list().expect("it is read");
    records.iter().map(|record| record.id.get()).collect()
}

/// Runs `work` once, before the bucket's client creates a head.
fn before_the_head(bucket: &Bucket, work: impl Fn() + Send + Sync + 'static) {
    let is_done = AtomicBool::new(false);
    bucket.hook(move |call| {
        let is_head = matches!(call, Call::Put(path) if path.as_ref().starts_with("heads"));
        if is_head && !is_done.swap(true, Ordering::SeqCst) {
            work();
        }
    });
}

#[test]
fn of_two_writers_one_commits_and_the_other_tries_again() {
    let bucket = Bucket::new();
    let (one, other) = (stored(bucket.open()), stored(bucket.client().open()));
    before_the_head(&bucket, move || drop(other.save(&numbers(7)).expect("it is the first")));
    assert_eq!(one.save(&numbers(8)).expect("it tries again").id.get(), 2);
    for (id, from) in [(1, 7), (2, 8)] {
        let loaded = one.load(Which::Id(CheckpointId::new(id))).expect("it is good");
        assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
    }
}

/// By the time at which the writer creates its head, the head that has taken this place was created
/// and removed again.
#[test]
fn a_writer_that_has_slept_for_long_loses_no_save() {
    let bucket = Bucket::new();
    let (one, other) = (stored(bucket.open()).keep(99), stored(bucket.client().open()).keep(99));
    before_the_head(&bucket, move || {
        (0..10).for_each(|from| drop(other.save(&numbers(from)).expect("it is saved")));
    });
    assert_eq!(one.save(&numbers(50)).expect("it tries again").id.get(), 11);
    assert_eq!(ids(&one), (1..=11).collect::<Vec<_>>());
    let loaded = one.load(Which::Newest).expect("it is good");
    assert_eq!(loaded.snapshot.to_string(), numbers(50).to_string());
}

/// Others remove the contents of a view while it is read.
#[test]
fn a_reader_whose_contents_are_removed_reads_the_newer_ones() {
    let bucket = Bucket::new();
    let (one, other) = (stored(bucket.open()).keep(1), bucket.client());
    one.save(&numbers(1)).expect("it is saved");
    let store = bucket.client().open();
    let view = store.view().expect("it is read");
    let parts = view.parts(CheckpointId::new(1)).expect("they are there");
    for from in 2..9 {
        one.save(&numbers(from)).expect("it is saved");
        bucket.pass(GRACE.as_secs());
    }
    let hash = crate::shared_writers::blobs(&parts)[0];
    assert!(matches!(view.blob(&hash), Err(StoreError::Conflict)), "the view is too old");

    // The reader looks at the newest head, and by then it is gone.
    let reader = stored(other.open());
    let turns = AtomicU64::new(0);
    other.hook(move |_| {
        if turns.fetch_add(1, Ordering::SeqCst) == 2 {
            for from in 20..30 {
                one.save(&numbers(from)).expect("it is saved");
                bucket.pass(GRACE.as_secs());
            }
        }
    });
    let loaded = reader.load(Which::Newest).expect("it reads again");
    assert!(loaded.damaged.is_empty(), "{:?}", loaded.damaged);
    assert_eq!(loaded.snapshot.to_string(), numbers(29).to_string());
}

/// The blobs that parts name, the state of node 0 first.
pub(crate) fn blobs(
    parts: &[consistent_cut::checkpoint::Part],
) -> Vec<consistent_cut::checkpoint::ContentHash> {
    use consistent_cut::checkpoint::Chunk;
    let chunks =
        parts.iter().filter(|part| part.name.contains("node")).flat_map(|part| &part.chunks);
    let hashes = chunks.filter_map(|chunk| match chunk {
        Chunk::Blob { hash, .. } => Some(*hash),
        Chunk::Inline(_) => None,
    });
    hashes.collect()
}

/// Writers that take turns at random between any two calls, while time passes and garbage is
/// removed. The number of a checkpoint's state is its id.
fn take_turns(seed: u64) {
    let mut chance = Chance::new(seed);
    let bucket = Bucket::new();
    let keep = 1 + chance.below(3);
    let writers: Vec<_> = (0..3).map(|_| bucket.client()).collect();
    let saves: Vec<_> = writers.iter().map(|client| stored(client.open()).keep(keep)).collect();
    let saved = Arc::new(Mutex::new(Vec::new()));
    let chance = Arc::new(Mutex::new(chance));
    for (at, client) in writers.iter().enumerate().take(2) {
        let (next, bucket) = (saves[at + 1].clone(), bucket.clone());
        let (saved, chance) = (Arc::clone(&saved), Arc::clone(&chance));
        client.hook(move |_| {
            let (comes_in, passes, from) = {
                let mut chance = chance.lock();
                (chance.one_in(6), chance.below(40) as u64, chance.below(5) as u64)
            };
            bucket.pass(passes);
            if comes_in {
                let id = next.save(&numbers(from)).expect("it is saved").id;
                saved.lock().push((id, from));
            }
        });
    }
    for _ in 0..4 {
        let from = chance.lock().below(5) as u64;
        let id = saves[0].save(&numbers(from)).expect("it is saved").id;
        saved.lock().push((id, from));
    }
    let reader = stored(bucket.client().open());
    let all = saved.lock().clone();
    let mut numbered: Vec<_> = all.iter().map(|(id, _)| *id).collect();
    numbered.sort_unstable();
    numbered.dedup();
    assert_eq!(numbered.len(), all.len(), "an id was given out twice");
    let records = reader.catalog().list().expect("it is read");
    let newest = numbered.last().copied();
    assert_eq!(records.last().map(|record| record.id), newest, "a save is lost");
    for record in records {
        let (_, from) = all.iter().find(|(id, _)| *id == record.id).expect("it was saved");
        let loaded = reader.load(Which::Id(record.id)).expect("it is good").snapshot;
        assert_eq!(loaded.to_string(), numbers(*from).to_string());
    }
}

#[test]
fn no_order_of_calls_loses_a_save_or_its_contents() {
    for_each_seed(0..scaled(10), take_turns);
}

/// What one process saves in a folder, another one reads.
#[test]
fn two_handles_share_a_folder() {
    let folder = Folder::new();
    let open = || SharedStore::in_folder(folder.file("shared")).expect("a folder");
    let (one, other) = (stored(open()), stored(open()));
    for from in 1..6 {
        let (writer, reader) = if from % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let record = writer.save(&numbers(from)).expect("it is saved");
        let loaded = reader.load(Which::Newest).expect("it is good");
        assert_eq!((loaded.record, loaded.damaged.len()), (record, 0));
        assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
    }
    assert_eq!(ids(&one), [3, 4, 5]);
}
