//! How many of a node's handlers run before their messages are handed over.

use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::tuning::{LONGEST_ROW, MESSAGES_A_TURN, SHARE_OF_ROOM, SLOW_HANDLER};
use crate::sync::IS_MODEL;

/// Measures how long handlers take, on average over a turn.
///
/// Messages of quick handlers wait for the others of their row, and are handed over in larger
/// batches. The messages of a slow handler, and the room that it makes, must not wait for the next
/// handler: each slow handler is a row of its own.
///
/// If handlers are so quick that a row is as long as a turn, the clock is read once per turn. This
/// time includes other work of the node, and can make handlers look slower than they are. If rows
/// are shorter than turns, the time of each row is therefore measured separately, without the
/// hand-overs. A turn of one handler needs no clock: its messages are handed over next in any case.
///
/// A sender may wait for the room that the first handler of a row has made, while the next handler
/// runs for long. A row therefore makes no more room than a small share of a link's capacity.
pub(crate) struct Pace {
    clock: Clock,
    /// The greatest number of handlers in a row.
    longest: usize,
    /// How many handlers make a row now.
    row: usize,
    handled: u32,
    /// Since when the time of handlers is measured. `None` after a wait, and while turns have one
    /// handler.
    since: Option<Duration>,
    /// The time of this turn's rows, if rows are shorter than turns.
    spent: Duration,
}

impl Pace {
    /// Makes the pace of a node. `capacity` is the capacity of its smallest in-link.
    pub(crate) fn new(clock: Clock, capacity: u64) -> Self {
        // In a model a turn is one row. Otherwise handlers count as slow until they are measured.
        let (longest, row) =
            if IS_MODEL { (MESSAGES_A_TURN, MESSAGES_A_TURN) } else { (longest_row(capacity), 1) };
        Pace { clock, longest, row, handled: 0, since: None, spent: Duration::ZERO }
    }

    /// Whether messages are handed over at the end of each row, and not only at the end of the
    /// turn.
    #[inline]
    pub(crate) fn hands_over_rows(&self) -> bool {
        self.row < MESSAGES_A_TURN
    }

    /// How many of the next `most` handlers may run before the next call of [`begin`](Self::begin).
    #[inline]
    pub(crate) fn together(&self, most: usize) -> usize {
        let is_known = IS_MODEL || self.since.is_some();
        if is_known { most.min(self.row) } else { 1 }
    }

    /// A row of handlers begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        match self.since {
            // The clock would change nothing.
            _ if self.longest == 1 => {}
            // This may be the only handler of its turn.
            None if self.handled == 0 => {}
            None => (self.since, self.handled) = (Some(self.clock.now()), 0),
            Some(_) if self.hands_over_rows() => self.since = Some(self.clock.now()),
            Some(_) => {}
        }
    }

    /// A row of this many handlers has ended.
    #[inline]
    pub(crate) fn end(&mut self, handlers: usize) {
        // A turn has far fewer handlers.
        self.handled += handlers as u32;
        if let (true, Some(since)) = (self.hands_over_rows(), self.since) {
            self.spent += self.clock.now().saturating_sub(since);
        }
    }

    /// The turn ends.
    #[inline]
    pub(crate) fn end_turn(&mut self) {
        match self.since {
            Some(since) if self.handled > 0 => self.judge(since),
            _ => self.restart(),
        }
    }

    #[inline]
    fn judge(&mut self, since: Duration) {
        let now = self.clock.now();
        let spent = if self.hands_over_rows() { self.spent } else { now.saturating_sub(since) };
        self.row = row(spent, self.handled).min(self.longest);
        let has_many = self.handled > 1;
        self.restart();
        self.since = has_many.then_some(now);
    }

    /// Forgets the time: the node has waited, and this time is not the handlers'.
    pub(crate) fn restart(&mut self) {
        (self.since, self.spent, self.handled) = (None, Duration::ZERO, 0);
    }
}

/// The greatest number of handlers in a row, by the capacity of the smallest in-link.
fn longest_row(capacity: u64) -> usize {
    (capacity / SHARE_OF_ROOM).clamp(1, MESSAGES_A_TURN as u64) as usize
}

/// How many handlers make a row, if `handled` handlers took the time `spent`.
#[inline]
fn row(spent: Duration, handled: u32) -> usize {
    if spent > SLOW_HANDLER * handled {
        return 1;
    }
    // A turn is far shorter than 500 years.
    let (spent, longest) = (spent.as_nanos() as u64, LONGEST_ROW.as_nanos() as u64);
    let row = longest * u64::from(handled) / spent.max(1);
    (row as usize).clamp(1, MESSAGES_A_TURN)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Pace, longest_row, row};
    use crate::runtime::clock::Clock;
    use crate::runtime::tuning::{LONGEST_ROW, MESSAGES_A_TURN, SHARE_OF_ROOM, SLOW_HANDLER};
    use crate::sync::IS_MODEL;

    #[test]
    fn a_row_lasts_as_long_as_said_and_is_no_longer_than_a_turn() {
        assert_eq!(row(LONGEST_ROW, 16), 16);
        assert_eq!(row(LONGEST_ROW * 2, 32), 16);
        assert_eq!(row(SLOW_HANDLER * 3, 3), 8);
        assert_eq!(row(SLOW_HANDLER * 3 + Duration::from_nanos(1), 3), 1);
        assert_eq!(row(Duration::ZERO, 1), MESSAGES_A_TURN);
        assert_eq!(row(Duration::from_nanos(1), u32::MAX), MESSAGES_A_TURN);
    }

    #[test]
    fn a_row_makes_no_more_room_than_a_share_of_the_smallest_link() {
        assert_eq!([0, 1, SHARE_OF_ROOM * 2 - 1].map(longest_row), [1; 3]);
        assert_eq!(longest_row(SHARE_OF_ROOM * 3), 3);
        assert_eq!(longest_row(u64::MAX), MESSAGES_A_TURN);
    }

    /// After a wait the first handler is a row of its own. In turns of one handler each handler is
    /// a row of its own too. In a turn of two, the second handler is measured.
    #[test]
    fn slow_handlers_that_come_in_pairs_are_seen_to_be_slow() {
        if IS_MODEL {
            // Without a clock all handlers count as quick.
            return;
        }
        let clock = Clock::start();
        let mut pace = Pace::new(clock, u64::MAX);
        pace.row = MESSAGES_A_TURN;
        let handle = |pace: &mut Pace, takes: Duration| {
            pace.begin();
            assert_eq!(pace.together(2), 1 + usize::from(pace.since.is_some()));
            let since = clock.now();
            while clock.now() < since + takes {}
            pace.end(1);
        };
        handle(&mut pace, SLOW_HANDLER * 2);
        pace.end_turn();
        assert_eq!(pace.row, MESSAGES_A_TURN, "a turn of one handler says nothing");
        handle(&mut pace, SLOW_HANDLER * 2);
        handle(&mut pace, SLOW_HANDLER * 2);
        pace.end_turn();
        assert_eq!(pace.row, 1);
        assert_eq!(pace.together(2), 1);
    }
}
