//! What a monitor has cost so far.

use std::time::Duration;

/// What a monitor has cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// How many snapshots were complete.
    pub snapshots: u64,
    /// How many failed.
    pub failed: u64,
    /// How long snapshots were asked for, under way or looked at. One that waits for its turn
    /// ([`max_concurrent_snapshots`](crate::SystemBuilder::max_concurrent_snapshots), [`min_pause`](crate::SystemBuilder::min_pause)) counts meanwhile.
    pub busy: Duration,
    /// From the monitor's start to the end of the last pause, or of the last snapshot if no pause has followed yet.
    pub watched: Duration,
}

impl Effort {
    /// The share of the time in which a snapshot was under way or looked at; none at the beginning. It is no more than the
    /// [cost](super::MonitorBuilder::cost) that was set, on average, unless snapshots fail.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let share = self.busy.as_secs_f64() / self.watched.as_secs_f64();
        share.is_finite().then_some(share)
    }
}
