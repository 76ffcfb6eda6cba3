//! The queue of a link with a capacity from its target back to its source.

use std::collections::VecDeque;
use std::time::Duration;

use crate::id::SnapshotId;

/// Markers on their way back, and the acknowledgements that wait behind them.
///
/// An acknowledgement takes no time, but it passes no marker: an acknowledgement that is given
/// behind a marker waits for the marker.
#[derive(Debug, Default)]
pub(super) struct BackQueue {
    waiting: VecDeque<Back>,
    /// The time at which the last marker put here is due. No later marker is due before it.
    last_due: Duration,
    handled: u64,
}

#[derive(Debug)]
enum Back {
    /// A marker, and the time at which it is due.
    Marker(Duration, SnapshotId),
    Handled(u64),
}

impl BackQueue {
    /// A queue of a link on which `handled` messages were handled before the system was restored.
    pub(super) fn new(handled: u64) -> Self {
        BackQueue { handled, ..BackQueue::default() }
    }

    /// Puts a marker at the end and returns the time at which the marker is due.
    pub(super) fn put_marker(&mut self, snapshot: SnapshotId, due: Duration) -> Duration {
        self.last_due = self.last_due.max(due);
        self.waiting.push_back(Back::Marker(self.last_due, snapshot));
        self.last_due
    }

    /// Counts one more handled message. Returns the count if the sender hears of it at once.
    pub(super) fn handle_one(&mut self) -> Option<u64> {
        self.handled += 1;
        self.acknowledge(self.handled)
    }

    /// Acknowledges a count. Returns the count if the sender hears of it at once.
    pub(super) fn acknowledge(&mut self, count: u64) -> Option<u64> {
        match self.waiting.back_mut() {
            None => return Some(count),
            Some(Back::Handled(handled)) => *handled = count,
            Some(Back::Marker(..)) => self.waiting.push_back(Back::Handled(count)),
        }
        None
    }

    /// Takes the first marker, and the count that follows it, if there is one.
    pub(super) fn take(&mut self) -> Option<(SnapshotId, Option<u64>)> {
        let Back::Marker(_, snapshot) = self.waiting.pop_front()? else { return None };
        match self.waiting.front() {
            Some(&Back::Handled(count)) => {
                self.waiting.pop_front();
                Some((snapshot, Some(count)))
            }
            _ => Some((snapshot, None)),
        }
    }

    pub(super) fn dues(&self) -> impl Iterator<Item = Duration> {
        self.waiting.iter().filter_map(|back| match back {
            Back::Marker(due, _) => Some(*due),
            Back::Handled(_) => None,
        })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
