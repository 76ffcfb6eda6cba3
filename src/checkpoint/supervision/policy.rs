//! When a supervised system is restarted, and how often.

use std::time::Duration;

/// When a supervised system is restarted, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RestartPolicy {
    pub(super) period: Duration,
    pub(super) restarts: u32,
    pub(super) within: Duration,
    pub(super) first_pause: Duration,
    pub(super) longest_pause: Duration,
    pub(super) failed_snapshots: u32,
    pub(super) give_up_after: Duration,
}

/// One checkpoint per second. At most five restarts within a minute, with pauses of 100 ms up to 10
/// s. A system is restarted after two failed snapshots in a row. Its handlers get 5 s to return.
impl Default for RestartPolicy {
    fn default() -> Self {
        RestartPolicy {
            period: Duration::from_secs(1),
            restarts: 5,
            within: Duration::from_secs(60),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(10),
            failed_snapshots: 2,
            give_up_after: Duration::from_secs(5),
        }
    }
}

impl RestartPolicy {
    /// Sets the time from the beginning of one checkpoint to the beginning of the next, as
    /// [`CheckpointerBuilder::period`](crate::checkpoint::CheckpointerBuilder::period) does.
    #[must_use]
    pub fn period(self, period: Duration) -> Self {
        RestartPolicy { period, ..self }
    }

    /// Sets the budget: how many restarts there may be within this time. A failure beyond them ends
    /// the supervision. Failed restarts count too. With [`Duration::ZERO`] there is no limit.
    #[must_use]
    pub fn restarts(self, restarts: u32, within: Duration) -> Self {
        RestartPolicy { restarts, within, ..self }
    }

    /// Sets the pause before a restart. The first pause is `first`. The pause doubles with each
    /// restart, up to `longest`, and is `first` again after a checkpoint was saved.
    #[must_use]
    pub fn back_off(self, first: Duration, longest: Duration) -> Self {
        RestartPolicy { first_pause: first, longest_pause: longest, ..self }
    }

    /// Sets after how many failed snapshots in a row the system is stopped and restarted; at least
    /// one. A handler that does not return makes each snapshot fail at the
    /// [timeout](crate::SystemBuilder::snapshot_timeout) of the system. With the default settings,
    /// two snapshots of a minute each, the restart comes after about two minutes.
    #[must_use]
    pub fn failed_snapshots(self, in_a_row: u32) -> Self {
        RestartPolicy { failed_snapshots: in_a_row.max(1), ..self }
    }

    /// Sets how long the stop of a system waits for handlers that are running. A thread that has
    /// not ended by then is given up: it goes on in the background until its handler returns.
    #[must_use]
    pub fn give_up_after(self, timeout: Duration) -> Self {
        RestartPolicy { give_up_after: timeout, ..self }
    }

    /// The pause before a restart, after this many restarts since the last saved checkpoint.
    pub(super) fn pause(&self, in_vain: u32) -> Duration {
        let doubled = self.first_pause.checked_mul(2_u32.saturating_pow(in_vain.min(31)));
        doubled.unwrap_or(self.longest_pause).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_doubles_up_to_the_longest() {
        let ms = Duration::from_millis;
        let policy = RestartPolicy::default().back_off(ms(100), ms(1000));
        let pauses: Vec<_> = (0..6).map(|in_vain| policy.pause(in_vain)).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1000, 1000].map(ms));
        assert_eq!(policy.pause(u32::MAX), ms(1000));
    }
}
