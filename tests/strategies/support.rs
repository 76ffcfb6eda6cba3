//! The failure of a case of proptest.

use std::fmt::Display;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

/// Runs a law on this number of cases, the same ones each time. Panics with the smallest case that
/// fails.
#[track_caller]
pub(crate) fn holds<S: Strategy>(
    cases: u32,
    strategy: &S,
    law: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    if let Err(error) = runner(cases).run(strategy, law) {
        panic!("{error}");
    }
}

/// A runner that draws the same cases each time.
pub(crate) fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let algorithm = config.rng_algorithm;
    let rng = proptest::test_runner::TestRng::deterministic_rng(algorithm);
    TestRunner::new_with_rng(config, rng)
}

/// An error that makes a case fail.
pub(crate) fn fails(error: impl Display) -> TestCaseError {
    TestCaseError::fail(error.to_string())
}
