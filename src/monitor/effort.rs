//! The cost of a monitor so far.

use std::time::Duration;

/// The cost of a monitor so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// How many snapshots were complete.
    pub snapshots: u64,
    /// How many snapshots failed.
    pub failed: u64,
    /// How long snapshots were waited for, under way or evaluated. The wait of a snapshot for its
    /// turn ([`max_concurrent_snapshots`](crate::SystemBuilder::max_concurrent_snapshots),
    /// [`min_pause`](crate::SystemBuilder::min_pause)) counts too.
    pub busy: Duration,
    /// The time from the monitor's start to the end of the last pause, or to the end of the last
    /// snapshot if no pause has followed yet.
    pub watched: Duration,
}

impl Effort {
    /// The share of the time in which a snapshot was under way or evaluated; zero at the beginning.
    /// On average it is at most the [cost](super::MonitorBuilder::cost) that was set, unless
    /// snapshots fail.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let share = self.busy.as_secs_f64() / self.watched.as_secs_f64();
        share.is_finite().then_some(share)
    }
}
