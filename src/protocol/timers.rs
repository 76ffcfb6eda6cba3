//! The pending timers of a node.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::message::TimerRecord;
use crate::id::TimerId;
use crate::snapshot::PendingTimer;

/// Timers by id, and in the order in which they are due. All times are on the driver's clock. A
/// node without timers keeps nothing.
#[derive(Debug, Default)]
pub(super) struct Timers(Option<Box<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    due: BTreeMap<TimerId, Due>,
    order: BTreeSet<(Due, TimerId)>,
    /// The time that the driver told last.
    now: Duration,
    /// The timers set since then: they count from the time that the driver tells next.
    new: BTreeMap<TimerId, Delay>,
}

/// The moment at which a timer is due. A restored timer can have been due before the clock's zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// The timer was due this long before the clock's zero.
    Before(Reverse<Duration>),
    At(Duration),
}

/// The time from the moment at which a timer is set to the moment at which it is due.
#[derive(Clone, Copy, Debug)]
enum Delay {
    After(Duration),
    /// A restored timer was due this long ago.
    Ago(Duration),
}

impl Timers {
    pub(super) fn set(&mut self, timer: TimerId, after: Duration) {
        self.set_new(timer, Delay::After(after));
    }

    /// Sets a timer of the recorded system. Overdue timers keep their order.
    pub(super) fn restore(&mut self, pending: PendingTimer) {
        let PendingTimer { timer, remaining, overdue } = pending;
        let delay = if overdue.is_zero() { Delay::After(remaining) } else { Delay::Ago(overdue) };
        self.set_new(timer, delay);
    }

    fn set_new(&mut self, timer: TimerId, delay: Delay) {
        let kept = self.0.get_or_insert_default();
        kept.place(timer, delay.from(kept.now));
        kept.new.insert(timer, delay);
    }

    pub(super) fn cancel(&mut self, timer: TimerId) {
        if let Some(kept) = &mut self.0 {
            kept.cancel(timer);
        }
    }

    #[inline]
    pub(super) fn want_time(&self) -> bool {
        self.0.as_ref().is_some_and(|kept| !kept.new.is_empty())
    }

    pub(super) fn tell_time(&mut self, now: Duration) {
        let kept = self.0.get_or_insert_default();
        kept.now = now;
        for (timer, delay) in std::mem::take(&mut kept.new) {
            kept.place(timer, delay.from(now));
        }
    }

    /// The time at which the next timer is due; zero if it was due before the clock's zero.
    #[inline]
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.0.as_ref()?.order.first().map(|&(due, _)| due.on_the_clock())
    }

    /// Takes out the next timer that is due by `now`: the earliest, and of equal ones the lowest
    /// id.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<TimerId> {
        let kept = self.0.as_mut()?;
        let &(due, timer) = kept.order.first()?;
        if due.on_the_clock() > now {
            return None;
        }
        kept.cancel(timer);
        Some(timer)
    }

    pub(super) fn records(&self) -> Vec<TimerRecord> {
        let due = self.0.iter().flat_map(|kept| &kept.due);
        due.map(|(&timer, due)| due.record(timer)).collect()
    }
}

impl Kept {
    fn cancel(&mut self, timer: TimerId) {
        if let Some(due) = self.due.remove(&timer) {
            self.order.remove(&(due, timer));
        }
        self.new.remove(&timer);
    }

    fn place(&mut self, timer: TimerId, due: Due) {
        if let Some(before) = self.due.insert(timer, due) {
            self.order.remove(&(before, timer));
        }
        self.order.insert((due, timer));
    }
}

impl Delay {
    fn from(self, now: Duration) -> Due {
        match self {
            Delay::After(time) => Due::At(now.saturating_add(time)),
            Delay::Ago(time) => match now.checked_sub(time) {
                Some(due) => Due::At(due),
                None => Due::Before(Reverse(time.saturating_sub(now))),
            },
        }
    }
}

impl Due {
    #[inline]
    fn on_the_clock(self) -> Duration {
        match self {
            Due::Before(_) => Duration::ZERO,
            Due::At(due) => due,
        }
    }

    fn record(self, timer: TimerId) -> TimerRecord {
        let before_zero = match self {
            Due::Before(Reverse(time)) => time,
            Due::At(_) => Duration::ZERO,
        };
        TimerRecord { timer, due: self.on_the_clock(), before_zero }
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

    fn record(timer: u64, due: u64) -> TimerRecord {
        TimerRecord { timer: t(timer), due: ms(due), before_zero: Duration::ZERO }
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
        assert_eq!(timers.next_due(), Some(ms(220)), "timers count from the next time told");
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
        assert_eq!(timers.records(), [record(1, 60)]);
        assert_eq!(timers.next_due(), Some(ms(60)));
        assert_eq!(timers.take_due(ms(60)), Some(t(1)));
        assert_eq!(timers.take_due(ms(60)), None);
    }

    #[test]
    fn a_timer_counts_from_the_last_time_told_until_the_next_is() {
        let mut timers = Timers::default();
        timers.tell_time(ms(100));
        timers.set(t(1), ms(20));
        assert_eq!(timers.records(), [record(1, 120)]);
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

    #[test]
    fn restored_timers_fire_in_the_order_in_which_they_were_due() {
        let mut timers = Timers::default();
        for (timer, remaining, overdue) in [(1, 0, 10), (2, 0, 20), (3, 0, 0), (4, 5, 0)] {
            let (remaining, overdue) = (ms(remaining), ms(overdue));
            timers.restore(PendingTimer { timer: t(timer), remaining, overdue });
        }
        timers.set(t(0), Duration::ZERO);
        timers.tell_time(ms(12));
        let early = TimerRecord { timer: t(2), due: Duration::ZERO, before_zero: ms(8) };
        let records = [record(0, 12), record(1, 2), early, record(3, 12), record(4, 17)];
        assert_eq!(timers.records(), records, "overdue timers stay overdue");
        assert_eq!(timers.next_due(), Some(Duration::ZERO));
        let due: Vec<_> = std::iter::from_fn(|| timers.take_due(ms(20))).collect();
        assert_eq!(due, [2, 1, 0, 3, 4].map(t));
    }

    /// An implementation that takes quadratic time would need minutes here.
    #[test]
    fn very_many_timers_are_set_moved_and_cancelled_before_the_time_is_told() {
        let mut timers = Timers::default();
        let all = || (0..100_000).map(t);
        all().for_each(|timer| timers.set(timer, ms(1)));
        all().for_each(|_| timers.set(t(0), ms(2)));
        all().for_each(|timer| timers.cancel(timer));
        assert!(!timers.want_time());
        assert_eq!(timers.next_due(), None);
    }
}
