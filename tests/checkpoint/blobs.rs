//! The blobs in a store are exactly those that its checkpoints name, however many were removed.

use std::collections::BTreeMap;
use std::path::Path;

use consistent_cut::checkpoint::{CheckpointId, ContentHash, FileStore, Store};
use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use crate::folder::Folder;
use crate::numbers::{Numbers, numbers, stored};
use crate::support::chance::Chance;
use crate::support::effort::scaled;
use crate::watched::{Watched, named};

/// Saves one of a few states, which come again and again. Pins and unpins checkpoints at random.
fn live(stored: &Numbers, chance: &mut Chance) {
    stored.save(&numbers(chance.below(6) as u64)).expect("it is saved");
    let ids: Vec<CheckpointId> =
        stored.catalog().list().expect("it is read").iter().map(|record| record.id).collect();
    let id = chance.pick(&ids);
    match chance.below(4) {
        0 => drop(stored.catalog().pin(id).expect("it is there")),
        1 => drop(stored.catalog().verify(id).expect("it is good")),
        _ => drop(stored.catalog().unpin(id).expect("it is there")),
    }
}

#[test]
fn a_store_in_memory_has_the_blobs_that_are_named() {
    let store = Watched::default();
    let stored = stored(store.clone());
    let mut chance = Chance::new(1);
    for _ in 0..scaled(300) {
        live(&stored, &mut chance);
        let view = store.view().expect("memory does not fail");
        let size = |hash: ContentHash| {
            view.blob(&hash).expect("memory does not fail").expect("it is there").len() as u64
        };
        let bytes: u64 = named(&*view).into_iter().map(size).sum();
        assert_eq!(store.blob_bytes(), bytes);
    }
}

const BLOBS: TableDefinition<'_, &[u8; 32], &[u8]> = TableDefinition::new("blobs");
const PLACES: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("places");

/// The blobs in the file with the number of their places, as the database itself has them.
fn in_file(path: &Path) -> BTreeMap<ContentHash, u64> {
    let database = Database::open(path).expect("it is closed");
    let transaction = database.begin_read().expect("it is read");
    let blobs = transaction.open_table(BLOBS).expect("it is there");
    let places = transaction.open_table(PLACES).expect("it is there");
    let counted: BTreeMap<_, _> = places
        .iter()
        .expect("it is read")
        .map(|row| {
            let (hash, places) = row.expect("it is read");
            (ContentHash::from_bytes(*hash.value()), places.value())
        })
        .collect();
    let stored = blobs.iter().expect("it is read").map(|row| {
        let (hash, bytes) = row.expect("it is read");
        let hash = ContentHash::from_bytes(*hash.value());
        assert_eq!(ContentHash::of(bytes.value()), hash);
        hash
    });
    assert!(stored.eq(counted.keys().copied()), "each blob has its number of places");
    counted
}

/// The blobs that the checkpoints name, with the number of the places.
fn places_of(stored: &Numbers) -> BTreeMap<ContentHash, u64> {
    use consistent_cut::checkpoint::Chunk;
    let mut places = BTreeMap::new();
    for record in stored.catalog().list().expect("it is read") {
        for part in stored.catalog().parts(record.id).expect("it is good") {
            for chunk in part.chunks {
                if let Chunk::Blob { hash, .. } = chunk {
                    *places.entry(hash).or_insert(0) += 1;
                }
            }
        }
    }
    places
}

#[test]
fn a_file_has_the_blobs_that_are_named() {
    let folder = Folder::new();
    let path = folder.file("store");
    drop(FileStore::create(&path).expect("it is new"));
    let mut chance = Chance::new(2);
    for _ in 0..scaled(5) {
        let stored = stored(FileStore::open(&path).expect("it is a store"));
        (0..8).for_each(|_| live(&stored, &mut chance));
        let places = places_of(&stored);
        drop(stored);
        assert_eq!(in_file(&path), places);
    }
}

/// The room of removed checkpoints is used again.
#[test]
fn the_file_does_not_grow_with_the_number_of_saves() {
    let folder = Folder::new();
    let path = folder.file("store");
    let stored = stored(FileStore::create(&path).expect("it is new"));
    let size = || std::fs::metadata(&path).expect("it is there").len();
    let save = |from: u64| {
        let topology = consistent_cut::Topology::ring(2).expect("two nodes");
        let state = |node: consistent_cut::NodeId| {
            vec![from << 40 | node.index() as u64; 500 + from as usize % 7 * 300]
        };
        stored.save(&crate::numbers::of_ring(topology, state)).expect("it is saved");
        size()
    };
    let early = (0..200).map(save).max().expect("many sizes");
    let late = (200..500).map(save).max().expect("many sizes");
    println!("at most {early} bytes after 200 saves, {late} after 500");
    assert!(late <= early * 3 / 2, "{early} {late}");
    drop(stored);
    assert!(size() <= late);
}
