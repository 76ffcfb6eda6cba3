//! The creation of a store that is interrupted, or that fails.

use std::fs;

use consistent_cut::checkpoint::{FileStore, LoadError, StoreError, Which};

use crate::folder::Folder;
use crate::numbers::{numbers, stored};

/// The file under its first name, in each state in which a program may have left it.
#[test]
fn a_creation_that_was_interrupted_is_done_anew() {
    let whole = {
        let folder = Folder::new();
        let path = folder.file("store");
        drop(FileStore::create(&path).expect("it is new"));
        fs::read(&path).expect("it is there")
    };
    let lengths = (0..whole.len()).step_by(4_999).chain([whole.len()]);
    for length in lengths {
        let folder = Folder::new();
        let (path, new) = (folder.file("store"), folder.file("store.new"));
        fs::write(&new, &whole[..length]).expect("there is room");
        assert!(matches!(FileStore::open(&path), Err(StoreError::Missing(_))), "{length}");
        let stored = stored(FileStore::create(&path).expect("it is done anew"));
        assert!(matches!(stored.load(Which::Newest), Err(LoadError::Empty)));
        stored.save(&numbers(1)).expect("it is saved");
        assert!(!new.exists(), "{length}");
    }
}

/// A file that was begun, under any name, is no store.
#[test]
fn a_file_that_was_begun_is_no_store() {
    let folder = Folder::new();
    let path = folder.file("begun");
    drop(redb::Database::create(&path).expect("it is new"));
    let error = FileStore::open(&path).expect_err("it has no tables");
    assert!(matches!(error, StoreError::NoStore { .. }), "{error}");
    assert!(
        error.to_string().ends_with("is not a store of checkpoints: it has no data of a store")
    );
    let error = FileStore::create(&path).expect_err("a file is there");
    assert!(matches!(error, StoreError::Exists(_)), "{error}");
}

#[test]
fn a_folder_that_is_not_there_is_an_error_of_the_system() {
    let folder = Folder::new();
    let error = FileStore::create(folder.file("none").join("store")).expect_err("no folder");
    let StoreError::Io { error: ref cause, .. } = error else { panic!("{error}") };
    assert_eq!(cause.kind(), std::io::ErrorKind::NotFound);
    fs::create_dir(folder.file("folder")).expect("there is room");
    let error = FileStore::open(folder.file("folder")).expect_err("it is a folder");
    assert!(matches!(error, StoreError::Io { .. } | StoreError::NoStore { .. }), "{error}");
    let error = FileStore::create(folder.file("folder")).expect_err("it is there");
    assert!(matches!(error, StoreError::Exists(_)), "{error}");
}
