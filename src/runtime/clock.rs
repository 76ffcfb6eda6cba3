//! The system's clock. Only this file reads the machine's clock.

use std::time::{Duration, Instant};

use crate::sync::{elapsed, need_time};

/// Time since the system's start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

#[expect(clippy::disallowed_methods, reason = "this is the place for it")]
impl Clock {
    pub(crate) fn start() -> Self {
        Clock(Instant::now())
    }

    pub(crate) fn now(self) -> Duration {
        elapsed(self.0)
    }

    /// The moment `since_start` after the start; `None` if the clock cannot represent it.
    pub(crate) fn instant(self, since_start: Duration) -> Option<Instant> {
        self.0.checked_add(since_start)
    }

    /// The time that is left until the deadline.
    pub(crate) fn left_until(deadline: Instant) -> Duration {
        deadline.saturating_duration_since(Instant::now())
    }

    /// The moment `after` from now; `None` if the clock cannot represent it.
    pub(crate) fn deadline(after: Duration) -> Option<Instant> {
        Instant::now().checked_add(after)
    }

    /// When the wait of a caller is over; `None` if its timeout has no end. A model has no time for
    /// any other timeout.
    pub(crate) fn deadline_of_caller(timeout: Duration) -> Option<Instant> {
        if timeout == Duration::MAX {
            return None;
        }
        need_time("timeouts of callers");
        Clock::deadline(timeout)
    }
}
