//! The summary of a run.

use std::fmt;
use std::time::Duration;

use super::Snapshot;
use super::census;

/// The figures of all snapshots so far.
#[derive(Default)]
pub(crate) struct Summary {
    waits: Vec<Duration>,
    tokens_left: u64,
    /// The number of messages handled and its time, from the last snapshot. Times are since the
    /// system's start.
    handled: u64,
    at: Duration,
    /// Messages per second, at best, from one snapshot to the next.
    best: f64,
}

impl Summary {
    pub(crate) fn add(&mut self, snapshot: &Snapshot, waited: Duration) {
        let handled = snapshot.states().map(|(_, purse)| purse.handled).sum();
        let at = snapshot.timings().ended();
        self.best = self.best.max(rate(handled - self.handled, at.saturating_sub(self.at)));
        (self.handled, self.at) = (handled, at);
        self.tokens_left = census::take(snapshot).total();
        self.waits.push(waited);
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let snapshots = self.waits.len();
        match self.tokens_left {
            0 => writeln!(
                f,
                "No token left: the last snapshot shows none, and that is a stable property, so there is none now."
            )?,
            left => writeln!(f, "Tokens left: {left}, after the last of {snapshots} snapshots.")?,
        }
        writeln!(
            f,
            "Every snapshot obeys the channel law and shows each token in one place; none came back."
        )?;
        writeln!(
            f,
            "Handled {} messages in {:.1?}: {} a second, and {} at best between two snapshots.",
            grouped(self.handled),
            self.at,
            grouped(rate(self.handled, self.at) as u64),
            grouped(self.best as u64),
        )?;
        let [least, median, most] = spread(&self.waits);
        write!(
            f,
            "Waited {least:.1?} for a snapshot at least, {median:.1?} in the median, {most:.1?} at most."
        )
    }
}

/// The least, the median and the greatest.
fn spread(times: &[Duration]) -> [Duration; 3] {
    let mut times = times.to_vec();
    times.sort_unstable();
    let middle = times.get(times.len() / 2);
    [times.first(), middle, times.last()].map(|time| time.copied().unwrap_or_default())
}

fn rate(messages: u64, time: Duration) -> f64 {
    messages as f64 / time.as_secs_f64().max(1e-9)
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}
