//! Chance from a seed. Every randomised test goes through [`for_each_seed`], so that a failure
//! names its seed and can be replayed alone: `CONSISTENT_CUT_SEED=1234 cargo test --test protocol
//! <name of the test>`.

use std::env;
use std::fmt::Debug;
use std::ops::Range;
use std::thread;

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

const REPLAY: &str = "CONSISTENT_CUT_SEED";

/// A generator that draws the same on every machine.
#[derive(Debug)]
pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`, which is not zero.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.number()) * bound as u128) >> 64) as usize
    }

    pub(crate) fn one_in(&mut self, odds: usize) -> bool {
        self.below(odds) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// An index, drawn in proportion to its weight; `None` if all weights are zero.
    pub(crate) fn weighted(&mut self, weights: &[usize]) -> Option<usize> {
        let total = weights.iter().sum();
        if total == 0 {
            return None;
        }
        let mut left = self.below(total);
        weights.iter().position(|&weight| {
            let found = left < weight;
            left = left.saturating_sub(weight);
            found
        })
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Runs every seed, or only the one that the environment names. Returns false if it ran only one
/// seed. Then events that occur over all seeds need not have occurred.
pub(crate) fn for_each_seed(seeds: Range<u64>, mut run: impl FnMut(u64)) -> bool {
    let replayed = env::var(REPLAY)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{REPLAY} is a number, not `{text}`")));
    let all = replayed.is_none();
    for seed in replayed.map_or(seeds, |seed| seed..seed + 1) {
        let _named = NamedOnPanic(seed);
        run(seed);
    }
    all
}

/// Far more runs than it has taken to see everything.
const FURTHER: u64 = 300;

/// Runs this many seeds, and further ones until all that must be seen sometimes was seen. `is_all`
/// tells whether it was, of what the runs have put into `seen`. A run on threads shows one thing or
/// another by chance: it depends on the machine, and on what else the machine does.
pub(crate) fn for_seeds_until_all_is_seen<T: Debug>(
    seeds: u64,
    mut seen: T,
    is_all: impl Fn(&T) -> bool,
    mut run: impl FnMut(u64, &mut T),
) {
    let all = for_each_seed(0..seeds + FURTHER, |seed| {
        if seed < seeds || !is_all(&seen) {
            run(seed, &mut seen);
        }
    });
    assert!(!all || is_all(&seen), "seen were only {seen:?}");
}

struct NamedOnPanic(u64);

impl Drop for NamedOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("failed with seed {0}; to replay it alone, set {REPLAY}={0}", self.0);
        }
    }
}
