//! Damage of any object of a store in a folder gives a clear error or an earlier good checkpoint,
//! and never a wrong snapshot.

use std::fs;
use std::path::{Path, PathBuf};

use consistent_cut::checkpoint::{SharedStore, StoreError, Which};

use crate::folder::Folder;
use crate::numbers::{numbers, stored};

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("it is read") {
        let path = entry.expect("it is read").path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn damage(bytes: &[u8], kind: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    match kind {
        0 => damaged[bytes.len() / 2] ^= 1,
        1 => damaged[0] ^= 1,
        2 => damaged[bytes.len() - 1] ^= 128,
        3 => damaged.truncate(bytes.len() / 2),
        _ => damaged.clear(),
    }
    damaged
}

#[test]
fn damage_of_any_object_gives_no_wrong_snapshot() {
    let folder = Folder::new();
    let path = folder.file("shared");
    let open = || SharedStore::in_folder(&path);
    for from in 1..4 {
        stored(open().expect("a folder")).save(&numbers(from)).expect("it is saved");
    }
    let (mut older, mut refused) = (0, 0);
    for file in files(&path) {
        let bytes = fs::read(&file).expect("it is read");
        for kind in 0..5 {
            fs::write(&file, damage(&bytes, kind)).expect("it is written");
            let store = match open() {
                Err(StoreError::Damaged(_) | StoreError::OtherFormat { .. }) => {
                    refused += 1;
                    continue;
                }
                store => store.expect("a folder"),
            };
            match stored(store).load(Which::Newest) {
                Ok(loaded) => {
                    let from = loaded.record.id.get();
                    assert_eq!(loaded.snapshot.to_string(), numbers(from).to_string());
                    assert_eq!(loaded.damaged.len() as u64, 3 - from, "{}", file.display());
                    older += u64::from(from < 3);
                }
                Err(error) => assert!(error.to_string().contains("damaged"), "{error}"),
            }
        }
        fs::write(&file, bytes).expect("it is written");
    }
    assert!(older > 0 && refused == 5, "{older} {refused}");
}

/// A chunk that is gone is written again by the next checkpoint that needs it.
#[test]
fn a_missing_chunk_is_written_again() {
    let folder = Folder::new();
    let path = folder.file("shared");
    let stored = stored(SharedStore::in_folder(&path).expect("a folder"));
    stored.save(&numbers(1)).expect("it is saved");
    files(&path.join("blobs")).iter().for_each(|file| fs::remove_file(file).expect("it is there"));
    // The damage of one part is known after a load, and there may be more.
    for _ in 0..6 {
        assert!(stored.load(Which::Newest).is_err());
        stored.save(&numbers(1)).expect("it is saved");
        if stored.load(Which::Newest).is_ok() {
            return;
        }
    }
    panic!("no checkpoint is good");
}
