//! A system of another topology than the checkpoint: refused, and the difference is named.

use consistent_cut::checkpoint::{
    CheckpointId, LoadError, MemoryStore, ResumeError, Resumed, Which,
};
use consistent_cut::{RestoreError, System, Topology};

use crate::numbers::{Keeper, Numbers, numbers, of_ring, stored};
use crate::watched::{Damage, Row, Watched};

fn named(links: &[(&str, &str)]) -> Topology {
    Topology::from_named_links(links.iter().copied()).expect("it has nodes")
}

/// A shop with two clients. The first client sends on two parallel links.
fn shop() -> Topology {
    named(&[("anna", "till"), ("anna", "till"), ("bert", "till"), ("till", "anna")])
}

fn saved() -> Numbers {
    let stored = stored(MemoryStore::new());
    stored.save(&of_ring(shop(), |node| vec![node.index() as u64; 99])).expect("it is saved");
    stored
}

fn restore(stored: &Numbers, topology: Topology) -> Result<Resumed<Keeper>, ResumeError> {
    System::builder(topology).restore_from(stored, Which::Newest, |_| Keeper(Vec::new()))
}

/// The error of a restore with this topology.
fn refused(topology: Topology) -> String {
    let error = restore(&saved(), topology).expect_err("it is another topology");
    assert!(matches!(error, ResumeError::Restore(_)), "{error}");
    error.to_string()
}

#[test]
fn the_same_topology_fits() {
    let stored = saved();
    let resumed = restore(&stored, shop()).expect("it fits");
    assert_eq!(resumed.from.map(|record| record.id.get()), Some(1));
    assert!(resumed.damaged.is_empty());
    assert_eq!(stored.catalog().topology(CheckpointId::new(1)).expect("it is good"), shop());
}

#[test]
fn a_renamed_node_is_named() {
    let error =
        refused(named(&[("anna", "till"), ("anna", "till"), ("carl", "till"), ("till", "anna")]));
    assert!(error.contains("bert") && error.contains("carl"), "{error}");
}

#[test]
fn a_missing_node_is_told_by_both_numbers() {
    let error = refused(named(&[("anna", "till"), ("anna", "till"), ("till", "anna")]));
    assert!(error.contains('3') && error.contains('2'), "{error}");
}

#[test]
fn a_link_that_was_added_is_named() {
    let error = refused(named(&[
        ("anna", "till"),
        ("anna", "till"),
        ("bert", "till"),
        ("till", "anna"),
        ("till", "bert"),
    ]));
    assert!(error.contains("link 4"), "{error}");
    let error = refused(named(&[("anna", "till"), ("bert", "till"), ("till", "anna")]));
    assert!(error.contains("link 1"), "{error}");
}

#[test]
fn a_checkpoint_of_another_topology_is_not_saved() {
    let stored = saved();
    let error = stored.save(&numbers(1)).expect_err("it is a ring");
    assert_eq!(
        error.to_string(),
        "the store holds checkpoints of another topology: the store has link 1 from node 0 (anna) \
         to node 1 (till), and the snapshot link 1 from node 1 to node 2; create a store for each \
         system"
    );
    assert_eq!(stored.catalog().list().expect("it is read").len(), 1);
    // Names are a part of the topology.
    let renamed = named(&[("a", "till"), ("a", "till"), ("bert", "till"), ("till", "a")]);
    let renamed = of_ring(renamed, |_| Vec::new());
    let error = stored.save(&renamed).expect_err("a name differs").to_string();
    assert!(error.contains("is named \"anna\" in the store and \"a\" in the snapshot"), "{error}");
    stored.save(&of_ring(shop(), |_| Vec::new())).expect("it is the same");
}

#[test]
fn a_new_system_starts_where_the_store_is_empty_and_nowhere_else() {
    let store = stored(MemoryStore::new());
    let start = |topology, stored: &Numbers| {
        System::builder(topology).restore_or_spawn(stored, |_| Keeper(vec![5]))
    };
    let resumed = start(shop(), &store).expect("it starts anew");
    assert_eq!(resumed.from, None);
    let last = resumed.system.snapshot_and_stop().expect("it is complete");
    assert!(last.states().all(|(_, list)| *list == [5]));

    let resumed = start(shop(), &saved()).expect("it goes on");
    assert_eq!(resumed.from.map(|record| record.id.get()), Some(1));
    let last = resumed.system.snapshot_and_stop().expect("it is complete");
    assert!(last.states().all(|(node, list)| list[0] == node.index() as u64));

    let error = start(Topology::ring(4).expect("four nodes"), &saved());
    let error = error.expect_err("the topology is another one");
    assert!(matches!(error, ResumeError::Restore(RestoreError::OtherNodes { .. })), "{error}");
}

/// A new system in the place of one whose checkpoints are damaged would lose all work silently.
#[test]
fn no_system_starts_anew_where_all_checkpoints_are_damaged() {
    let store = Watched::default();
    let stored = stored(store.clone());
    let record = stored.save(&of_ring(shop(), |_| vec![1; 99])).expect("it is saved");
    store.damage(Row::Part(record.id, 0), Damage::Gone);
    let start = System::builder(shop()).restore_or_spawn(&stored, |_| Keeper(Vec::new()));
    let error = start.expect_err("no checkpoint is good");
    assert!(matches!(error, ResumeError::Load(LoadError::NoneGood(_))), "{error}");
}
