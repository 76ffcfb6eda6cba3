//! A process that passes tokens on, and drops one now and then.

use std::time::Duration;

use consistent_cut::{Context, Link, Process, TimerId};

use crate::chance::Chance;
use crate::skew::LEAST;

const RESTED: TimerId = TimerId::new(1);

/// Passes tokens on, after a rest. A token is a message with the number of hops that it may still
/// make.
#[derive(Debug)]
pub(crate) struct Holder {
    resting: Vec<u64>,
    /// The holder drops the token that it gets when it has got this many.
    drops: u64,
    received: u64,
    /// The count of resting tokens is made when the state is read.
    recorded: Recorded,
}

/// Counts of tokens, and the number of handlers that have run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The number of tokens at first.
    pub(crate) given: u64,
    pub(crate) resting: u64,
    pub(crate) dropped: u64,
    pub(crate) handled: u64,
}

impl Holder {
    pub(crate) fn new(chance: &mut Chance) -> Holder {
        let given = chance.below(3);
        let drops = if chance.one_in(3) { 1 + chance.below(6) as u64 } else { u64::MAX };
        let recorded = Recorded { given: given as u64, ..Recorded::default() };
        Holder { resting: vec![10; given], drops, received: 0, recorded }
    }
}

impl Process for Holder {
    type State = Recorded;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        ctx.set_timer(RESTED, LEAST);
    }

    fn on_message(&mut self, _: Link, hops: u64, ctx: &mut Context<'_, u64>) {
        self.recorded.handled += 1;
        self.received += 1;
        if self.received == self.drops {
            self.recorded.dropped += 1;
            return;
        }
        self.resting.push(hops);
        ctx.set_timer(RESTED, Duration::from_micros(300 * self.received));
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, u64>) {
        self.recorded.handled += 1;
        let links = ctx.out_links();
        let (leaving, staying): (Vec<_>, Vec<_>) =
            self.resting.drain(..).partition(|&hops| hops > 0 && !links.is_empty());
        self.resting = staying;
        for (nth, hops) in leaving.into_iter().enumerate() {
            ctx.send_on(links[(nth + hops as usize) % links.len()].id, hops - 1);
        }
    }

    fn state(&self) -> Recorded {
        Recorded { resting: self.resting.len() as u64, ..self.recorded.clone() }
    }
}
