//! Objects that no checkpoint needs are removed after the grace period, and no others.

use std::collections::BTreeSet;

use consistent_cut::checkpoint::{CheckpointId, Store, Which};

use crate::numbers::{numbers, stored};
use crate::support::bucket::{Bucket, Fault, GRACE};

fn of(bucket: &Bucket, folder: &str) -> BTreeSet<String> {
    bucket.paths().into_iter().filter(|path| path.starts_with(folder)).collect()
}

#[test]
fn a_bucket_has_the_objects_of_the_newest_heads() {
    let bucket = Bucket::new();
    let stored = stored(bucket.open()).keep(2);
    for from in 0..50 {
        stored.save(&numbers(from % 7)).expect("it is saved");
        bucket.pass(GRACE.as_secs());
        assert!(of(&bucket, "heads").len() <= 4);
        // Four heads with two checkpoints each have five checkpoints, and each of these has a state
        // of its own. The newest head's sweep finds objects of the head that is just gone too young.
        assert!(of(&bucket, "parts").len() <= 6, "{:?}", of(&bucket, "parts"));
        assert!(of(&bucket, "blobs").len() <= 6 + 6, "{:?}", of(&bucket, "blobs"));
    }
    assert_eq!(
        stored.load(Which::Newest).expect("it is good").snapshot.to_string(),
        numbers(0).to_string()
    );
}

#[test]
fn garbage_of_a_dead_writer_goes_after_the_grace_period() {
    let bucket = Bucket::new();
    let stored = stored(bucket.open());
    stored.save(&numbers(1)).expect("it is saved");
    let before = of(&bucket, "blobs");
    let dying = bucket.client();
    let other = crate::numbers::stored(dying.open());
    // One of these calls comes after the chunks are written, and before the head is.
    for call in 1..40 {
        dying.fail_from(call, Fault::Lost);
        let _ = other.save(&numbers(2));
        dying.mend();
        if of(&bucket, "blobs") != before {
            break;
        }
    }
    let garbage: BTreeSet<_> = &of(&bucket, "blobs") - &before;
    assert_eq!(garbage.len(), 1, "the state of node 0");
    // It is kept for the grace period, since its writer may be about to commit.
    for _ in 0..3 {
        bucket.pass(GRACE.as_secs() / 4);
        stored.save(&numbers(1)).expect("it is saved");
        assert!(of(&bucket, "blobs").is_superset(&garbage));
    }
    bucket.pass(GRACE.as_secs() / 4);
    stored.save(&numbers(1)).expect("it is saved");
    assert_eq!(of(&bucket, "blobs"), before);
    assert!(stored.load(Which::Newest).is_ok());
}

/// Contents that have not changed for long are as old as their first checkpoint.
#[test]
fn old_contents_of_a_young_checkpoint_are_kept() {
    let bucket = Bucket::new();
    let stored = stored(bucket.open()).keep(1);
    for _ in 0..20 {
        stored.save(&numbers(3)).expect("it is saved");
        bucket.pass(2 * GRACE.as_secs());
    }
    let chunks = bucket.put().iter().filter(|path| path.starts_with("blobs")).count();
    assert_eq!(chunks, 4, "three states and a message, written once");
    let loaded = stored.load(Which::Newest).expect("it is good");
    assert_eq!(loaded.snapshot.to_string(), numbers(3).to_string());
}

/// A view lives as long as its head, and three others may commit after it.
#[test]
fn contents_of_the_last_four_heads_are_kept_however_old_they_are() {
    let bucket = Bucket::new();
    let stored = stored(bucket.open()).keep(1);
    stored.save(&numbers(1)).expect("it is saved");
    let store = bucket.client().open();
    let view = store.view().expect("it is read");
    for from in 2..5 {
        bucket.pass(2 * GRACE.as_secs());
        stored.save(&numbers(from)).expect("it is saved");
    }
    let parts = view.parts(CheckpointId::new(1)).expect("they are there");
    for hash in crate::shared_writers::blobs(&parts) {
        assert!(view.blob(&hash).expect("it is read").is_some());
    }
}

/// Without its list of parts, no one knows which chunks a checkpoint has.
#[test]
fn nothing_is_removed_while_a_list_of_parts_is_missing() {
    let bucket = Bucket::new();
    crate::numbers::stored(bucket.open()).save(&numbers(1)).expect("it is saved");
    let (chunks, list) = (of(&bucket, "blobs"), of(&bucket, "parts"));
    list.iter().for_each(|path| bucket.lose(path));
    for _ in 0..3 {
        bucket.pass(2 * GRACE.as_secs());
        // Each time another handle, which has not read the list before.
        crate::numbers::stored(bucket.client().open()).save(&numbers(2)).expect("it is saved");
        assert!(of(&bucket, "blobs").is_superset(&chunks));
    }
}
