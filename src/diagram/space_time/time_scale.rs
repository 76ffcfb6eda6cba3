//! The scale of the axis of time.

use std::time::Duration;

use super::scene::Scene;

/// Where moments lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeScale {
    first: f64,
    start: Duration,
    /// Pixels.
    per_nanosecond: f64,
}

/// How far apart the lines of the scale are at least, in widths of a letter.
const APART: f64 = 6.0;

impl TimeScale {
    /// If the picture is drawn by time: its columns begin at `first` and are together so wide.
    pub(super) fn new(scene: &Scene<'_>, first: f64, width: f64) -> Option<Self> {
        let times = scene.order.times().filter(|_| scene.is_by_time)?;
        let (start, end) = (*times.first()?, *times.last()?);
        let long = nanoseconds(end.saturating_sub(start));
        let per_nanosecond = if long > 0.0 { width / long } else { 0.0 };
        Some(TimeScale { first, start, per_nanosecond })
    }

    pub(super) fn x(&self, time: Duration) -> f64 {
        self.first + nanoseconds(time.saturating_sub(self.start)) * self.per_nanosecond
    }

    /// The moments that the scale shows up to a place: round ones, with room for their names.
    pub(super) fn ticks(&self, right: f64, letter: f64) -> Vec<Duration> {
        let wanted = APART * letter / self.per_nanosecond;
        if !wanted.is_finite() {
            return vec![self.start];
        }
        let step = round_step(wanted);
        let first = self.start.as_nanos().div_ceil(step);
        (first..)
            .map_while(|nth| u64::try_from(nth * step).ok().map(Duration::from_nanos))
            .take_while(|&time| self.x(time) <= right)
            .collect()
    }
}

fn nanoseconds(time: Duration) -> f64 {
    time.as_nanos() as f64
}

/// The least of 1, 2, 5, 10, 20 and so on that is no less than this.
fn round_step(wanted: f64) -> u128 {
    let mut power = 1;
    loop {
        for step in [power, 2 * power, 5 * power] {
            if step as f64 >= wanted {
                return step;
            }
        }
        power *= 10;
    }
}
