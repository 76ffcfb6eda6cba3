//! Room on links and pending timers, as a recorder without the core keeps them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use consistent_cut::protocol::{Envelope, TimerRecord};
use consistent_cut::{PendingTimer, TimerId};

use crate::teller::{Alarm, Note};

/// An out-link.
#[derive(Debug, Default)]
pub(super) struct Room {
    pub(super) capacity: Option<u64>,
    pub(super) sent: u64,
    pub(super) processed: u64,
    /// Messages that a wrong recorder has sent and holds back.
    pub(super) held: VecDeque<Envelope<Note>>,
}

impl Room {
    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_some_and(|capacity| self.sent.saturating_sub(self.processed) > capacity)
    }

    fn held_messages(&self) -> u64 {
        self.held.iter().filter(|envelope| envelope.is_message()).count() as u64
    }

    /// Messages that were sent and are not held.
    pub(super) fn left(&self) -> u64 {
        self.sent - self.held_messages()
    }

    /// The number of messages known to be received, where the number is needed.
    pub(super) fn known(&self) -> u64 {
        if self.capacity.is_some() { self.processed } else { 0 }
    }

    pub(super) fn next_to_leave(&mut self) -> Option<Envelope<Note>> {
        let is_message = self.held.front()?.is_message();
        let limit = self.processed + self.capacity.unwrap_or(0);
        if is_message && self.left() >= limit { None } else { self.held.pop_front() }
    }
}

/// Timers that are due at a known time, and others that wait to be told the time. Times are in
/// nanoseconds, since a restored timer can have been due before the clock's zero.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    due: BTreeMap<TimerId, i128>,
    new: BTreeMap<TimerId, i128>,
}

impl Alarms {
    pub(super) fn take(&mut self, alarm: Alarm) {
        match alarm {
            Alarm::Set(timer, after) => _ = self.new.insert(timer, nanos(after)),
            Alarm::Cancel(timer) => {
                self.new.remove(&timer);
                self.due.remove(&timer);
            }
        }
    }

    pub(super) fn restore(&mut self, pending: &PendingTimer) {
        let after = nanos(pending.remaining) - nanos(pending.overdue);
        self.new.insert(pending.timer, after);
    }

    pub(super) fn want_time(&self) -> bool {
        !self.new.is_empty()
    }

    pub(super) fn tell_time(&mut self, now: Duration) {
        let new = std::mem::take(&mut self.new).into_iter();
        self.due.extend(new.map(|(timer, after)| (timer, nanos(now) + after)));
    }

    pub(super) fn next(&self) -> Option<(Duration, TimerId)> {
        let next = self.due.iter().map(|(&timer, &due)| (due, timer)).min();
        next.map(|(due, timer)| (duration(due), timer))
    }

    pub(super) fn take_due(&mut self, now: Duration) -> Option<TimerId> {
        let (_, timer) = self.next().filter(|&(due, _)| due <= now)?;
        self.due.remove(&timer);
        Some(timer)
    }

    pub(super) fn records(&self) -> Vec<TimerRecord> {
        let record = |(&timer, &due): (&TimerId, &i128)| TimerRecord {
            timer,
            due: duration(due),
            before_zero: duration(-due),
        };
        self.due.iter().map(record).collect()
    }
}

fn nanos(time: Duration) -> i128 {
    time.as_nanos() as i128
}

/// Zero for a time before zero.
fn duration(nanos: i128) -> Duration {
    Duration::from_nanos(nanos.max(0) as u64)
}
