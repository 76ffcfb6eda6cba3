//! Which checkpoints are kept and which are loaded, and that a damaged one is read once.

use consistent_cut::checkpoint::{
    CheckpointId, Checkpoints, Chunk, FileStore, Format, LoadError, SaveError, Store, Which,
};

use crate::folder::Folder;
use crate::numbers::{Numbers, numbers, stored};
use crate::stores::each_store;
use crate::watched::{Damage, Row, Watched};

fn ids(stored: &Numbers) -> Vec<u64> {
    let records = stored.catalog().list().expect("it is read");
    records.iter().map(|record| record.id.get()).collect()
}

fn save(stored: &Numbers, from: u64) -> CheckpointId {
    stored.save(&numbers(from)).expect("it is saved").id
}

fn save_all(stored: &Numbers, from: std::ops::Range<u64>) {
    for from in from {
        save(stored, from);
    }
}

/// The rules hold in all stores alike.
fn in_each(body: impl Fn(Numbers)) {
    each_store(|store| body(stored(store)));
}

#[test]
fn the_newest_are_kept() {
    in_each(|stored| {
        for newest in 1..=10 {
            save(&stored, newest);
            let oldest = newest.saturating_sub(2).max(1);
            assert_eq!(ids(&stored), (oldest..=newest).collect::<Vec<_>>());
        }
        let one = stored.clone().keep(0);
        save(&one, 11);
        assert_eq!(ids(&one), [11], "at least one is kept");
        let many = one.keep(usize::MAX);
        save_all(&many, 12..30);
        assert_eq!(ids(&many), (11..30).collect::<Vec<_>>());
    });
}

#[test]
fn pinned_checkpoints_are_kept_until_the_pin_is_taken_away() {
    in_each(|stored| {
        let stored = stored.keep(2);
        let ids_of = [1, 2, 3].map(|from| save(&stored, from));
        stored.catalog().pin(ids_of[1]).expect("it is there");
        save_all(&stored, 4..8);
        assert_eq!(ids(&stored), [2, 6, 7]);
        assert!(stored.catalog().list().expect("it is read")[0].is_pinned);
        let loaded = stored.load(Which::Id(ids_of[1])).expect("it is good");
        assert_eq!(loaded.snapshot.to_string(), numbers(2).to_string());
        stored.catalog().unpin(ids_of[1]).expect("it is there");
        assert_eq!(ids(&stored), [2, 6, 7], "only a save removes");
        save(&stored, 8);
        assert_eq!(ids(&stored), [7, 8]);
    });
}

#[test]
fn the_checkpoint_that_was_verified_last_is_kept() {
    in_each(|stored| {
        let stored = stored.keep(1);
        let first = save(&stored, 1);
        let record = stored.catalog().verify(first).expect("it is good");
        assert!(record.verified.is_some());
        save_all(&stored, 2..6);
        assert_eq!(ids(&stored), [1, 5]);
        let newest = CheckpointId::new(5);
        stored.catalog().verify(newest).expect("it is good");
        save_all(&stored, 6..8);
        assert_eq!(ids(&stored), [5, 7], "the one verified earlier is not kept");
    });
}

#[test]
fn an_id_is_read_or_said_to_be_unknown() {
    in_each(|stored| {
        assert!(matches!(stored.load(Which::Newest), Err(LoadError::Empty)));
        let gone = save(&stored, 1);
        save_all(&stored, 2..5);
        for from in 2..5 {
            let loaded = stored.load(Which::Id(CheckpointId::new(from))).expect("it is good");
            assert_eq!(loaded.record.id.get(), from);
            assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
        }
        assert_eq!(stored.load(Which::Newest).expect("it is good").record.id.get(), 4);
        let error = stored.load(Which::Id(gone)).expect_err("it was removed");
        assert_eq!(error.to_string(), "checkpoint 1 is not in the store: list the checkpoints");
        let unknown = CheckpointId::new(99);
        assert!(matches!(stored.catalog().verify(unknown), Err(LoadError::Unknown(_))));
        assert!(matches!(stored.catalog().parts(gone), Err(LoadError::Unknown(_))));
        assert!(matches!(stored.catalog().pin(gone), Err(SaveError::Unknown(_))));
        assert!(matches!(stored.catalog().unpin(unknown), Err(SaveError::Unknown(_))));
        assert!(matches!(stored.catalog().changed(gone, unknown), Err(LoadError::Unknown(_))));
        assert_eq!(ids(&stored), [2, 3, 4]);
    });
}

/// Ids go on over openings of the file.
#[test]
fn ids_are_never_given_out_again() {
    let folder = Folder::new();
    let path = folder.file("store");
    drop(FileStore::create(&path).expect("it is new"));
    for from in 0..10 {
        let stored = stored(FileStore::open(&path).expect("it is a store")).keep(1);
        assert_eq!(
            [save(&stored, from), save(&stored, from)].map(CheckpointId::get),
            [2 * from + 1, 2 * from + 2]
        );
    }
}

/// The blobs that the newest checkpoint alone has.
fn own_blobs(store: &Watched, newest: CheckpointId) -> Vec<Row> {
    let view = store.view().expect("memory does not fail");
    let parts = view.parts(newest).expect("they are there");
    let chunks = parts.into_iter().flat_map(|part| part.chunks);
    let blobs = chunks.filter_map(|chunk| match chunk {
        Chunk::Blob { hash, .. } => Some(Row::Blob(hash)),
        Chunk::Inline(_) => None,
    });
    let others = [1, 2].map(|id| view.parts(CheckpointId::new(id)).expect("they are there"));
    let is_own = |row: &Row| {
        let Row::Blob(own) = row else { return false };
        !others.iter().flatten().flat_map(|part| &part.chunks).any(|chunk| match chunk {
            Chunk::Blob { hash, .. } => hash == own,
            Chunk::Inline(_) => false,
        })
    };
    blobs.filter(is_own).collect()
}

#[test]
fn a_damaged_newest_checkpoint_is_named_and_not_read_a_second_time() {
    let store = Watched::default();
    let stored = stored(store.clone());
    save_all(&stored, 1..4);
    let newest = CheckpointId::new(3);
    own_blobs(&store, newest).into_iter().for_each(|row| store.damage(row, Damage::Flip(9)));

    let before = store.counts();
    let loaded = stored.load(Which::Newest).expect("an earlier one is good");
    let both = store.counts();
    assert_eq!(loaded.record.id.get(), 2);
    assert_eq!(loaded.snapshot.to_string(), numbers(2).to_string());
    let [damage] = &loaded.damaged[..] else { panic!("{:?}", loaded.damaged) };
    assert_eq!((damage.id, &*damage.part), (newest, "node 0"));
    assert!(damage.to_string().starts_with("checkpoint 3 is damaged at node 0: its contents "));
    assert!(both.parts - before.parts == 2, "{before:?} {both:?}");

    // Clones share the known damage.
    let again = stored.clone().load(Which::Newest).expect("an earlier one is good");
    let one = store.counts();
    assert_eq!((again.record.id.get(), again.damaged), (2, loaded.damaged));
    assert_eq!(one.parts - both.parts, 1, "the damaged one was read again");
    let error = stored.load(Which::Id(newest)).expect_err("it is damaged");
    assert!(matches!(error, LoadError::Damaged(ref known) if known.id == newest));
    assert_eq!(store.counts(), one, "the damaged one was read again");
    let error = stored.catalog().verify(newest).expect_err("it is damaged");
    assert!(matches!(error, LoadError::Damaged(_)), "{error}");
}

#[test]
fn a_store_without_a_good_checkpoint_names_all_damage() {
    let store = Watched::default();
    let stored = stored(store.clone());
    save_all(&stored, 1..4);
    for id in 1..4 {
        store.damage(Row::Part(CheckpointId::new(id), 2), Damage::Gone);
    }
    let error = stored.load(Which::Newest).expect_err("none is good");
    let LoadError::NoneGood(ref damaged) = error else { panic!("{error}") };
    assert_eq!(damaged.iter().map(|damage| damage.id.get()).collect::<Vec<_>>(), [3, 2, 1]);
    let text = error.to_string();
    assert!(text.starts_with("no checkpoint in the store is good: checkpoint 3 is damaged at"));
    store.mend();
    let other = Checkpoints::new(store, Format::default());
    let _: &Numbers = &other;
    assert_eq!(other.load(Which::Newest).expect("it is mended").record.id.get(), 3);
}
