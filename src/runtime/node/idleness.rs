//! How long a node that finds nothing to do goes on looking before it sleeps.

use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::sync::{LEAST_LOOKS, LOOK_FOR};

/// Sleep and wake-up cost far more than a look, and what a node waits for is often under way. So it looks again a few times;
/// where each look is quick, since the machine has nothing else to run, for a little longer.
pub(crate) struct Idleness {
    clock: Clock,
    looks: u32,
    since: Duration,
}

impl Idleness {
    pub(crate) fn new(clock: Clock) -> Self {
        Idleness { clock, looks: 0, since: Duration::ZERO }
    }

    /// There was something to do.
    #[inline]
    pub(crate) fn interrupt(&mut self) {
        self.looks = 0;
    }

    /// There was nothing to do once more: whether that is enough.
    pub(crate) fn is_time_to_sleep(&mut self) -> bool {
        if self.looks == 0 {
            self.since = self.clock.now();
        }
        self.looks = self.looks.saturating_add(1);
        self.looks > LEAST_LOOKS && self.clock.now().saturating_sub(self.since) >= LOOK_FOR
    }
}
