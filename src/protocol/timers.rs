//! The pending timers of a node.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::message::TimerRecord;
use crate::id::TimerId;

/// Timers by id, and in the order in which they are due. All times are on the driver's clock.
#[derive(Debug, Default)]
pub(super) struct Timers {
    due: BTreeMap<TimerId, Duration>,
    order: BTreeSet<(Duration, TimerId)>,
    /// The last time the driver told.
    now: Duration,
    /// Set since then: they count from the time that the driver tells next.
    new: Vec<(TimerId, Duration)>,
}

impl Timers {
    pub(super) fn set(&mut self, timer: TimerId, after: Duration) {
        self.place(timer, self.now.saturating_add(after));
        self.new.push((timer, after));
    }

    pub(super) fn cancel(&mut self, timer: TimerId) {
        if let Some(due) = self.due.remove(&timer) {
            self.order.remove(&(due, timer));
        }
        self.new.retain(|&(new, _)| new != timer);
    }

    #[inline]
    pub(super) fn want_time(&self) -> bool {
        !self.new.is_empty()
    }

    pub(super) fn tell_time(&mut self, now: Duration) {
        self.now = now;
        for (timer, after) in std::mem::take(&mut self.new) {
            self.place(timer, now.saturating_add(after));
        }
    }

    /// When the next one is due.
    #[inline]
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.order.first().map(|&(due, _)| due)
    }

    /// Takes out the next one that is due by `now`: the earliest, and of several the lowest.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<TimerId> {
        let &(due, timer) = self.order.first()?;
        if due > now {
            return None;
        }
        self.cancel(timer);
        Some(timer)
    }

    pub(super) fn records(&self) -> Vec<TimerRecord> {
        self.due.iter().map(|(&timer, &due)| TimerRecord { timer, due }).collect()
    }

    fn place(&mut self, timer: TimerId, due: Duration) {
        if let Some(before) = self.due.insert(timer, due) {
            self.order.remove(&(before, timer));
        }
        self.order.insert((due, timer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(number: u64) -> TimerId {
        TimerId::new(number)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn timers_are_due_in_their_order_and_not_before() {
        let mut timers = Timers::default();
        timers.tell_time(ms(100));
        for (timer, after) in [(3, 20), (1, 30), (2, 20)] {
            timers.set(t(timer), ms(after));
        }
        assert!(timers.want_time());
        timers.tell_time(ms(200));
        assert!(!timers.want_time());
        assert_eq!(timers.next_due(), Some(ms(220)), "they count from the time told after");
        assert_eq!(timers.take_due(ms(219)), None);
        let due: Vec<_> = std::iter::from_fn(|| timers.take_due(ms(230))).collect();
        assert_eq!(due, [t(2), t(3), t(1)]);
        assert_eq!((timers.next_due(), timers.records()), (None, Vec::new()));
    }

    #[test]
    fn a_timer_set_again_moves_and_a_cancelled_one_is_gone() {
        let mut timers = Timers::default();
        timers.set(t(1), ms(5));
        timers.set(t(2), ms(6));
        timers.tell_time(ms(0));
        timers.set(t(1), ms(50));
        timers.cancel(t(2));
        timers.cancel(t(9));
        timers.set(t(4), ms(7));
        timers.cancel(t(4));
        timers.tell_time(ms(10));
        assert_eq!(timers.records(), [TimerRecord { timer: t(1), due: ms(60) }]);
        assert_eq!(timers.next_due(), Some(ms(60)));
        assert_eq!(timers.take_due(ms(60)), Some(t(1)));
        assert_eq!(timers.take_due(ms(60)), None);
    }

    #[test]
    fn a_timer_counts_from_the_last_time_told_until_the_next_is() {
        let mut timers = Timers::default();
        timers.tell_time(ms(100));
        timers.set(t(1), ms(20));
        assert_eq!(timers.records(), [TimerRecord { timer: t(1), due: ms(120) }]);
        assert_eq!(timers.next_due(), Some(ms(120)));
        timers.tell_time(ms(130));
        assert_eq!(timers.next_due(), Some(ms(150)));
    }

    #[test]
    fn a_timer_beyond_the_end_of_time_never_comes() {
        let mut timers = Timers::default();
        timers.set(t(1), Duration::MAX);
        timers.tell_time(ms(10));
        assert_eq!(timers.next_due(), Some(Duration::MAX));
        assert_eq!(timers.take_due(Duration::MAX - ms(1)), None);
    }
}
