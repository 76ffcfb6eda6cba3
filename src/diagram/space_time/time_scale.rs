//! The scale of the axis of time.

use std::time::Duration;

use super::scene::Scene;

/// The places of times on the axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimeScale {
    first: f64,
    start: Duration,
    /// The scale, in pixels.
    per_nanosecond: f64,
}

/// The least distance of the lines of the scale, in widths of a letter.
const APART: f64 = 6.0;

impl TimeScale {
    /// The scale of columns that begin at `first` and are `width` wide in all; `None` if the
    /// picture is not drawn by time.
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

    /// The times that the scale shows up to a place: round times, with room for their names.
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

/// The least of 1, 2, 5, 10, 20 and so on that is not less than `wanted`.
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
