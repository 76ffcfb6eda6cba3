//! How many of a node's handlers run before what they have sent is handed over.

use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::tuning::{LONGEST_ROW, MESSAGES_A_TURN, SHARE_OF_ROOM, SLOW_HANDLER};
use crate::sync::IS_MODEL;

/// How long handlers take, on an average over a turn.
///
/// What quick handlers send waits for others of their row, and goes in larger batches. What a slow
/// one sends, and the room that it makes, must not wait for the next: each is a row by itself.
///
/// Where handlers are so quick that a row is as long as a turn, the clock is read once a turn. That
/// takes in what the node does besides, and can make them look slower than they are. So where rows
/// are shorter the time of each is taken by itself, and hand-overs shorten no row. A turn of one
/// handler needs no clock: what it sends is handed over next in any case.
///
/// A sender may wait for the room that the first of a row has made, while the next is in a handler
/// that lasts. So a row makes no more room than a small share of what a link holds.
pub(crate) struct Pace {
    clock: Clock,
    /// No row is longer.
    longest: usize,
    /// How many handlers make a row.
    row: usize,
    handled: u32,
    /// From when the time of handlers is taken. Not known after a wait, and where turns have one
    /// handler.
    since: Option<Duration>,
    /// The time of this turn's rows, if they are shorter than turns.
    spent: Duration,
}

impl Pace {
    /// Of a node whose smallest in-link has room for so many messages.
    pub(crate) fn new(clock: Clock, capacity: u64) -> Self {
        // In a model a turn is one row. Elsewhere handlers are slow until the contrary is known.
        let (longest, row) =
            if IS_MODEL { (MESSAGES_A_TURN, MESSAGES_A_TURN) } else { (longest_row(capacity), 1) };
        Pace { clock, longest, row, handled: 0, since: None, spent: Duration::ZERO }
    }

    /// Whether what handlers have sent is handed over at the end of their row, and not only at the
    /// end of the turn.
    #[inline]
    pub(crate) fn hands_over_rows(&self) -> bool {
        self.row < MESSAGES_A_TURN
    }

    /// How many handlers may run before the next call of [`begin`](Self::begin), of so many.
    #[inline]
    pub(crate) fn together(&self, most: usize) -> usize {
        let is_known = IS_MODEL || self.since.is_some();
        if is_known { most.min(self.row) } else { 1 }
    }

    /// A row of handlers is about to run.
    #[inline]
    pub(crate) fn begin(&mut self) {
        match self.since {
            // No clock tells more.
            _ if self.longest == 1 => {}
            // Perhaps the only one of its turn.
            None if self.handled == 0 => {}
            None => (self.since, self.handled) = (Some(self.clock.now()), 0),
            Some(_) if self.hands_over_rows() => self.since = Some(self.clock.now()),
            Some(_) => {}
        }
    }

    /// Handlers have returned that have run one after the other.
    #[inline]
    pub(crate) fn end(&mut self, handlers: usize) {
        // A turn has far fewer.
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

    /// The node has waited, which is no time of its handlers.
    pub(crate) fn restart(&mut self) {
        (self.since, self.spent, self.handled) = (None, Duration::ZERO, 0);
    }
}

/// How many handlers may make a row, if a link has room for so many messages.
fn longest_row(capacity: u64) -> usize {
    (capacity / SHARE_OF_ROOM).clamp(1, MESSAGES_A_TURN as u64) as usize
}

/// How many handlers make a row, if so many have taken so long.
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

    /// After a wait the first handler is a row by itself, and so is each of many turns with one.
    /// Two of them are judged by the second.
    #[test]
    fn slow_handlers_that_come_in_pairs_are_seen_to_be_slow() {
        if IS_MODEL {
            // Without a clock all are quick.
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
