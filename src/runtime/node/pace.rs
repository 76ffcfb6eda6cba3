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
/// While handlers are quick, the clock is read once a turn. That takes in what the node does
/// besides, and can make them look slow where they are not. So of handlers that seem slow the time
/// is taken by itself, and hand-overs cannot keep a node slow. A turn of one handler needs no
/// clock: what it sends is handed over next in any case.
pub(crate) struct Pace {
    clock: Clock,
    is_slow: bool,
    handled: u32,
    /// From when the time of handlers is taken; not known after a wait.
    since: Option<Duration>,
    /// The time of this turn's handlers, if they are slow.
    spent: Duration,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Self {
        // Slow until the contrary is known.
        Pace { clock, is_slow: !IS_MODEL, handled: 0, since: None, spent: Duration::ZERO }
    }

    #[inline]
    pub(crate) fn is_slow(&self) -> bool {
        self.is_slow
    }

    /// How many handlers may run before the next call of [`begin`](Self::begin), of so many.
    #[inline]
    pub(crate) fn together(&self, most: usize) -> usize {
        let is_one_by_one = !IS_MODEL && (self.is_slow || self.since.is_none());
        if is_one_by_one { 1 } else { most }
    }

    /// A handler is about to run.
    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.is_slow || (self.since.is_none() && self.handled > 0) {
            self.since = Some(self.clock.now());
            self.handled *= u32::from(self.is_slow);
        }
    }

    /// Handlers have returned that have run one after the other.
    #[inline]
    pub(crate) fn end(&mut self, handlers: usize) {
        // A turn has far fewer.
        self.handled += handlers as u32;
        if let (true, Some(since)) = (self.is_slow, self.since) {
            self.spent += self.clock.now().saturating_sub(since);
        }
    }

    /// The turn ends.
    #[inline]
    pub(crate) fn end_turn(&mut self) {
        match self.since {
            Some(since) if self.handled > 0 => self.judge(since),
            _ => self.handled = 0,
        }
    }

    #[inline]
    fn judge(&mut self, since: Duration) {
        let now = self.clock.now();
        let spent = if self.is_slow { self.spent } else { now.saturating_sub(since) };
        self.is_slow = spent > SLOW_HANDLER * self.handled;
        (self.since, self.spent, self.handled) = (Some(now), Duration::ZERO, 0);
    }

    /// The node has waited, which is no time of its handlers.
    pub(crate) fn restart(&mut self) {
        (self.since, self.spent, self.handled) = (None, Duration::ZERO, 0);
    }
}
