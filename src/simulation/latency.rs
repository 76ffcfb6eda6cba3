//! The time that messages travel.

use std::time::Duration;

use crate::chance::Chance;

/// The time that each envelope, a message or a marker, is under way on a link. Links are FIFO: an
/// envelope that would overtake others arrives right behind them.
///
/// Random times are the same on every machine: only sums, comparisons and square roots go into
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Latency {
    /// Every envelope takes this time.
    Constant(Duration),
    /// Any time between the two, both included. If the second is less than the first, always the
    /// first.
    Uniform(Duration, Duration),
    /// Mostly short and sometimes long times, with this mean: as on a link where messages sometimes
    /// wait for others.
    Exponential {
        /// The mean.
        mean: Duration,
    },
    /// Rarely very long times: a Pareto distribution of shape 2. One envelope in a hundred takes
    /// more than ten times the least time, one in ten thousand more than a hundred times. The mean
    /// is twice the least time. No envelope takes more than a million times the least time.
    HeavyTail {
        /// The least.
        least: Duration,
    },
}

impl Default for Latency {
    /// No latency.
    fn default() -> Self {
        Latency::Constant(Duration::ZERO)
    }
}

impl Latency {
    #[inline]
    pub(super) fn draw(self, chance: &mut Chance) -> Duration {
        match self {
            Latency::Constant(latency) => latency,
            Latency::Uniform(least, most) => {
                least + scaled(most.saturating_sub(least), unit(chance))
            }
            Latency::Exponential { mean } => scaled(mean, exponential(chance)),
            Latency::HeavyTail { least } => {
                scaled(least, (1.0 / open_unit(chance).sqrt()).min(1e6))
            }
        }
    }
}

fn scaled(duration: Duration, factor: f64) -> Duration {
    Duration::from_nanos((duration.as_nanos() as f64 * factor) as u64)
}

/// A uniform number in [0, 1).
fn unit(chance: &mut Chance) -> f64 {
    const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
    (chance.number() >> 11) as f64 * STEP
}

/// A uniform number in (0, 1].
fn open_unit(chance: &mut Chance) -> f64 {
    1.0 - unit(chance)
}

/// A number of an exponential distribution with mean 1, by comparisons alone (von Neumann, *Various
/// Techniques Used in Connection with Random Digits*, 1951). The length of a falling run of uniform
/// numbers is odd exactly with the probability with which the first number should be taken. If the
/// length is even, the result is longer by one, and a new run is drawn.
fn exponential(chance: &mut Chance) -> f64 {
    let mut whole = 0.0;
    loop {
        let first = unit(chance);
        let mut last = first;
        let mut is_odd = true;
        loop {
            let next = unit(chance);
            if next >= last {
                break;
            }
            last = next;
            is_odd = !is_odd;
        }
        if is_odd {
            return whole + first;
        }
        whole += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DRAWS: u32 = 100_000;

    /// The mean of many draws, and the share of them above a bound.
    fn mean_and_share_above(latency: Latency, bound: Duration) -> (f64, f64) {
        let mut chance = Chance::new(1);
        let draws: Vec<_> = (0..DRAWS).map(|_| latency.draw(&mut chance)).collect();
        let mean = draws.iter().map(Duration::as_secs_f64).sum::<f64>() / f64::from(DRAWS);
        let above = draws.iter().filter(|&&draw| draw > bound).count();
        (mean, above as f64 / f64::from(DRAWS))
    }

    fn assert_near((mean, share): (f64, f64), (wanted_mean, wanted_share): (f64, f64)) {
        assert!((mean / wanted_mean - 1.0).abs() < 0.03, "mean {mean}, not {wanted_mean}");
        assert!((share - wanted_share).abs() < 0.005, "share {share}, not {wanted_share}");
    }

    #[test]
    fn draws_are_distributed_as_they_say() {
        let second = Duration::from_secs(1);
        let constant = Latency::Constant(second);
        assert_near(mean_and_share_above(constant, second), (1.0, 0.0));
        let uniform = Latency::Uniform(second, 3 * second);
        assert_near(mean_and_share_above(uniform, second * 5 / 2), (2.0, 0.25));
        let exponential = Latency::Exponential { mean: second };
        // e to the power of minus two.
        assert_near(mean_and_share_above(exponential, 2 * second), (1.0, 0.135_335));
        let heavy = Latency::HeavyTail { least: second };
        assert_near(mean_and_share_above(heavy, 10 * second), (2.0, 0.01));
    }

    /// The sums must be the same on every machine.
    #[test]
    fn draws_are_the_same_everywhere() {
        let second = Duration::from_secs(1);
        let kinds = [
            Latency::Uniform(second, 3 * second),
            Latency::Exponential { mean: second },
            Latency::HeavyTail { least: second },
        ];
        let mut chance = Chance::new(7);
        let sums = kinds
            .map(|latency| (0..1000).map(|_| latency.draw(&mut chance).as_nanos()).sum::<u128>());
        assert_eq!(sums, [1_986_657_390_704, 972_291_850_496, 2_073_878_900_155]);
    }
}
