//! The time of day. Only this file reads the machine's clock for it: the records of checkpoints
//! have the time, for a person to read.

use std::time::SystemTime;

/// The time of day. A clock that is set before 1970 counts as 1970, since stores keep no earlier
/// time.
#[expect(clippy::disallowed_methods, reason = "this is the place for it")]
pub(super) fn now() -> SystemTime {
    SystemTime::now().max(SystemTime::UNIX_EPOCH)
}
