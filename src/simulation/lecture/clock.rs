//! Clocks that are not quite right.

use std::time::Duration;

use crate::simulation::nanos::duration;

/// A node's clock: the time that it shows, as a function of the true time.
///
/// ```
/// use std::time::Duration;
/// use consistent_cut::simulation::Clock;
///
/// let late = Clock::behind(Duration::from_millis(3)).drifting(-100);
/// assert_eq!(late.to_string(), "3ms behind, -100 ppm");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// The time that the clock shows at time zero, in nanoseconds.
    offset: i128,
    /// How much the clock gains, in millionths of the time that passes.
    drift: i32,
}

const MILLION: i128 = 1_000_000;

/// A time that a clock shows, in nanoseconds. It is negative if it lies before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulation) struct Reading(i128);

impl Clock {
    /// A clock that is right.
    #[must_use]
    pub fn exact() -> Self {
        Clock::default()
    }

    /// A clock that shows a time later by `by` than the true time.
    #[must_use]
    pub fn ahead(by: Duration) -> Self {
        Clock { offset: by.as_nanos() as i128, drift: 0 }
    }

    /// A clock that shows a time earlier by `by` than the true time.
    #[must_use]
    pub fn behind(by: Duration) -> Self {
        Clock { offset: -(by.as_nanos() as i128), drift: 0 }
    }

    /// Lets the clock gain this many microseconds a second, or lose them if the number is negative.
    /// No clock runs backwards: a number less than -999,999 is taken as -999,999.
    #[must_use]
    pub fn drifting(self, parts_per_million: i32) -> Self {
        Clock { drift: parts_per_million.max(-999_999), ..self }
    }

    /// The time that the clock shows.
    pub(in crate::simulation) fn reads(self, now: Duration) -> Reading {
        let now = now.as_nanos() as i128;
        Reading(self.offset + now + (now * i128::from(self.drift)).div_euclid(MILLION))
    }

    /// The first moment at which the clock shows this time or a later one; zero if it does so from
    /// the start.
    pub(in crate::simulation) fn when(self, reading: Reading) -> Duration {
        let passes = (reading.0 - self.offset).max(0) * MILLION;
        let rate = MILLION + i128::from(self.drift);
        let nanos = (passes + rate - 1) / rate;
        // No term is negative.
        duration(nanos.unsigned_abs()).unwrap_or(Duration::MAX)
    }
}

impl Reading {
    pub(in crate::simulation) fn plus(self, time: Duration) -> Self {
        Reading(self.0 + time.as_nanos() as i128)
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The offset was made of a duration.
        let by = duration(self.offset.unsigned_abs()).unwrap_or(Duration::MAX);
        match self.offset.signum() {
            0 => f.write_str("right")?,
            1 => write!(f, "{by:?} ahead")?,
            _ => write!(f, "{by:?} behind")?,
        }
        if self.drift != 0 {
            write!(f, ", {:+} ppm", self.drift)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_shows_a_time_first_when_it_says_so() {
        let ms = Duration::from_millis;
        let clocks = [Clock::exact(), Clock::ahead(ms(70)), Clock::behind(ms(70))];
        for clock in clocks {
            for drift in [0, 1, -1, 333, -77_777, 250_000, -999_999, i32::MIN, i32::MAX] {
                let clock = clock.drifting(drift);
                for noon in [0, 1, 69, 70, 71, 12_345] {
                    let noon = Clock::exact().reads(ms(noon));
                    let when = clock.when(noon);
                    assert!(clock.reads(when) >= noon, "{clock} at {when:?}");
                    if let Some(before) = when.checked_sub(Duration::from_nanos(1)) {
                        assert!(clock.reads(before) < noon, "{clock} at {before:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_clock_behind_shows_noon_later() {
        let ms = Duration::from_millis;
        let noon = Clock::exact().reads(ms(100));
        assert_eq!(Clock::exact().when(noon), ms(100));
        assert_eq!(Clock::behind(ms(1)).when(noon), ms(101));
        assert_eq!(Clock::ahead(ms(1)).when(noon), ms(99));
        assert_eq!(Clock::ahead(ms(200)).when(noon), ms(0));
        assert_eq!(Clock::exact().drifting(1_000_000).when(noon), ms(50));
        assert_eq!(Clock::exact().when(noon.plus(ms(7))), ms(107));
    }
}
