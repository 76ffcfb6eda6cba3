//! Whether a node's handlers are slow.

use std::time::Duration;

use crate::runtime::clock::Clock;
use crate::runtime::tuning::SLOW_HANDLER;
use crate::sync::IS_MODEL;

/// How long handlers take, on an average over a turn.
///
/// What quick handlers send can wait for the end of their turn, and goes in larger batches. What a
/// slow one sends, and the room that it makes, must not wait for the next.
///
/// While handlers are quick, the clock is read once a turn. That takes in what the node does besides,
/// and can make them look slow where they are not: where few messages come, a wake-up costs more
/// than their handlers. So of handlers that seem slow the time is taken by itself, and hand-overs
/// cannot keep a node slow.
pub(crate) struct Pace {
    clock: Clock,
    is_slow: bool,
    handled: u32,
    /// When the turn began, or the handler, if they are slow.
    since: Duration,
    /// The time of this turn's handlers, if they are slow.
    spent: Duration,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Self {
        // Slow until the contrary is known.
        let is_slow = !IS_MODEL;
        Pace { clock, is_slow, handled: 0, since: Duration::ZERO, spent: Duration::ZERO }
    }

    #[inline]
    pub(crate) fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// A handler is about to run.
    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.is_slow {
            self.since = self.clock.now();
        }
    }

    /// Handlers have returned that have run one after the other.
    #[inline]
    pub(crate) fn end(&mut self, handlers: usize) {
        // A turn has far fewer.
        self.handled += handlers as u32;
        if self.is_slow {
            self.spent += self.clock.now().saturating_sub(self.since);
        }
    }

    /// The turn ends. What follows up to the next is not its time.
    #[inline]
    pub(crate) fn end_turn(&mut self) {
        if self.handled == 0 {
            return;
        }
        let now = self.clock.now();
        let spent = if self.is_slow { self.spent } else { now.saturating_sub(self.since) };
        self.is_slow = spent > SLOW_HANDLER * self.handled;
        self.begin_turn_at(now);
    }

    /// The node has waited, which is no time of its handlers.
    pub(crate) fn restart(&mut self) {
        self.begin_turn_at(self.clock.now());
    }

    fn begin_turn_at(&mut self, now: Duration) {
        (self.since, self.spent, self.handled) = (now, Duration::ZERO, 0);
    }
}
