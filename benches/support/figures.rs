//! What every bench needs to print its figures.

use std::time::Instant;

/// Whether this is a bench, and not a short run that only shows that it works (`cargo bench -- --test`).
pub(crate) fn is_bench() -> bool {
    let has = |wanted| std::env::args().any(|arg| arg == wanted);
    has("--bench") && !has("--test")
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
