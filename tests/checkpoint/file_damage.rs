//! A damaged file gives the last good checkpoint or a clear error, and never a wrong state, a panic
//! or a hang.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use consistent_cut::checkpoint::{
    CheckpointId, FileStore, LoadError, SaveError, StoreError, Which,
};

use crate::folder::Folder;
use crate::numbers::{Numbers, numbers, stored};
use crate::support::chance::{Chance, for_each_seed};
use crate::support::effort::scaled;
use crate::support::watchdog::finishes;

/// At an effort of 1, for each kind of file.
const CASES: u64 = 150;

/// The true snapshots.
fn truth() -> BTreeMap<CheckpointId, String> {
    (1..=5).map(|id| (CheckpointId::new(id), numbers(id).to_string())).collect()
}

fn fill(path: &Path) -> Numbers {
    let stored = stored(FileStore::create(path).expect("it is new")).keep(3);
    for from in 1..=5 {
        stored.save(&numbers(from)).expect("it is saved");
    }
    stored
}

/// A file after a clean close.
fn closed() -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.file("store");
    drop(fill(&path));
    fs::read(&path).expect("it is there")
}

/// A file as a program leaves it when it is killed while the store is open.
fn killed() -> Vec<u8> {
    let folder = Folder::new();
    let path = folder.file("store");
    let _stored = fill(&path);
    fs::read(&path).expect("it is there")
}

/// Opens the file and reads all of it. Returns whether a checkpoint was read.
fn check(path: &Path, truth: &BTreeMap<CheckpointId, String>, case: &str) -> bool {
    let store = match FileStore::open(path) {
        Ok(store) => store,
        Err(error @ (StoreError::Damaged(_) | StoreError::NoStore { .. })) => {
            assert!(!error.to_string().contains("internal error"), "{case}: {error}");
            SALVAGED.fetch_add(u64::from(salvage(path, truth, case)), Ordering::Relaxed);
            return false;
        }
        Err(StoreError::OtherFormat { .. }) => return false,
        Err(error) => panic!("{case}: {error}"),
    };
    let stored = stored(store);
    let newest = match stored.load(Which::Newest) {
        Ok(loaded) => {
            assert_eq!(loaded.snapshot.to_string(), truth[&loaded.record.id], "{case}");
            true
        }
        Err(error) => {
            let is_known =
                matches!(error, LoadError::Store(_) | LoadError::NoneGood(_) | LoadError::Empty);
            assert!(is_known, "{case}: {error}");
            assert!(!matches!(error, LoadError::Empty), "{case}: the checkpoints are hidden");
            false
        }
    };
    for id in truth.keys() {
        if let Ok(loaded) = stored.load(Which::Id(*id)) {
            assert_eq!(loaded.snapshot.to_string(), truth[id], "{case}");
        }
    }
    newest
}

/// How many checkpoints were read out of files that are refused as a whole.
static SALVAGED: AtomicU64 = AtomicU64::new(0);

/// Reads what is left of a file that is refused. Returns whether a checkpoint was read.
fn salvage(path: &Path, truth: &BTreeMap<CheckpointId, String>, case: &str) -> bool {
    let before = fs::read(path).expect("it is there");
    let Ok(store) = FileStore::salvage(path) else { return false };
    let stored = stored(store);
    let newest = stored.load(Which::Newest).ok();
    if let Some(loaded) = &newest {
        assert_eq!(loaded.snapshot.to_string(), truth[&loaded.record.id], "{case}, salvaged");
    }
    let error = stored.save(&numbers(9)).expect_err("a copy cannot be written");
    let is_known = matches!(error, SaveError::Store(_) | SaveError::OtherTopology { .. });
    assert!(is_known, "{case}: {error}");
    assert_eq!(fs::read(path).expect("it is there"), before, "{case}: the file has changed");
    newest.is_some()
}

fn flipped(bytes: Vec<u8>, what: &'static str) {
    finishes(move || {
        let (folder, truth) = (Folder::new(), truth());
        let path = folder.file("store");
        let (mut read, mut refused) = (0, 0);
        let all = for_each_seed(0..scaled(CASES), |seed| {
            let mut chance = Chance::new(seed);
            // First each byte of the header, and then random bytes.
            let at =
                if seed % 3 == 0 { seed / 3 % 512 } else { chance.number() % bytes.len() as u64 };
            let mut flipped = bytes.clone();
            flipped[at as usize] ^= 1 << chance.below(8);
            fs::write(&path, &flipped).expect("there is room");
            match check(&path, &truth, &format!("{what}, byte {at}")) {
                true => read += 1,
                false => refused += 1,
            }
        });
        assert!(!all || read > 0 && refused > 0, "{what}: {read} read, {refused} refused");
        let salvaged = SALVAGED.load(Ordering::Relaxed);
        println!("{what}: {read} read, {refused} refused, {salvaged} salvaged so far");
        assert!(!all || salvaged > 0, "{what}: nothing was salvaged");
    });
}

fn truncated(bytes: Vec<u8>, what: &'static str) {
    finishes(move || {
        let (folder, truth) = (Folder::new(), truth());
        let path = folder.file("store");
        let mut chance = Chance::new(23);
        for case in 0..scaled(CASES) / 3 {
            let length = match case {
                0..10 => case as usize * 37,
                _ => chance.below(bytes.len()),
            };
            fs::write(&path, &bytes[..length]).expect("there is room");
            check(&path, &truth, &format!("{what}, cut to {length} bytes"));
        }
    });
}

#[test]
fn a_flipped_bit_after_a_close_gives_no_wrong_state() {
    flipped(closed(), "closed");
}

#[test]
fn a_flipped_bit_after_a_kill_gives_no_wrong_state() {
    flipped(killed(), "killed");
}

/// The file names a version of the database's own format that no store has had.
#[test]
fn a_file_of_another_version_of_the_database_is_damaged() {
    let (folder, bytes) = (Folder::new(), closed());
    let path = folder.file("store");
    // Both commit slots begin with the version.
    for at in [64, 192] {
        let mut older = bytes.clone();
        older[at] = 2;
        fs::write(&path, &older).expect("there is room");
        let error = FileStore::open(&path).expect_err("the version is another one");
        assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
    }
}

#[test]
fn a_truncated_file_gives_no_wrong_state() {
    truncated(closed(), "closed");
    truncated(killed(), "killed");
}

/// Copies of a file that is written meanwhile. A copy may have pages of several commits. It opens
/// with a true checkpoint, or it is refused.
#[test]
fn a_copy_of_a_file_that_is_written_meanwhile_gives_no_wrong_state() {
    finishes(|| {
        let folder = Folder::new();
        let (path, copy) = (folder.file("store"), folder.file("copy"));
        let stored = fill(&path).keep(2);
        let writer = std::thread::Builder::new().name("writer".into()).spawn(move || {
            let saved = (6..60).map(|from| {
                let record = stored.save(&numbers(from)).expect("it is saved");
                (record.id, numbers(from).to_string())
            });
            saved.collect::<BTreeMap<_, _>>()
        });
        let writer = writer.expect("the machine has room for one more thread");
        let mut copies = Vec::new();
        while !writer.is_finished() {
            let copy = fs::read(&path).expect("it is there");
            if copies.last() != Some(&copy) {
                copies.push(copy);
            }
        }
        let mut all = writer.join().expect("it saves all");
        all.extend(truth());
        let mut read = 0;
        let step = copies.len().div_ceil(scaled(40) as usize);
        for (nth, bytes) in copies.iter().enumerate().step_by(step) {
            fs::write(&copy, bytes).expect("there is room");
            read += u32::from(check(&copy, &all, &format!("copy {nth}")));
        }
        assert!(read > 0, "none of {} copies was read", copies.len());
    });
}
