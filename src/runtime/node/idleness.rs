//! How long a node that finds nothing to do looks again before it sleeps.

use crate::runtime::clock::Clock;
use crate::runtime::tuning::{LEAST_LOOKS, LOOK_FOR, PAUSES, SOON, TIMES_WITHOUT_PAUSES};
use crate::sync::{IS_MODEL, give_way, pause};

/// Looks again before the node sleeps. Sleep and wake-up cost far more than a look, and the next
/// message is often under way.
///
/// First the node looks again after short pauses, as a crossbeam channel does before it parks its
/// receiver. On a machine with a free core a message comes within these pauses. If none comes,
/// other nodes are likely to need the core, and the node yields to them between its looks. It then
/// skips the pauses for some time, unless a message came soon after them: no other node has needed
/// the core for long.
pub(crate) struct Idleness {
    clock: Clock,
    /// How many more times to skip the pauses.
    times_without: u32,
}

impl Idleness {
    pub(crate) fn new(clock: Clock) -> Self {
        Idleness { clock, times_without: 0 }
    }

    /// Looks again, several times. False if there was never anything: it is time to sleep.
    pub(crate) fn looks_again(&mut self, has_work: impl Fn() -> bool) -> bool {
        // Looking again without sleeping shows loom no new order of steps.
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
