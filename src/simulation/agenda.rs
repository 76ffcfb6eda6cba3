//! The steps of a run by time, and when they are due.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use super::step::Step;

/// Steps by the time at which they are due. Steps that are due at the same time come in the order
/// in which they were planned, except that recordings at noon come first and ends of patience come
/// last.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    steps: BinaryHeap<Reverse<(Duration, Rank, u64, Step)>>,
    planned: u64,
}

/// The order of steps that are due at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    First,
    Usual,
    Last,
}

impl Agenda {
    #[inline]
    pub(super) fn plan(&mut self, step: Step, due: Duration) {
        self.planned += 1;
        let rank = match step {
            Step::Initiate(..) => Rank::First,
            Step::Close(..) => Rank::Last,
            Step::Deliver(_) | Step::Return(_) | Step::Handle(_) | Step::Fire(_) => Rank::Usual,
        };
        self.steps.push(Reverse((due, rank, self.planned, step)));
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<(Duration, Step)> {
        self.steps.pop().map(|Reverse((due, .., step))| (due, step))
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.steps.peek().map(|Reverse((due, ..))| *due)
    }
}
