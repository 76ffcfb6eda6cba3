//! How long a node that finds nothing to do looks again before it sleeps.

use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::tuning::{
    LEAST_LOOKS, LOOK_FOR, LOOK_LONGER, PAUSES, SOON, TIMES_WITHOUT_PAUSES,
};
use crate::sync::{IS_MODEL, give_way, pause};

/// Looks again before the node sleeps. Sleep and wake-up cost far more than a look, and the next
/// message is often under way.
///
/// First the node looks again after short pauses, as a crossbeam channel does before it parks its
/// receiver. On a machine with a free core a message comes within these pauses. If none comes,
/// other nodes are likely to need the core, and the node yields to them between its looks. It then
/// skips the pauses for some time, unless a message came soon after them: no other node has needed
/// the core for long.
///
/// Where the messages of a ring have gathered to long rows, a node waits longer for the next row
/// than it would for a message. So after a short sleep a node looks for longer, until it has slept
/// for long.
pub(crate) struct Idleness {
    clock: Clock,
    /// How many more times to skip the pauses.
    times_without: u32,
    /// How long to look again between turns of others.
    look_for: Duration,
}

impl Idleness {
    pub(crate) fn new(clock: Clock) -> Self {
        Idleness { clock, times_without: 0, look_for: LOOK_FOR }
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
        while looks < LEAST_LOOKS || self.clock.now().saturating_sub(since) < self.look_for {
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

    /// Lets the node sleep, and learns from how long it sleeps.
    pub(crate) fn during(&mut self, sleep: impl FnOnce()) {
        let since = self.clock.now();
        sleep();
        self.learn_from_sleep(self.clock.now().saturating_sub(since));
    }

    fn learn_from_sleep(&mut self, slept: Duration) {
        self.look_for = if slept < LOOK_LONGER { LOOK_LONGER } else { LOOK_FOR };
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Idleness;
    use crate::runtime::clock::Clock;
    use crate::runtime::tuning::{LOOK_FOR, LOOK_LONGER};

    #[test]
    fn a_node_looks_for_longer_after_a_short_sleep_until_it_has_slept_for_long() {
        let mut idleness = Idleness::new(Clock::start());
        let mut look_for = |slept| {
            idleness.learn_from_sleep(slept);
            idleness.look_for
        };
        assert_eq!(look_for(Duration::ZERO), LOOK_LONGER);
        assert_eq!(look_for(LOOK_LONGER), LOOK_FOR);
        assert_eq!(look_for(LOOK_LONGER - Duration::from_nanos(1)), LOOK_LONGER);
        assert_eq!(look_for(Duration::from_secs(1)), LOOK_FOR);
    }
}
