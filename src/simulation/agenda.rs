//! What comes when, for a run by time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::step::Step;

/// Steps by the time at which they are due; of one time, in the order in which they were planned.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    steps: BinaryHeap<Reverse<(Duration, u64, Step)>>,
    planned: u64,
}

impl Agenda {
    #[inline]
    pub(super) fn plan(&mut self, step: Step, due: Duration) {
        self.planned += 1;
        self.steps.push(Reverse((due, self.planned, step)));
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<(Duration, Step)> {
        self.steps.pop().map(|Reverse((due, _, step))| (due, step))
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.steps.peek().map(|Reverse((due, ..))| *due)
    }
}
