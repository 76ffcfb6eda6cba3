//! How often a worker reads the clock.

use std::time::Duration;

/// A worker reads the clock about this often, as far as its handlers let it.
const WANTED: Duration = Duration::from_micros(20);

/// The most items between two readings of the clock. If handlers become slow all at once, this many
/// run before the worker sees it.
const MOST: usize = 64;

/// The number of items between two readings of the clock. It is large while handlers are quick, and
/// one while a single handler takes longer than [`WANTED`].
#[derive(Debug)]
pub(super) struct Pace {
    interval: usize,
    /// How many items are left of this interval.
    left: usize,
    began: Duration,
}

impl Pace {
    pub(super) fn new() -> Self {
        Pace { interval: 1, left: 1, began: Duration::ZERO }
    }

    /// Begins an interval.
    pub(super) fn begin(&mut self, now: Duration) {
        (self.left, self.began) = (self.interval, now);
    }

    /// How many items may be done before the clock is read.
    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// Notes that items were done. Returns whether the clock must be read.
    #[inline]
    pub(super) fn passes(&mut self, items: usize) -> bool {
        self.left = self.left.saturating_sub(items);
        self.left == 0
    }

    /// Begins the next interval, after a whole one.
    pub(super) fn look(&mut self, now: Duration) {
        let passed = now.saturating_sub(self.began);
        self.interval = if passed < WANTED {
            (2 * self.interval).min(MOST)
        } else {
            let items = WANTED.as_nanos() * self.interval as u128 / passed.as_nanos();
            (items as usize).max(1)
        };
        self.begin(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of items that are done in `time`, and of readings of the clock, where each item
    /// takes `each`.
    fn run(pace: &mut Pace, now: &mut Duration, each: Duration, time: Duration) -> (u32, u32) {
        let (mut items, mut readings) = (0, 0);
        pace.begin(*now);
        while each * items < time {
            *now += each;
            items += 1;
            if pace.passes(1) {
                readings += 1;
                pace.look(*now);
            }
        }
        (items, readings)
    }

    #[test]
    fn the_clock_is_read_seldom_for_quick_items_and_after_each_slow_one() {
        let (mut pace, mut now) = (Pace::new(), Duration::ZERO);
        let (micros, millis) = (Duration::from_micros, Duration::from_millis);
        let (items, readings) =
            run(&mut pace, &mut now, Duration::from_nanos(10), Duration::from_millis(1));
        assert!(readings * 60 < items, "{readings} readings for {items} items");
        // The first slow items come where quick ones were expected.
        run(&mut pace, &mut now, millis(1), millis(64));
        assert_eq!(run(&mut pace, &mut now, millis(1), millis(100)), (100, 100));
        // Between both, the clock is read about as often as wanted.
        run(&mut pace, &mut now, micros(1), micros(1000));
        let (_, readings) = run(&mut pace, &mut now, micros(1), micros(1000));
        assert!((40..=100).contains(&readings), "{readings}");
    }
}
