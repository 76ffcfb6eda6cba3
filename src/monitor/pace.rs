//! When the next snapshot is due.

use std::time::Duration;

/// The pause after the first failure. Each further failure in a row doubles the pause.
const LEAST_BACK_OFF: Duration = Duration::from_millis(10);
const MOST_BACK_OFF: Duration = Duration::from_secs(10);
/// The shortest pause before a deadline.
const LEAST_HALF: Duration = Duration::from_millis(1);

/// How snapshots follow one another. All times count from the same start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The share of the time in which a snapshot is under way or evaluated: more than 0, at most 1.
    cost: f64,
    /// The least time from the beginning of one snapshot to the beginning of the next.
    period: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Pace { cost: 0.1, period: Duration::ZERO }
    }
}

impl Pace {
    /// `None` if `cost` is not a share.
    pub(super) fn new(cost: f64, period: Duration) -> Option<Self> {
        (cost > 0.0 && cost <= 1.0).then_some(Pace { cost, period })
    }

    /// From now on no least time lies between the beginnings of two snapshots.
    pub(super) fn forget_period(&mut self) {
        self.period = Duration::ZERO;
    }

    /// When the next snapshot is due. The previous snapshot was the last of `failures` that failed
    /// in a row. Time spent on a failed snapshot is ignored: otherwise one node that hangs for a
    /// minute would blind the monitor for nine. `None` if the moment cannot be represented.
    pub(super) fn next_due(
        &self,
        began: Duration,
        ended: Duration,
        failures: u32,
    ) -> Option<Duration> {
        let pause = match failures {
            0 => pause_after(ended.saturating_sub(began), self.cost),
            _ => back_off(failures),
        };
        Some(ended.checked_add(pause)?.max(began.checked_add(self.period)?))
    }
}

/// When to look again if a deadline comes: at the latest when half of the time that is left has
/// passed. A snapshot that takes less than the other half is then complete in time, however long
/// the pause would be. The halving ends at [`LEAST_HALF`], and at the deadline.
pub(super) fn due_before(deadline: Duration, now: Duration, due: Option<Duration>) -> Duration {
    let half = deadline.saturating_sub(now) / 2;
    let latest = now.saturating_add(half.max(LEAST_HALF)).min(deadline);
    due.map_or(latest, |due| due.min(latest))
}

/// If work of length t is the share c of work and pause together, the pause is t(1/c - 1).
fn pause_after(work: Duration, cost: f64) -> Duration {
    Duration::try_from_secs_f64(work.as_secs_f64() * (1.0 / cost - 1.0)).unwrap_or(Duration::MAX)
}

fn back_off(failures: u32) -> Duration {
    let factor = 2_u32.checked_pow(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    LEAST_BACK_OFF.saturating_mul(factor).min(MOST_BACK_OFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn work_is_its_share_of_the_time() {
        for (cost, pause) in [(1.0, 0), (0.5, 10), (0.1, 90), (0.01, 990)] {
            assert_eq!(pause_after(ms(10), cost), ms(pause), "{cost}");
        }
        assert_eq!(pause_after(ms(0), 0.1), ms(0));
        assert_eq!(pause_after(ms(10), f64::MIN_POSITIVE), Duration::MAX);
    }

    #[test]
    fn a_share_is_more_than_nothing_and_at_most_all() {
        for cost in [f64::NAN, f64::INFINITY, -0.1, 0.0, 1.001] {
            assert!(Pace::new(cost, ms(0)).is_none(), "{cost}");
        }
        for cost in [f64::MIN_POSITIVE, 0.01, 1.0] {
            assert!(Pace::new(cost, ms(0)).is_some(), "{cost}");
        }
    }

    #[test]
    fn the_longer_of_pause_and_period_counts() {
        let pace = Pace::new(0.5, ms(100)).expect("a half is a share");
        assert_eq!(pace.next_due(ms(1000), ms(1010), 0), Some(ms(1100)));
        assert_eq!(pace.next_due(ms(1000), ms(1070), 0), Some(ms(1140)));
        let never = Pace::new(0.5, Duration::MAX).expect("a half is a share");
        assert_eq!(never.next_due(ms(1), ms(2), 0), None);
    }

    #[test]
    fn failures_in_a_row_make_pauses_longer_up_to_a_limit() {
        let pace = Pace::new(1.0, ms(0)).expect("all is a share");
        let pauses: Vec<_> = (0..4).map(|failures| pace.next_due(ms(0), ms(1), failures)).collect();
        assert_eq!(pauses, [ms(1), ms(11), ms(21), ms(41)].map(Some));
        for failures in [40, 400, u32::MAX] {
            assert_eq!(back_off(failures), MOST_BACK_OFF);
        }
    }

    #[test]
    fn a_long_wait_for_a_snapshot_that_failed_is_not_made_up_for() {
        let pace = Pace::new(0.1, ms(0)).expect("a tenth is a share");
        let ended = ms(60_000);
        for (failures, pause) in [(0, 540_000), (1, 10), (2, 20), (40, 10_000)] {
            assert_eq!(pace.next_due(ms(0), ended, failures), Some(ended + ms(pause)));
        }
        let rare = Pace::new(0.1, ms(100_000)).expect("a tenth is a share");
        assert_eq!(rare.next_due(ms(0), ended, 1), Some(ms(100_000)), "the period counts");
    }

    #[test]
    fn half_of_what_is_left_before_a_deadline_is_kept_for_another_look() {
        for (left, pause, kept) in [
            (1000, Some(10), 10),
            (1000, Some(500), 500),
            (1000, Some(501), 500),
            (1000, Some(100_000), 500),
            (1000, None, 500),
            (2, Some(100), 1),
        ] {
            let due = due_before(ms(7000 + left), ms(7000), pause.map(|pause| ms(7000 + pause)));
            assert_eq!(due, ms(7000 + kept), "{left} ms left, a pause of {pause:?}");
        }
    }

    #[test]
    fn shortly_before_a_deadline_pauses_are_halved_no_further() {
        let now = ms(7000);
        let micros = Duration::from_micros;
        for (left, pause, kept) in
            [(1500, 9000, 1000), (1500, 70, 70), (900, 9000, 900), (900, 70, 70), (900, 0, 0)]
        {
            let due = due_before(now + micros(left), now, Some(now + micros(pause)));
            assert_eq!(due, now + micros(kept), "{left} us left, a pause of {pause} us");
        }
    }

    #[test]
    fn without_a_deadline_pauses_are_as_long_as_they_are() {
        assert_eq!(due_before(Duration::MAX, ms(7000), Some(ms(900_000))), ms(900_000));
    }

    /// When snapshots begin and end that take `work` each, after `failures` failures, until the
    /// deadline.
    fn course(work: Duration, failures: u32, deadline: Duration) -> Vec<(Duration, Duration)> {
        let (mut course, mut now) = (Vec::new(), ms(0));
        while now < deadline {
            let (began, ended) = (now, deadline.min(now + work));
            course.push((began, ended));
            now = due_before(deadline, ended, Pace::default().next_due(began, ended, failures));
        }
        course
    }

    #[test]
    fn what_is_so_well_before_a_deadline_is_seen_by_then() {
        for work in (1..=1500).map(ms) {
            let deadline = ms(3000);
            let course = course(work, 0, deadline);
            let mut complete = course.iter().filter(|(began, ended)| *ended - *began == work);
            let (last, _) = complete.next_back().expect("the first has the time");
            assert!(deadline - *last <= work * 3, "{work:?}: the last began after {last:?}");
        }
    }

    #[test]
    fn a_deadline_that_comes_near_makes_no_haste() {
        for work in [0, 1, 100, 10_000, 1_000_000].map(Duration::from_micros) {
            // Three seconds halved until a millisecond is left.
            let looks = course(work, 40, ms(3000)).len();
            assert!(looks <= 13, "{looks} of {work:?} between pauses of ten seconds");
        }
        for work in [1, 100, 10_000, 1_000_000].map(Duration::from_micros) {
            let calm = ms(3000).as_micros().div_ceil(10 * work.as_micros());
            let looks = course(work, 0, ms(3000)).len() as u128;
            assert!(looks <= calm + 13, "{looks} of {work:?}, each a tenth of the time");
        }
    }
}
