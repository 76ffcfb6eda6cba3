//! The length of the long tests.
//!
//! The effort is a whole number in the environment variable `CONSISTENT_CUT_TEST_EFFORT`. The
//! default of 1 is for people who wait for `cargo test`. `.ci/run` sets 10, and 15 for the tests
//! that need no feature. A test names its loop's length at an effort of 1. That length is enough
//! for every fault to be found, and for every expected event to be seen.

use std::env;
use std::sync::OnceLock;

const VARIABLE: &str = "CONSISTENT_CUT_TEST_EFFORT";

/// `times`, multiplied by the effort.
pub(crate) fn scaled(times: u64) -> u64 {
    static EFFORT: OnceLock<u64> = OnceLock::new();
    times * EFFORT.get_or_init(|| read(env::var(VARIABLE).ok()))
}

fn read(variable: Option<String>) -> u64 {
    let Some(text) = variable else { return 1 };
    match text.parse() {
        Ok(effort) if effort > 0 => effort,
        _ => panic!("{VARIABLE} is a whole number above zero, not `{text}`"),
    }
}
