//! The time of a cluster.

use std::time::Duration;

use crate::runtime::Clock;

/// The time on the coordinator's clock, as far as a worker knows it. A worker learns it when the
/// cluster starts, late by the time that a parcel takes. No node runs before.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClusterClock {
    clock: Clock,
    /// The time on `clock` when the coordinator's time was learnt.
    zero: Duration,
    /// The coordinator's time then.
    ahead: Duration,
}

impl ClusterClock {
    pub(super) fn new(clock: Clock) -> Self {
        ClusterClock { clock, zero: Duration::ZERO, ahead: Duration::ZERO }
    }

    /// Sets the time.
    pub(super) fn set(&mut self, now: Duration) {
        (self.zero, self.ahead) = (self.clock.now(), now);
    }

    pub(super) fn now(self) -> Duration {
        self.clock.now().saturating_sub(self.zero) + self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_goes_on_from_there_and_never_back() {
        let own = Clock::start();
        let mut clock = ClusterClock::new(own);
        let (before, time) = (own.now(), clock.now());
        assert!((before..=own.now()).contains(&time));
        let hour = Duration::from_secs(3600);
        for ahead in [hour, 2 * hour] {
            let before = own.now();
            clock.set(ahead);
            let times: Vec<_> = (0..100).map(|_| clock.now()).collect();
            let passed = own.now() - before;
            assert!(times.is_sorted());
            assert!(times.iter().all(|time| (ahead..=ahead + passed).contains(time)));
        }
    }
}
