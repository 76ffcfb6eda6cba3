//! A process that does everything that a checkpoint has to keep: it sends, emits, sets and cancels
//! timers, and stops. The log of what it has received decides what it does.

use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, Restore, TimerId};
use serde::{Deserialize, Serialize};

use crate::support::merge::mix;

/// A message. It is passed on at most `hops` times.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Word {
    pub(crate) hops: u8,
    pub(crate) value: u64,
    pub(crate) text: Option<String>,
}

impl Word {
    pub(crate) fn new(hops: u8, value: u64) -> Self {
        // Some messages are too long to be stored in the part itself.
        let text = value.is_multiple_of(5).then(|| "long ".repeat(value as usize % 40));
        Word { hops, value, text }
    }
}

/// The state: every message and timer in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Log {
    pub(crate) hash: u64,
    pub(crate) seen: Vec<(u32, u64)>,
    pub(crate) fired: Vec<(u64, u8)>,
}

pub(crate) struct Busy {
    node: NodeId,
    log: Log,
}

/// The most timers that fire at a node.
const MOST_FIRED: usize = 6;

impl Busy {
    pub(crate) fn new(node: NodeId) -> Self {
        Busy { node, log: Log { hash: node.index() as u64, ..Log::default() } }
    }

    /// Does something that depends on the log alone.
    fn act(&mut self, value: u64, hops: u8, ctx: &mut Context<'_, Word>) {
        self.log.hash = mix(self.log.hash, value);
        let hash = self.log.hash;
        let links = ctx.out_links();
        if hops > 0 && !links.is_empty() {
            for nth in 0..1 + hash % 2 {
                let link = links[((hash >> 7) + nth) as usize % links.len()];
                ctx.send_on(link, Word::new(hops - 1, hash >> (nth + 9) & 0xffff));
            }
        }
        match hash % 11 {
            0..=3 => ctx.emit(Word::new(0, hash & 0xffff)),
            4 | 5 => ctx.set_timer(TimerId::new(hash >> 5 & 3), Duration::from_micros(hash & 63)),
            6 => ctx.set_timer(TimerId::new(hash >> 5 & 3), Duration::ZERO),
            7 => ctx.cancel_timer(TimerId::new(hash >> 5 & 3)),
            8 if hash >> 8 & 7 == 0 => ctx.stop(),
            9 if hash >> 8 & 7 == 0 => ctx.stop_and_drain(),
            _ => {}
        }
    }
}

impl Process for Busy {
    type State = Log;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        let node = self.node.index() as u64;
        for (nth, link) in (0..).zip(ctx.out_links()) {
            ctx.send_on(*link, Word::new(4, node * 10 + nth));
        }
        ctx.set_timer(TimerId::new(node & 3), Duration::from_micros(node * 20));
    }

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        self.log.seen.push((from.id.index() as u32, word.value));
        self.act(word.value ^ from.id.index() as u64, word.hops, ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Word>) {
        let hops = u8::from(self.log.fired.len() < MOST_FIRED) * 3;
        self.log.fired.push((timer.get(), hops));
        if hops > 0 {
            self.act(timer.get(), hops, ctx);
        }
    }

    fn state(&self) -> Log {
        self.log.clone()
    }
}

impl Restore for Busy {
    fn on_restore(&mut self, log: Log, _: &mut Context<'_, Word>) {
        self.log = log;
    }
}
