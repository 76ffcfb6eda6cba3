//! Only contents that have changed are written again, and little beside them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::marker::PhantomData;
use std::sync::Arc;

use consistent_cut::checkpoint::{Checkpoints, Format, Record, Which};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Topology};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::numbers::{numbers, stored};
use crate::support::merge::mix;
use crate::watched::Watched;

/// A node with a default state, for snapshots whose states are set by hand.
struct Holder<S>(PhantomData<S>);

impl<S: Default + Send + Sync + 'static> Process for Holder<S> {
    type State = S;
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) -> S {
        S::default()
    }
}

/// A snapshot of one node with this state.
fn holding<S: Clone + Default + Send + Sync + 'static>(state: S) -> GlobalSnapshot<S, ()> {
    let topology = Arc::new(Topology::line(1).expect("one node"));
    let simulation = Simulation::builder(topology).start(|_| Holder(PhantomData));
    let snapshot = simulation.expect("no setting is wrong").global_state().expect("it is up");
    let mut editor = snapshot.edit();
    editor.set_state(NodeId::new(0), state).expect("it is there");
    editor.finish().expect("it obeys the law")
}

/// Saves states one after the other, and returns each record with its number of new blobs.
fn save_all<S>(states: impl IntoIterator<Item = S>) -> Vec<(Record, usize)>
where
    S: Clone + Debug + Default + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    let store = Watched::default();
    let stored: Checkpoints<S, ()> = Checkpoints::new(store.clone(), Format::default());
    let save = |state: S| {
        let record = stored.save(&holding(state)).expect("it is saved");
        (record, store.written().len())
    };
    states.into_iter().map(save).collect()
}

#[test]
fn an_unchanged_state_is_not_written_again() {
    let store = Watched::default();
    let stored = stored(store.clone());
    let first = stored.save(&numbers(1)).expect("it is saved");
    let bytes = store.blob_bytes();
    assert!(store.written().len() >= 4, "three states and a message");
    assert_eq!(first.counts.new_bytes, first.counts.bytes);
    let again = stored.save(&numbers(1)).expect("it is saved");
    assert!(store.written().is_empty());
    assert_eq!((again.counts.bytes, store.blob_bytes()), (first.counts.bytes, bytes));
    assert!(again.counts.new_bytes <= 64, "only contents that stand in their part: {again}");
    let other = stored.save(&numbers(2)).expect("it is saved");
    assert_eq!(store.written().len(), 1, "the state of node 0");
    assert!((200..500).contains(&(other.counts.new_bytes)), "{other}");
    let changed = stored.catalog().changed(again.id, other.id).expect("they are there");
    assert_eq!(changed.iter().map(|part| &*part.name).collect::<Vec<_>>(), ["node 0"]);
    assert_eq!(stored.catalog().changed(first.id, again.id).expect("they are there"), []);
}

/// Equal contents within one checkpoint are written once.
#[test]
fn equal_states_of_two_nodes_are_one_blob() {
    let store = Watched::default();
    let stored = stored(store.clone());
    let topology = Topology::ring(4).expect("four nodes");
    let same = crate::numbers::of_ring(topology, |_| vec![9; 500]);
    let record = stored.save(&same).expect("it is saved");
    assert_eq!(store.written().len(), 2, "a state and a message");
    assert!(record.counts.new_bytes < record.counts.bytes / 3, "{record}");
    let loaded = stored.load(Which::Newest).expect("it is good").snapshot;
    assert_eq!(loaded.to_string(), same.to_string());
}

type Entries = BTreeMap<u64, (u64, String)>;

/// Some entries, of 36 bytes each. Their keys leave room for others.
fn entries(number: u64) -> Entries {
    let entry = |key| (key * 16, (mix(key, 1), format!("entry {:016x}", mix(key, 2))));
    (0..number).map(entry).collect()
}

#[test]
fn of_a_large_state_with_one_other_entry_a_few_chunks_are_written_again() {
    let all = entries(230_000);
    let mut changed = all.clone();
    changed.get_mut(&(115_000 * 16)).expect("it is there").0 = 7;
    let mut inserted = changed.clone();
    inserted.insert(115_000 * 16 + 3, (9, "new".into()));
    let saved = save_all([all, changed, inserted]);
    let [(first, _), others @ ..] = &saved[..] else { unreachable!("three were saved") };
    assert!(first.counts.new_bytes > 8_000_000, "{first}");
    for (record, blobs) in others {
        let kilobytes = record.counts.new_bytes / 1_000;
        println!("{kilobytes} KB in {blobs} chunks of {} KB", record.counts.bytes / 1_000);
        assert!(*blobs <= 4 && kilobytes <= 400, "{blobs} blobs: {record}");
    }
}

/// A map in an order of its own, and the same map with sorted entries in the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Sorted(#[serde(serialize_with = "sorted")] HashMap<u64, (u64, String)>);

fn sorted<S: Serializer>(
    map: &HashMap<u64, (u64, String)>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    map.iter().collect::<BTreeMap<_, _>>().serialize(serializer)
}

#[test]
fn a_hash_map_is_written_again_and_a_sorted_one_is_not() {
    let hashed = || entries(20_000).into_iter().collect::<HashMap<_, _>>();
    let share = |saved: &[(Record, usize)]| {
        let counts = saved[1].0.counts;
        100 * counts.new_bytes / counts.bytes
    };
    let unsorted = save_all([hashed(), hashed()]);
    assert_eq!(share(&unsorted), 100, "the order of the entries was the same by chance");
    assert_eq!(share(&save_all([Sorted(hashed()), Sorted(hashed())])), 0);
    assert_eq!(share(&save_all([entries(20_000), entries(20_000)])), 0);
}
