//! How long a node that finds nothing to do goes on looking before it sleeps.

use crate::runtime::clock::Clock;
use crate::runtime::tuning::{LEAST_LOOKS, LOOK_FOR, PAUSES, SOON, TIMES_WITHOUT_PAUSES};
use crate::sync::{IS_MODEL, give_way, pause};

/// Sleep and wake-up cost far more than a look, and what a node waits for is often under way.
///
/// So it looks again after short pauses, as a crossbeam channel does before it parks its receiver:
/// on a machine with a core to spare the answer comes within these. Where it does not, other nodes
/// are likely to need the core, and the node gives way to them between its looks. Then it leaves
/// the pauses out for some time, unless the answer came soon after all: nobody has needed the core
/// for long.
pub(crate) struct Idleness {
    clock: Clock,
    /// How many times to leave the pauses out.
    times_without: u32,
}

impl Idleness {
    pub(crate) fn new(clock: Clock) -> Self {
        Idleness { clock, times_without: 0 }
    }

    /// Looks again, more than once. False if there was never anything, so that it is time to sleep.
    pub(crate) fn looks_again(&mut self, has_work: impl Fn() -> bool) -> bool {
        // Looking again without sleeping shows loom nothing new.
        !IS_MODEL && (self.between_pauses(&has_work) || self.between_turns_of_others(&has_work))
    }

    fn between_pauses(&mut self, has_work: impl Fn() -> bool) -> bool {
        if self.times_without > 0 {
            self.times_without -= 1;
            return false;
        }
        for _ in 0..PAUSES {
            if has_work() {
                return true;
            }
            pause();
        }
        self.times_without = TIMES_WITHOUT_PAUSES;
        false
    }

    fn between_turns_of_others(&mut self, has_work: impl Fn() -> bool) -> bool {
        let since = self.clock.now();
        let mut looks = 0;
        while looks < LEAST_LOOKS || self.clock.now().saturating_sub(since) < LOOK_FOR {
            if has_work() {
                if self.clock.now().saturating_sub(since) < SOON {
                    self.times_without = 0;
                }
                return true;
            }
            looks += 1;
            give_way();
        }
        false
    }
}
