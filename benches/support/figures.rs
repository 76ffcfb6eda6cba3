//! Makes and prints the figures of every bench.
#![allow(dead_code, reason = "no bench uses all of it")]

use std::time::Instant;

/// Whether this run measures. Else it is a short run that only shows that the bench works (`cargo
/// bench -- --test`).
pub(crate) fn is_bench() -> bool {
    let has = |wanted| std::env::args().any(|arg| arg == wanted);
    has("--bench") && !has("--test")
}

/// Seconds.
pub(crate) fn time(what: impl FnOnce()) -> f64 {
    let start = Instant::now();
    what();
    start.elapsed().as_secs_f64()
}

/// Messages per second of one run, which returns how many messages were received.
pub(crate) fn speed(run: impl FnOnce() -> u64) -> f64 {
    let start = Instant::now();
    let received = run();
    received as f64 / start.elapsed().as_secs_f64()
}

pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

pub(crate) fn geometric_mean(figures: &[f64]) -> f64 {
    let logarithms: f64 = figures.iter().map(|figure| figure.ln()).sum();
    (logarithms / figures.len() as f64).exp()
}

/// The figures of both sides, round by round.
pub(crate) struct Pairs {
    pub(crate) by_hands: Vec<f64>,
    pub(crate) systems: Vec<f64>,
}

impl Pairs {
    /// Both sides in turn, so that the ratio stays right where the machine's speed drifts.
    pub(crate) fn measure(
        rounds: usize,
        mut by_hand: impl FnMut() -> f64,
        mut system: impl FnMut() -> f64,
    ) -> Self {
        let mut pairs = Pairs { by_hands: Vec::new(), systems: Vec::new() };
        for _ in 0..rounds {
            pairs.by_hands.push(by_hand());
            pairs.systems.push(system());
        }
        pairs
    }

    /// The system's figure in times of the other, for each round.
    pub(crate) fn ratios(&self) -> Vec<f64> {
        let pairs = self.systems.iter().zip(&self.by_hands);
        pairs.map(|(system, by_hand)| system / by_hand).collect()
    }

    /// The median of the rounds' ratios.
    pub(crate) fn ratio(&self) -> f64 {
        median(&self.ratios())
    }
}

/// The rounds' ratios, to be printed.
pub(crate) fn listed(ratios: &[f64]) -> String {
    ratios.iter().map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ")
}
