//! Whether a node's handlers are slow.

use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::tuning::SLOW_HANDLER;
use crate::sync::IS_MODEL;

/// How long handlers take, on an average over a turn. The clock is read once a turn.
///
/// What quick handlers send can wait for the end of their turn, and goes in larger batches. What a
/// slow one sends, and the room that it makes, must not wait for the next.
pub(crate) struct Pace {
    clock: Clock,
    since: Duration,
    handled: u32,
    is_slow: bool,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Self {
        // Slow until the contrary is known.
        Pace { clock, since: Duration::ZERO, handled: 0, is_slow: !IS_MODEL }
    }

    #[inline]
    pub(crate) fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// A handler has returned.
    #[inline]
    pub(crate) fn count(&mut self) {
        self.handled += 1;
    }

    /// The node has waited, which is no time of its handlers.
    pub(crate) fn restart(&mut self) {
        self.since = self.clock.now();
        self.handled = 0;
    }

    /// The turn ends.
    #[inline]
    pub(crate) fn end_turn(&mut self) {
        if self.handled == 0 {
            return;
        }
        let now = self.clock.now();
        self.is_slow = now.saturating_sub(self.since) > SLOW_HANDLER * self.handled;
        self.since = now;
        self.handled = 0;
    }
}
