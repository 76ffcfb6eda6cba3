//! A store in a file: created, opened, refused.

use consistent_cut::checkpoint::{Checkpoints, FileStore, Format, StoreError, Which};
use consistent_cut::{NodeId, System, Topology};

use crate::folder::Folder;
use crate::sum::Sum;

#[test]
fn a_system_goes_on_from_the_newest_checkpoint() {
    let folder = Folder::new();
    let path = folder.file("store");
    let topology = Topology::ring(3).expect("three nodes");
    let system = System::builder(topology.clone()).spawn(|_| Sum(0)).expect("it starts");
    system.inject(NodeId::new(0), 100).expect("it runs");
    let last = system.snapshot_and_stop().expect("it is complete");
    let checkpoints =
        Checkpoints::new(FileStore::create(&path).expect("a new file"), Format::default());
    let saved = checkpoints.save(&last).expect("it is saved");
    drop(checkpoints);

    let checkpoints =
        Checkpoints::new(FileStore::open(&path).expect("it is there"), Format::default());
    assert_eq!(checkpoints.catalog().list().expect("it is read"), [saved]);
    let loaded = checkpoints.load(Which::Newest).expect("it is good");
    assert_eq!(loaded.snapshot.to_string(), last.to_string());
    let resumed = System::builder(topology).restore_from(&checkpoints, Which::Newest, |_| Sum(0));
    let system = resumed.expect("it fits").system;
    while system.snapshot().expect("it runs").states().map(|(_, sum)| sum).sum::<u64>() < 5050 {}
}

#[test]
fn create_and_open_are_two_calls() {
    let folder = Folder::new();
    let path = folder.file("store");
    assert!(matches!(FileStore::open(&path), Err(StoreError::Missing(_))));
    let store = FileStore::create(&path).expect("a new file");
    assert!(matches!(FileStore::create(&path), Err(StoreError::Exists(_))));
    assert!(matches!(FileStore::open(&path), Err(StoreError::InUse(_))));
    drop(store);
    assert!(FileStore::open(&path).is_ok());
    let empty = folder.file("empty");
    std::fs::write(&empty, "").expect("a file");
    let error = FileStore::open(&empty).expect_err("it is no store");
    assert!(matches!(error, StoreError::NoStore { .. }), "{error}");
    let text = folder.file("text");
    std::fs::write(&text, "not a store at all").expect("a file");
    let error = FileStore::open(&text).expect_err("it is no store");
    assert!(matches!(error, StoreError::NoStore { .. }), "{error}");
}
