//! How long the long tests are.
//!
//! The environment variable `CONSISTENT_CUT_TEST_EFFORT` says it, a whole number. By default it is
//! 1, which is for people who wait for `cargo test`; `.ci/run` sets 10. A test names its loop's
//! length at an effort of 1, and that length finds whatever the test must find: every fault, and
//! all that has to be seen at least once.

use std::env;
use std::sync::OnceLock;

const VARIABLE: &str = "CONSISTENT_CUT_TEST_EFFORT";

/// So many times `times` as the effort says.
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
