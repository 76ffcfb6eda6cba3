//! Random numbers from a seed, the same on every machine and in every release. The numbers are
//! drawn bit by bit, since `rand` may draw its ranges and shuffles differently in another release
//! or with another feature.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

#[derive(Clone, Debug)]
pub(crate) struct Chance(Xoshiro256PlusPlus);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A random number.
    #[inline]
    pub(crate) fn number(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A random number below `bound`, which must not be zero.
    #[inline]
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.number()) * bound as u128) >> 64) as usize
    }
}
