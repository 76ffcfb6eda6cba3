//! A damaged row of a store gives a clear error or an earlier good checkpoint, and never a wrong
//! snapshot.

use std::collections::BTreeMap;

use consistent_cut::checkpoint::{
    CheckpointId, Checkpoints, Format, LoadError, Loaded, Record, SaveError, Which,
};

use crate::busy::{Log, Word};
use crate::numbers::{numbers, stored};
use crate::support::chance::Chance;
use crate::support::effort::scaled;
use crate::systems::{self, Stored, all};
use crate::watched::{Damage, Row, Watched};

/// The true checkpoints: the record and the snapshot of each.
type Truth = BTreeMap<CheckpointId, (Record, String)>;

/// A store with three checkpoints of a system that runs.
fn filled(store: &Watched) -> Truth {
    let mut chance = Chance::new(3);
    let topology = systems::topology(&mut chance);
    let mut simulation = systems::lived(&mut chance, &topology);
    let stored = reader(store);
    let mut truth = Truth::new();
    for _ in 0..3 {
        systems::live(&mut chance, &mut simulation);
        let state = simulation.global_state().expect("no node has failed");
        let record = stored.save(&state).expect("it is saved");
        truth.insert(record.id, (record, all(&state)));
    }
    let verified = stored.catalog().verify(CheckpointId::new(2)).expect("it is good");
    truth.get_mut(&verified.id).expect("it is there").0 = verified.clone();
    truth
}

/// Checkpoints that know of no damage yet.
fn reader(store: &Watched) -> Stored {
    let format: Format<Log, Word> = Format::default();
    Checkpoints::new(store.clone(), format.application("1.2")).keep(3)
}

/// A checkpoint that was read is a true one. Pins and verifications are no part of a checkpoint,
/// and no hash covers them.
fn check(loaded: &Loaded<Log, Word>, truth: &Truth, case: &str) {
    let (record, snapshot) = &truth[&loaded.record.id];
    let Record { is_pinned, verified, .. } = *record;
    let mut read = loaded.record.clone();
    (read.is_pinned, read.verified) = (is_pinned, verified);
    assert_eq!((&read, &all(&loaded.snapshot)), (record, snapshot), "{case}");
}

/// Makes every call that reads the store with this damage.
fn ask(store: &Watched, truth: &Truth, row: Row, case: &str) -> bool {
    let stored = reader(store);
    let newest = *truth.last_key_value().expect("three").0;
    let fell_back = match stored.load(Which::Newest) {
        Ok(loaded) => {
            check(&loaded, truth, case);
            let is_older = loaded.record.id != newest;
            let is_hidden = row == Row::Record(newest);
            assert!(!is_older || !loaded.damaged.is_empty() || is_hidden, "{case}: no damage said");
            is_older
        }
        Err(error) => {
            assert!(error.to_string().contains("damaged"), "{case}: {error}");
            assert!(
                !matches!(row, Row::Part(..)),
                "{case}: the other checkpoints are good: {error}"
            );
            false
        }
    };
    for &id in truth.keys() {
        match reader(store).load(Which::Id(id)) {
            Ok(loaded) => check(&loaded, truth, case),
            Err(LoadError::Unknown(unknown)) => assert_eq!(unknown, id, "{case}"),
            Err(error) => assert!(error.to_string().contains("damaged"), "{case}: {error}"),
        }
        if let Err(error) = reader(store).catalog().verify(id) {
            assert!(
                error.to_string().contains("checkpoint") || error.to_string().contains("store")
            );
        }
    }
    fell_back
}

/// A store may be damaged between two calls, so each case has a store of its own.
fn with_damage(row: Row, damage: Damage) -> bool {
    let store = Watched::default();
    let truth = filled(&store);
    store.damage(row, damage);
    let case = format!("{damage:?} of {row:?}");
    let fell_back = ask(&store, &truth, row, &case);
    if let Ok(record) = reader(&store).save(&sample()) {
        assert!(record.id > *truth.last_key_value().expect("three").0, "{case}: {}", record.id);
    }
    fell_back
}

/// A snapshot of the same system.
fn sample() -> systems::Snapshot {
    let mut chance = Chance::new(3);
    let topology = systems::topology(&mut chance);
    systems::lived(&mut chance, &topology).global_state().expect("no node has failed")
}

#[test]
fn damage_of_any_row_gives_no_wrong_snapshot() {
    let store = Watched::default();
    filled(&store);
    let rows = store.rows();
    let mut chance = Chance::new(17);
    let mut fell_back = 0;
    for &(row, size) in &rows {
        let flips = (0..scaled(3)).map(|_| Damage::Flip(chance.below(size.max(1) * 8)));
        let flips: Vec<_> = flips.filter(|_| size > 0).collect();
        let cuts = [0, 1, size / 2, size.saturating_sub(1)].map(Damage::Cut);
        for damage in flips.into_iter().chain(cuts).chain([Damage::Gone]) {
            fell_back += u32::from(with_damage(row, damage));
        }
    }
    assert!(fell_back > 0, "no damage of {} rows was survived", rows.len());
}

/// Each bit of the records and of the store's own data, in one store.
#[test]
fn no_bit_of_a_record_changes_a_snapshot() {
    let store = Watched::default();
    let truth = filled(&store);
    for (row, size) in store.rows() {
        if !matches!(row, Row::Record(_) | Row::Meta) {
            continue;
        }
        for bit in 0..size * 8 {
            store.damage(row, Damage::Flip(bit));
            ask_only(&store, &truth, &format!("bit {bit} of {row:?}"));
            store.mend();
        }
    }
}

fn ask_only(store: &Watched, truth: &Truth, case: &str) {
    match reader(store).load(Which::Newest) {
        Ok(loaded) => check(&loaded, truth, case),
        Err(error) => assert!(error.to_string().contains("damaged"), "{case}: {error}"),
    }
    for &id in truth.keys() {
        match reader(store).load(Which::Id(id)) {
            Ok(loaded) => check(&loaded, truth, case),
            Err(LoadError::Unknown(_)) => {}
            Err(error) => assert!(error.to_string().contains("damaged"), "{case}: {error}"),
        }
    }
}

/// The store's own data holds the next id, among others.
#[test]
fn no_bit_of_the_stores_own_data_gives_an_id_out_again() {
    let filled = || {
        let store = Watched::default();
        let stored = stored(store.clone());
        for from in [1, 2] {
            stored.save(&numbers(from)).expect("it is saved");
        }
        (store, stored)
    };
    let size = filled().0.rows()[0].1;
    let (mut saved, mut refused) = (0, 0);
    for bit in 0..size * 8 {
        let (store, stored) = filled();
        store.damage(Row::Meta, Damage::Flip(bit));
        match stored.save(&numbers(3)) {
            Ok(record) => {
                assert!(record.id.get() > 2, "bit {bit}: {} is given out again", record.id);
                let loaded = stored.load(Which::Id(CheckpointId::new(2))).expect("it is good");
                assert_eq!(loaded.snapshot.to_string(), numbers(2).to_string());
                saved += 1;
            }
            Err(SaveError::OtherTopology { .. } | SaveError::Store(_)) => refused += 1,
            Err(error) => panic!("bit {bit}: {error}"),
        }
    }
    assert!(saved > 0 && refused > 0, "{saved} {refused}");
}
