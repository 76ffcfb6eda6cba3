//! The time of day. Only this file reads the machine's calendar: the time stands in the records of
//! checkpoints, for a person.

use std::time::SystemTime;

#[expect(clippy::disallowed_methods, reason = "this is the place for it")]
pub(super) fn now() -> SystemTime {
    SystemTime::now()
}
