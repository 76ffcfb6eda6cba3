//! Snapshots at regular times.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use crate::runtime::coordinator::client::Client;
use crate::runtime::coordinator::request::Initiators;
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::sync::need_time;

/// Snapshots once per period, by [`System::every`](crate::System::every). `next` waits for the
/// start of a period, takes a snapshot, and waits for it. The iterator ends with the system. In a
/// handler of its own system `next` does not wait and returns [`SnapshotError::InOwnHandler`].
///
/// The first snapshot begins at once. If a snapshot takes longer than the period, the next one
/// begins with the period after that. Missed snapshots are not made up for.
pub struct Periodic<S, M> {
    client: Arc<Client<S, M>>,
    period: Duration,
    clock: Clock,
    /// When the next snapshot is due, since the clock's start; `None` if the moment cannot be
    /// represented.
    due: Option<Duration>,
}

impl<S, M> Periodic<S, M> {
    pub(crate) fn new(client: Arc<Client<S, M>>, period: Duration) -> Self {
        need_time("System::every");
        Periodic { client, period, clock: Clock::start(), due: Some(Duration::ZERO) }
    }

    /// False if the system has ended by then.
    fn wait_for_turn(&mut self) -> bool {
        let due = self.due.and_then(|due| self.clock.instant(due));
        let has_ended = match due {
            Some(due) => self.client.shared.ended.wait_until(due),
            None => {
                self.client.shared.ended.wait();
                true
            }
        };
        !has_ended
    }
}

/// The next start of a period; starts that have passed are skipped. `None` if the moment cannot be
/// represented.
fn next_turn(due: Duration, now: Duration, period: Duration) -> Option<Duration> {
    let late = now.saturating_sub(due).as_nanos().checked_rem(period.as_nanos());
    // At most the time since the start, which fits.
    let since_last = late.map_or(Duration::ZERO, |late| Duration::from_nanos(late as u64));
    now.max(due).saturating_sub(since_last).checked_add(period)
}

impl<S, M> Iterator for Periodic<S, M> {
    type Item = Result<Arc<GlobalSnapshot<S, M>>, SnapshotError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.client.check_thread() {
            return Some(Err(error));
        }
        if !self.wait_for_turn() {
            return None;
        }
        let result = self.client.begin(Initiators::Fewest, self.client.timeout).wait_anywhere();
        let now = self.clock.now();
        self.due = self.due.and_then(|due| next_turn(due, now, self.period));
        match result {
            Err(SnapshotError::ShutDown { .. }) => None,
            result => Some(result),
        }
    }
}

impl<S, M> fmt::Debug for Periodic<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Periodic").field("period", &self.period).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn times_that_have_passed_are_not_made_up_for() {
        for (due, now, next) in
            [(0, 0, 100), (0, 99, 100), (0, 100, 200), (0, 245, 300), (200, 150, 300)]
        {
            assert_eq!(
                next_turn(ms(due), ms(now), ms(100)),
                Some(ms(next)),
                "due {due}, now {now}"
            );
        }
        assert_eq!(next_turn(ms(5), ms(70), ms(0)), Some(ms(70)));
        assert_eq!(next_turn(ms(5), ms(70), Duration::MAX), None);
    }
}
