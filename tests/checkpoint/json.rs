//! A checkpoint is exported as JSON and imported again.

use consistent_cut::checkpoint::{
    CheckpointId, LoadError, MemoryStore, Postcard, TransferError, Which,
};

use crate::support::chance::Chance;
use crate::support::effort::scaled;
use crate::systems::{self, all, checkpoints};

#[test]
fn an_exported_checkpoint_is_imported_as_it_was() {
    let mut transferred = 0;
    for seed in 0..scaled(30) {
        let mut chance = Chance::new(seed);
        let topology = systems::topology(&mut chance);
        let simulation = systems::lived(&mut chance, &topology);
        let [from, to] = [(); 2].map(|()| checkpoints(MemoryStore::new(), Postcard));
        for snapshot in simulation.snapshots() {
            let record = from.save(snapshot).expect("it is saved");
            let mut text = Vec::new();
            let exported = from.export_json(Which::Id(record.id), &mut text);
            assert_eq!(exported.expect("it is good"), record);
            to.import_json(&*text).expect("it is a snapshot");
            let loaded = to.load(Which::Newest).expect("it is good").snapshot;
            assert_eq!(all(&loaded), all(snapshot));
            transferred += 1;
        }
    }
    assert!(transferred > 0);
}

#[test]
fn text_that_is_no_snapshot_is_refused_and_changes_nothing() {
    let mut chance = Chance::new(1);
    let topology = systems::topology(&mut chance);
    let state = systems::lived(&mut chance, &topology).global_state().expect("no node has failed");
    let stored = checkpoints(MemoryStore::new(), Postcard);
    stored.save(&state).expect("it is saved");
    let mut text = Vec::new();
    stored.export_json(Which::Newest, &mut text).expect("it is good");
    for length in (0..text.len() - 1).step_by(97) {
        let error = stored.import_json(&text[..length]).expect_err("it is cut");
        assert!(matches!(error, TransferError::Json(_)), "{length}: {error}");
    }
    text.extend_from_slice(b" and more");
    assert!(matches!(stored.import_json(&*text), Err(TransferError::Json(_))));
    let unknown = stored.export_json(Which::Id(CheckpointId::new(9)), &mut Vec::new());
    assert!(matches!(unknown, Err(TransferError::Load(LoadError::Unknown(_)))));
    assert_eq!(stored.catalog().list().expect("it is read").len(), 1);
}
