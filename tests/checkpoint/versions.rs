//! Checkpoints of another version, codec or type: migrated, or refused with an error that says what
//! to do.

use consistent_cut::checkpoint::{
    Checkpoints, CodecError, Format, Json, LoadError, MemoryStore, Postcard, SaveError, Which,
};
use consistent_cut::{GlobalSnapshot, NodeId};
use serde::{Deserialize, Serialize, Serializer};
use std::sync::Arc;

use crate::numbers::{Snapshot, numbers, stored};

/// A store with one checkpoint, of version 1.
fn old() -> (Arc<MemoryStore>, Snapshot) {
    let store = Arc::new(MemoryStore::new());
    let snapshot = numbers(1);
    stored(Arc::clone(&store)).save(&snapshot).expect("it is saved");
    (store, snapshot)
}

/// The state of a later version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sum {
    sum: u64,
    count: usize,
}

impl Sum {
    fn of(list: &[u64]) -> Self {
        Sum { sum: list.iter().sum(), count: list.len() }
    }
}

type Later = Format<Sum, String>;

fn later() -> Later {
    Format::default().state_version(2).message_version(5)
}

fn with_migrations() -> Later {
    let format = later().migrate_state(|old| {
        assert_eq!(old.version(), 1);
        Ok(Sum::of(&old.decode::<Vec<u64>>()?))
    });
    format.migrate_message(|old| match old.version() {
        1 => Ok(format!("{:?}", old.decode::<Vec<u64>>()?)),
        other => Err(CodecError::new(format!("version {other} was never released"))),
    })
}

#[test]
fn states_and_messages_of_an_older_version_are_migrated() {
    let (store, snapshot) = old();
    let checkpoints = Checkpoints::new(store, with_migrations());
    let loaded = checkpoints.load(Which::Newest).expect("it is migrated").snapshot;
    for (node, state) in snapshot.states() {
        assert_eq!(loaded.state(node), &Sum::of(state));
    }
    let messages: Vec<_> = loaded.in_flight().map(|(link, text)| (link, text.clone())).collect();
    let old = snapshot.in_flight().map(|(link, list)| (link, format!("{list:?}")));
    assert_eq!(messages, old.collect::<Vec<_>>());

    // The next checkpoint has the new versions, and the older one can still be read.
    let record = checkpoints.save(&loaded).expect("it is saved");
    assert_eq!((record.state_version, record.message_version), (2, 5));
    let again = checkpoints.load(Which::Newest).expect("it is good");
    assert_eq!((again.record.id, again.snapshot.to_string()), (record.id, loaded.to_string()));
    let first = consistent_cut::checkpoint::CheckpointId::new(1);
    let first = checkpoints.load(Which::Id(first)).expect("it is migrated").snapshot;
    assert_eq!(first.to_string(), loaded.to_string());
}

#[test]
fn without_a_migration_the_part_and_both_versions_are_named() {
    let (store, _) = old();
    let refused = |format: Later| {
        let checkpoints = Checkpoints::new(Arc::clone(&store), format);
        checkpoints.load(Which::Newest).expect_err("it has another version")
    };
    let error = refused(later());
    assert!(matches!(error, LoadError::OtherVersion { stored: 1, known: 2, .. }));
    assert_eq!(
        error.to_string(),
        "node 0 of checkpoint 1 has a state of version 1, and this program has version 2: give the \
         format a migration, or use the program that wrote the checkpoint"
    );
    let error = refused(later().migrate_state(|old| Ok(Sum::of(&old.decode::<Vec<u64>>()?))));
    assert!(matches!(error, LoadError::OtherVersion { stored: 1, known: 5, .. }));
    assert_eq!(
        error.to_string(),
        "environment link of node 2 of checkpoint 1 has a message of version 1, and this program \
         has version 5: give the format a migration, or use the program that wrote the checkpoint"
    );
}

/// An older program does not load the checkpoint of a newer one.
#[test]
fn a_newer_version_is_refused_too() {
    let (store, _) = old();
    let newer = Checkpoints::new(Arc::clone(&store), with_migrations());
    let loaded = newer.load(Which::Newest).expect("it is migrated").snapshot;
    newer.save(&loaded).expect("it is saved");
    let error = stored(store).load(Which::Newest).expect_err("it is newer");
    let text = error.to_string();
    assert!(text.contains("a state of version 2, and this program has version 1"), "{text}");
}

#[test]
fn an_error_of_a_migration_is_passed_on() {
    let (store, _) = old();
    let format = later().migrate_state(|_| Err(CodecError::new("the sums are lost")));
    let error = Checkpoints::new(store, format).load(Which::Newest).expect_err("it is refused");
    assert_eq!(
        error.to_string(),
        "node 0 of checkpoint 1 is not a state of this program: the sums are lost; if the type has \
         changed, raise its version"
    );
}

/// No earlier checkpoint stands in for one of another version: that would lose work silently.
#[test]
fn another_version_is_no_damage() {
    let (store, _) = old();
    let newer = Checkpoints::new(Arc::clone(&store), with_migrations());
    newer.save(&newer.load(Which::Newest).expect("it is migrated").snapshot).expect("it is saved");
    assert!(matches!(
        stored(store).load(Which::Newest),
        Err(LoadError::OtherVersion { stored: 2, known: 1, .. })
    ));
}

#[test]
fn another_codec_is_refused_by_name() {
    let (store, snapshot) = old();
    let json: Checkpoints<Vec<u64>, Vec<u64>> =
        Checkpoints::new(Arc::clone(&store), Format::new(Json));
    let error = json.load(Which::Newest).expect_err("it is in postcard");
    assert_eq!(
        error.to_string(),
        "checkpoint 1 was written with the codec postcard, and the format has json: use the codec \
         postcard"
    );
    json.save(&snapshot).expect("both are in one store");
    assert_eq!(json.load(Which::Newest).expect("it is good").record.codec, "json");
    let error = stored(store).load(Which::Newest).expect_err("it is in json");
    assert!(matches!(error, LoadError::OtherCodec { known: "postcard", .. }), "{error}");
}

/// A type that has changed without another version is found where its bytes do not fit.
#[test]
fn a_type_that_has_changed_in_secret_is_found() {
    let (store, _) = old();
    let other: Checkpoints<Vec<String>, Vec<u64>> =
        Checkpoints::new(Arc::clone(&store), Format::default());
    let error = other.load(Which::Newest).expect_err("numbers are no texts").to_string();
    assert!(error.starts_with("node 0 of checkpoint 1 is not a state of this program: "));
    assert!(error.ends_with("; if the type has changed, raise its version"), "{error}");
    // These bytes are those of a smaller type with some bytes left over.
    let smaller: Checkpoints<u64, Vec<u64>> = Checkpoints::new(store, Format::default());
    let error = smaller.load(Which::Newest).expect_err("bytes are left").to_string();
    assert!(error.contains("bytes are left behind the value"), "{error}");

    let store = Arc::new(MemoryStore::new());
    let json: Checkpoints<Vec<u64>, Vec<u64>> =
        Checkpoints::new(Arc::clone(&store), Format::new(Json));
    json.save(&numbers(1)).expect("it is saved");
    let other: Checkpoints<Sum, Vec<u64>> = Checkpoints::new(store, Format::new(Json));
    let error = other.load(Which::Newest).expect_err("a list is no sum").to_string();
    assert!(error.starts_with("node 0 of checkpoint 1 is not a state of this program: "));
}

/// A state that its own rule refuses to write.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
struct Shy(bool);

impl Serialize for Shy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 { Err(serde::ser::Error::custom("it is shy")) } else { ().serialize(serializer) }
    }
}

#[test]
fn a_state_that_cannot_be_written_is_named_and_changes_nothing() {
    let snapshot = numbers(1).into_parts();
    let with_shy = |shy: u32| {
        let nodes = snapshot.nodes.iter().map(|node| consistent_cut::RecordedNode {
            node: node.node,
            state: Shy(node.node == NodeId::new(shy)),
            stopped: false,
            drains: false,
            timers: Vec::new(),
            output: node.output.clone(),
        });
        let parts = consistent_cut::SnapshotParts {
            id: snapshot.id,
            highest_id: snapshot.highest_id,
            topology: Arc::clone(&snapshot.topology),
            initiators: Vec::new(),
            nodes: nodes.collect(),
            failures: Vec::new(),
            channels: snapshot.channels.clone(),
            timings: snapshot.timings.clone(),
            is_edited: false,
        };
        GlobalSnapshot::from_parts(parts).expect("they fit together")
    };
    for checkpoints in [
        Checkpoints::new(MemoryStore::new(), Format::new(Postcard)),
        Checkpoints::new(MemoryStore::new(), Format::new(Json)),
    ] {
        checkpoints.save(&with_shy(9)).expect("no node is shy");
        let error = checkpoints.save(&with_shy(1)).expect_err("node 1 is shy");
        assert!(matches!(error, SaveError::Codec { .. }));
        assert!(error.to_string().starts_with("node 1 cannot be written: "), "{error}");
        assert_eq!(checkpoints.catalog().list().expect("it is read").len(), 1);
        assert_eq!(checkpoints.save(&with_shy(9)).expect("no node is shy").id.get(), 2);
    }
}

#[test]
fn the_version_of_the_application_stands_in_the_record() {
    let store = Arc::new(MemoryStore::new());
    let format: Format<Vec<u64>, Vec<u64>> = Format::default();
    let checkpoints = Checkpoints::new(Arc::clone(&store), format.application("shop 3.1"));
    checkpoints.save(&numbers(1)).expect("it is saved");
    let record = &stored(store).catalog().list().expect("it is read")[0];
    assert_eq!(record.application, "shop 3.1");
}
