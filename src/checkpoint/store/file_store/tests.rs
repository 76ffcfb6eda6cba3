//! Faults of the disk: each call of the database fails in turn, or is the last before a crash.

mod disk;
#[path = "../../../../tests/support/effort.rs"]
mod effort;

use std::collections::BTreeMap;

use disk::{Disk, Fault};

use super::{FileStore, make, open_database};
use crate::chance::Chance;
use crate::checkpoint::{CheckpointId, Checkpoints, Format, Loaded, SaveError, StoreError, Which};
use crate::id::NodeId;
use crate::process::{Context, Process};
use crate::simulation::Simulation;
use crate::snapshot::GlobalSnapshot;
use crate::topology::{Link, Topology};

type Snapshot = GlobalSnapshot<Vec<u8>, ()>;
type Stored = Checkpoints<Vec<u8>, ()>;

/// Saves in each scenario, of which the store keeps the newest two.
const SAVES: u8 = 5;
const KEPT: usize = 2;

/// Does nothing.
struct Still;

impl Process for Still {
    type State = Vec<u8>;
    type Message = ();

    fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}

    fn state(&self) -> Vec<u8> {
        Vec::new()
    }
}

fn empty() -> Snapshot {
    let topology = Topology::ring(2).expect("two nodes");
    let simulation = Simulation::builder(topology).start(|_| Still).expect("no setting is wrong");
    simulation.global_state().expect("no node has failed")
}

/// A snapshot in which one node has a new state and the other always the same.
fn numbered(number: u8) -> Snapshot {
    let mut editor = empty().edit();
    editor.set_state(NodeId::new(0), vec![number; 9_000]).expect("it is there");
    editor.set_state(NodeId::new(1), vec![255; 9_000]).expect("it is there");
    editor.finish().expect("it obeys the law")
}

fn created() -> Disk {
    let disk = Disk::new();
    let file = disk.clone();
    let database =
        open_database("disk".as_ref(), &move |builder| builder.create_with_backend(file.clone()));
    make(database.expect("it is new")).expect("nothing fails");
    disk
}

fn opened(disk: &Disk) -> Result<Stored, StoreError> {
    let file = disk.clone();
    let store = FileStore::over("disk".into(), false, move |builder| {
        builder.create_with_backend(file.clone())
    })?;
    Ok(Checkpoints::new(store, Format::default()).keep(KEPT))
}

/// The checkpoints that the store must have, with the number that each holds.
type Kept = BTreeMap<CheckpointId, u8>;

/// Saves checkpoints, and updates `kept` to what the store must have. An error ends the scenario.
fn live(stored: &Stored, kept: &mut Kept) -> Result<(), (u8, SaveError)> {
    for number in 1..=SAVES {
        let record = stored.save(&numbered(number)).map_err(|error| (number, error))?;
        add(kept, record.id, number);
    }
    Ok(())
}

fn add(kept: &mut Kept, id: CheckpointId, number: u8) {
    kept.insert(id, number);
    while kept.len() > KEPT {
        kept.pop_first();
    }
}

/// The checkpoints in the store, each read and found to be good.
fn contents(stored: &Stored) -> Kept {
    let records = stored.catalog().list().expect("it is read");
    let load = |id| {
        let Loaded { snapshot, .. } = stored.load(Which::Id(id)).expect("it is good");
        let states: Vec<_> = snapshot.states().map(|(_, state)| state.clone()).collect();
        assert!(states[0].iter().all(|byte| *byte == states[0][0]));
        assert_eq!((states[0].len(), &states[1]), (9_000, &vec![255; 9_000]));
        (id, states[0][0])
    };
    records.iter().map(|record| load(record.id)).collect()
}

/// The store has these checkpoints, or those after one more save.
fn check(stored: &Stored, kept: &Kept, under_way: Option<u8>, case: &str) {
    let found = contents(stored);
    if found == *kept {
        return;
    }
    let (newest, number) = found.last_key_value().expect("more than the empty store");
    let mut with = kept.clone();
    add(&mut with, *newest, *number);
    assert!(found == with && Some(*number) == under_way, "{case}: {found:?} and not {kept:?}");
}

/// The numbers of the calls in a scenario without faults. At an effort of 10, each call is tried.
fn calls() -> impl Iterator<Item = u64> {
    let step = 10 / effort::scaled(1).min(10);
    (0..count()).step_by(step as usize)
}

fn count() -> u64 {
    let disk = created();
    let stored = opened(&disk).expect("it is a store");
    let before = disk.calls();
    live(&stored, &mut Kept::new()).expect("nothing fails");
    disk.calls() - before
}

/// After the failed call, the store in the same process goes on, and so does a store that is opened
/// after a crash.
fn fails_at(call: u64, fault: Fault, chance: &mut Chance) -> bool {
    let case = format!("{fault:?} at call {call}");
    let disk = created();
    let stored = opened(&disk).expect("it is a store");
    let mut kept = Kept::new();
    disk.fail(call, fault);
    let under_way = match live(&stored, &mut kept) {
        Ok(()) => None,
        Err((number, SaveError::Store(StoreError::Io { .. }))) => Some(number),
        Err((_, error)) => panic!("{case}: {error}"),
    };
    if fault == Fault::Full && under_way.is_some() {
        let error = stored.save(&numbered(99)).expect_err("the disk is still full");
        assert!(matches!(error, SaveError::Store(StoreError::Io { .. })), "{case}: {error}");
    }
    let has_failed = disk.mend();
    check(&stored, &kept, under_way, &case);
    let mut kept = contents(&stored);
    let highest = kept.last_key_value().map_or(0, |(id, _)| id.get());
    let record = stored.save(&numbered(100)).expect("the disk is mended");
    assert!(record.id.get() > highest, "{case}: {} is given out again", record.id);
    add(&mut kept, record.id, 100);
    assert_eq!(contents(&stored), kept, "{case}");
    let after = Disk::holding(disk.after_crash(chance));
    assert_eq!(contents(&opened(&after).expect("it is whole")), kept, "{case}, and a crash");
    has_failed
}

fn each_call(fault: Fault) {
    let mut chance = Chance::new(7);
    let failed = calls().filter(|call| fails_at(*call, fault, &mut chance)).count();
    assert!(failed > 0, "no call has failed");
}

#[test]
fn a_call_that_fails_once_fails_one_save() {
    each_call(Fault::Once);
}

#[test]
fn a_full_disk_fails_saves_until_there_is_room() {
    each_call(Fault::Full);
}

#[test]
fn half_a_write_fails_one_save() {
    each_call(Fault::Short);
}

#[test]
fn a_sync_that_loses_its_writes_loses_no_earlier_checkpoint() {
    each_call(Fault::LostSync);
}

/// The machine stops at each call, and loses any of the writes that were not synced.
#[test]
fn a_crash_leaves_the_checkpoints_that_were_saved() {
    let (mut chance, mut under_way_kept) = (Chance::new(11), 0);
    for call in calls() {
        for _ in 0..3 {
            let disk = created();
            let stored = opened(&disk).expect("it is a store");
            let mut kept = Kept::new();
            disk.fail(call, Fault::Crash);
            let Err((number, _)) = live(&stored, &mut kept) else { break };
            drop(stored);
            let after = Disk::holding(disk.after_crash(&mut chance));
            let stored = opened(&after).unwrap_or_else(|error| panic!("call {call}: {error}"));
            check(&stored, &kept, Some(number), &format!("crash at call {call}"));
            under_way_kept += u32::from(contents(&stored) != kept);
            stored.save(&numbered(100)).expect("the store goes on");
        }
    }
    // Few calls come between the last write of a save and its last sync.
    assert!(effort::scaled(1) < 10 || under_way_kept > 0, "no crash came before the last sync");
}

/// The program is killed at each call, and all that it wrote reaches the disk.
#[test]
fn a_kill_leaves_the_checkpoints_that_were_saved() {
    for call in calls() {
        let disk = created();
        let stored = opened(&disk).expect("it is a store");
        let mut kept = Kept::new();
        disk.fail(call, Fault::Crash);
        let Err((number, _)) = live(&stored, &mut kept) else { continue };
        let after = Disk::holding(disk.after_kill());
        let stored = opened(&after).unwrap_or_else(|error| panic!("call {call}: {error}"));
        check(&stored, &kept, Some(number), &format!("kill at call {call}"));
    }
}

/// Creation is interrupted at each call: the file that is left is no store, or an empty one.
#[test]
fn half_a_creation_is_no_store_or_an_empty_one() {
    let whole = created().calls();
    let (mut chance, mut refused, mut empty) = (Chance::new(5), 0, 0);
    for call in 0..whole {
        let disk = Disk::new();
        disk.fail(call, Fault::Crash);
        let file = disk.clone();
        let opener = move |builder: &redb::Builder| builder.create_with_backend(file.clone());
        let made = open_database("disk".as_ref(), &opener).and_then(make);
        assert!(matches!(made, Err(StoreError::Io { .. })), "call {call}: {made:?}");
        for bytes in [disk.after_crash(&mut chance), disk.after_kill()] {
            match opened(&Disk::holding(bytes)) {
                Ok(stored) => {
                    assert!(contents(&stored).is_empty());
                    stored.save(&numbered(1)).expect("it is a store");
                    empty += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 0 && empty > 0, "{refused} {empty}");
}
