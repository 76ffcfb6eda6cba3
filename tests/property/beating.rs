//! A worker that also beats: by a timer and by messages that are no work.

use std::time::Duration;

use consistent_cut::{Context, Link, Process, TimerId};

use crate::chance::Chance;
use crate::worker::{self, Worker};

pub(crate) const BEAT_TIMER: TimerId = TimerId::new(9);
/// A message that is a beat; every other message is a job.
pub(crate) const BEAT: u64 = u64::MAX;

/// Keeps its promise: a beat makes no work at a passive node.
pub(crate) const RIGHT: u8 = 0;
/// Breaks the promise: every third beat of a passive node sends a job.
pub(crate) const BEATS_MAKE_WORK: u8 = 1;
/// Keeps the promise, but the detector also ignores a timer which makes work.
pub(crate) const TOO_MUCH_IS_IGNORED: u8 = 2;

#[derive(Debug)]
pub(crate) struct Beating<const KIND: u8> {
    worker: Worker,
    beats_left: u64,
    beats: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) work: worker::Recorded,
    /// Handlers of beats that have run.
    pub(crate) beats: u64,
}

impl<const KIND: u8> Beating<KIND> {
    pub(crate) fn new(chance: &mut Chance) -> Self {
        let beats_left = chance.below(8) as u64;
        Beating { worker: Worker::new(chance), beats_left, beats: 0 }
    }

    fn wait(&mut self, ctx: &mut Context<'_, u64>) {
        if self.beats_left > 0 {
            self.beats_left -= 1;
            ctx.set_timer(BEAT_TIMER, Duration::from_millis(1 + self.beats_left % 4));
        }
    }

    fn is_active(&self) -> bool {
        self.worker.state().jobs > 0
    }

    /// An active node may send a job with its beat.
    fn sends_a_job(&self) -> bool {
        self.is_active() || (KIND == BEATS_MAKE_WORK && self.beats.is_multiple_of(3))
    }
}

impl<const KIND: u8> Process for Beating<KIND> {
    type State = Recorded;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        self.worker.on_start(ctx);
        self.wait(ctx);
    }

    fn on_message(&mut self, from: Link, message: u64, ctx: &mut Context<'_, u64>) {
        if message == BEAT {
            self.beats += 1;
        } else {
            self.worker.on_message(from, message, ctx);
        }
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, u64>) {
        if timer != BEAT_TIMER {
            return self.worker.on_timer(timer, ctx);
        }
        self.beats += 1;
        if self.sends_a_job() && !ctx.out_links().is_empty() {
            ctx.send_on(ctx.out_links()[0], 1);
        }
        ctx.out_links().iter().for_each(|link| ctx.send_on(link, BEAT));
        self.wait(ctx);
    }

    fn state(&self) -> Recorded {
        Recorded { work: self.worker.state(), beats: self.beats }
    }
}
