//! A duration from nanoseconds. All that a `Duration` holds needs more than 64 bits.

use std::time::Duration;

/// A duration of `nanos` nanoseconds; `None` if this is more than a `Duration` holds.
pub(super) fn duration(nanos: u128) -> Option<Duration> {
    const SECOND: u128 = 1_000_000_000;
    let seconds = u64::try_from(nanos / SECOND).ok()?;
    // Less than a second of nanoseconds fits into 32 bits.
    Some(Duration::new(seconds, (nanos % SECOND) as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nanoseconds_come_back() {
        for time in
            [Duration::ZERO, Duration::from_nanos(1), Duration::new(7, 999_999_999), Duration::MAX]
        {
            assert_eq!(duration(time.as_nanos()), Some(time));
        }
        assert_eq!(duration(Duration::MAX.as_nanos() + 1), None);
    }
}
