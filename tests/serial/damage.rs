//! Damaged JSON and bytes never make a panic: they are refused, or they are a snapshot that obeys
//! the laws and can be restored.

use consistent_cut::simulation::Simulation;
use consistent_cut::{GlobalSnapshot, PartsError};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::systems::{Run, Settings, varied};
use crate::walker::{Snapshot, Walker};

/// At an effort of 1.
const RUNS: u64 = 15;
/// The damaged copies of each snapshot, for each kind of damage.
const COPIES: usize = 12;

#[derive(Default)]
struct Tally {
    refused: u64,
    read: u64,
}

impl Tally {
    /// Checks a damaged snapshot that may have been read.
    fn look(&mut self, read: Option<Snapshot>) {
        let Some(snapshot) = read else {
            self.refused += 1;
            return;
        };
        self.read += 1;
        snapshot.verify().expect("a snapshot that exists obeys the law");
        let again: Result<_, PartsError> =
            GlobalSnapshot::from_parts(snapshot.clone().into_parts());
        assert!(again.is_ok(), "{:?}", again.err());
        assert!(!snapshot.to_string().is_empty());
        if snapshot.failures().is_empty() {
            let builder = Simulation::builder(snapshot.topology().clone());
            let mut restored = builder.restore(&snapshot, |_| Walker::default()).expect("it fits");
            restored.run(20);
        }
    }

    fn assert_both_seen(&self, of: &str) {
        let Tally { refused, read } = self;
        assert!(*refused > 0 && *read > 0, "{of}: {refused} were refused and {read} read");
    }
}

/// Some snapshots of a run, written by `write`.
fn written(seed: u64, write: impl Fn(&Snapshot) -> Vec<u8>) -> (Chance, Vec<Vec<u8>>) {
    let mut chance = Chance::new(seed);
    let mut run = Run::start(&Settings::draw(&mut chance));
    run.live(&mut chance, 16);
    let snapshots = run.snapshots().into_iter().rev().take(3);
    let snapshots: Vec<_> = snapshots.map(|snapshot| varied(snapshot, &mut chance)).collect();
    (chance, snapshots.iter().map(write).collect())
}

fn json(snapshot: &Snapshot) -> Vec<u8> {
    serde_json::to_vec(snapshot).expect("it can be written")
}

fn bytes(snapshot: &Snapshot) -> Vec<u8> {
    postcard::to_stdvec(snapshot).expect("it can be written")
}

fn flip(written: &[u8], bits: usize, chance: &mut Chance) -> Vec<u8> {
    let mut flipped = written.to_vec();
    for _ in 0..bits {
        let place = chance.below(flipped.len());
        flipped[place] ^= 1 << chance.below(8);
    }
    flipped
}

#[test]
fn a_part_of_the_text_is_refused() {
    for_each_seed(0..scaled(RUNS), |seed| {
        let (mut chance, texts) = written(seed, json);
        for text in texts {
            for _ in 0..COPIES {
                let length = chance.below(text.len());
                assert!(serde_json::from_slice::<Snapshot>(&text[..length]).is_err(), "{length}");
            }
        }
    });
}

#[test]
fn a_part_of_the_bytes_is_refused() {
    for_each_seed(0..scaled(RUNS), |seed| {
        for bytes in written(seed, bytes).1 {
            for length in 0..bytes.len() {
                let part = &bytes[..length];
                assert!(postcard::from_bytes::<Snapshot>(part).is_err(), "{length}");
            }
        }
    });
}

#[test]
fn flipped_bits_of_the_text_make_no_panic() {
    let mut tally = Tally::default();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let (mut chance, texts) = written(seed, json);
        for text in texts {
            for nth in 0..COPIES {
                let flipped = flip(&text, 1 + nth / 8, &mut chance);
                tally.look(serde_json::from_slice(&flipped).ok());
            }
        }
    });
    if all {
        tally.assert_both_seen("JSON");
    }
}

#[test]
fn flipped_bits_of_the_bytes_make_no_panic() {
    let mut tally = Tally::default();
    let all = for_each_seed(0..scaled(RUNS), |seed| {
        let (mut chance, written) = written(seed, bytes);
        for bytes in written {
            for nth in 0..8 * COPIES {
                let flipped = flip(&bytes, 1 + nth / (6 * COPIES), &mut chance);
                tally.look(postcard::from_bytes(&flipped).ok());
            }
        }
    });
    if all {
        tally.assert_both_seen("postcard");
    }
}
