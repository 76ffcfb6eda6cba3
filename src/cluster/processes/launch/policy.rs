//! How often processes are started again.

use std::collections::VecDeque;
use std::time::Duration;

/// How often a launcher starts the processes again, and how long it waits before.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LaunchPolicy {
    restarts: u32,
    within: Duration,
    first_pause: Duration,
    longest_pause: Duration,
}

/// At most five restarts within a minute, with pauses of 100 ms up to 10 s.
impl Default for LaunchPolicy {
    fn default() -> Self {
        LaunchPolicy {
            restarts: 5,
            within: Duration::from_secs(60),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
        }
    }
}

impl LaunchPolicy {
    /// Sets the budget: how many restarts there may be within this time. The end of a process
    /// beyond them ends the launch. With [`Duration::ZERO`] there is no limit.
    #[must_use]
    pub fn restarts(self, restarts: u32, within: Duration) -> Self {
        LaunchPolicy { restarts, within, ..self }
    }

    /// Sets the pause before a restart: `first` before the first within the time of the budget, and
    /// twice as long before each further one, up to `longest`.
    #[must_use]
    pub fn back_off(self, first: Duration, longest: Duration) -> Self {
        LaunchPolicy { first_pause: first, longest_pause: longest, ..self }
    }

    /// The pause before a restart at `now`; `None` if there were enough. `earlier` has the times of
    /// the restarts within the time of the budget.
    pub(super) fn pause(
        &self,
        earlier: &mut VecDeque<Duration>,
        now: Duration,
    ) -> Option<Duration> {
        while earlier.front().is_some_and(|at| now.saturating_sub(*at) > self.window()) {
            earlier.pop_front();
        }
        let count = earlier.len() as u32;
        if count >= self.restarts && !self.within.is_zero() {
            return None;
        }
        earlier.push_back(now);
        let doubled = self.first_pause.checked_mul(2_u32.saturating_pow(count.min(31)));
        Some(doubled.unwrap_or(self.longest_pause).min(self.longest_pause))
    }

    /// The time of the budget, or ten longest pauses where there is no limit.
    fn window(&self) -> Duration {
        if self.within.is_zero() { self.longest_pause * 10 } else { self.within }
    }

    /// The budget in words.
    pub(super) fn budget(&self) -> (u32, Duration) {
        (self.restarts, self.within)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(policy: &LaunchPolicy, at: &[u64]) -> Vec<Option<u64>> {
        let mut earlier = VecDeque::new();
        let pause = |at: &u64| policy.pause(&mut earlier, Duration::from_secs(*at));
        let pauses = at.iter().map(pause);
        pauses.map(|pause| pause.map(|pause| pause.as_millis() as u64)).collect()
    }

    #[test]
    fn pauses_double_and_the_budget_ends_them() {
        let ms = Duration::from_millis;
        let policy = LaunchPolicy::default().restarts(3, Duration::from_secs(60));
        let policy = policy.back_off(ms(100), ms(250));
        assert_eq!(pauses(&policy, &[0, 1, 2, 3]), [Some(100), Some(200), Some(250), None]);
        assert_eq!(pauses(&policy, &[0, 1, 2, 61]), [Some(100), Some(200), Some(250), Some(250)]);
        assert_eq!(pauses(&policy, &[0, 100]), [Some(100), Some(100)]);
        let endless = policy.restarts(0, Duration::ZERO);
        assert_eq!(pauses(&endless, &[0, 0, 0, 0]), [Some(100), Some(200), Some(250), Some(250)]);
    }
}
