//! Snapshots at regular times.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::desk::Desk;
use super::event::{Event, Initiators};
use super::pending::SnapshotResult;
use crate::error::SnapshotError;

/// A snapshot every so often, by [`System::every`](crate::System::every): `next` waits until it is time, takes one, and waits for
/// that. It ends with the system.
///
/// The first comes at once. One that takes longer than the period delays the next to the period after; none are made up for.
pub struct Periodic<S, M> {
    desk: Arc<Desk<S, M>>,
    period: Duration,
    allowed: Duration,
    clock: Clock,
    /// When the next one is due, since the clock's start; `None` beyond the end of time.
    due: Option<Duration>,
}

impl<S, M> Periodic<S, M> {
    pub(super) fn new(desk: Arc<Desk<S, M>>, period: Duration, allowed: Duration) -> Self {
        Periodic { desk, period, allowed, clock: Clock::start(), due: Some(Duration::ZERO) }
    }

    /// False if the system has ended by then.
    fn wait_for_turn(&mut self) -> bool {
        let due = self.due.and_then(|due| self.clock.instant(due));
        let has_ended = match due {
            Some(due) => self.desk.ended.wait_until(due).is_some(),
            None => self.desk.ended.wait().is_err(),
        };
        !has_ended
    }

    /// The next time on the grid of periods; those that have passed while the last one was taken are left out.
    fn set_next_turn(&mut self) {
        let now = self.clock.now();
        self.due = self.due.and_then(|due| {
            let late = now.saturating_sub(due).as_nanos().checked_rem(self.period.as_nanos());
            // No longer than the time since the start, which fits.
            let since_last = late.map_or(Duration::ZERO, |late| Duration::from_nanos(late as u64));
            now.max(due).saturating_sub(since_last).checked_add(self.period)
        });
    }
}

impl<S, M> Iterator for Periodic<S, M> {
    type Item = SnapshotResult<S, M>;

    fn next(&mut self) -> Option<SnapshotResult<S, M>> {
        if !self.wait_for_turn() {
            return None;
        }
        let initiators = Initiators::With(Vec::new());
        let pending = self.desk.ask(self.allowed, |asked| Event::Begin { asked, initiators });
        let result = pending.wait();
        self.set_next_turn();
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
