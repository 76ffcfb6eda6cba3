//! The process of these tests. Its state and messages can be written, and its actions follow from
//! them alone, so that restored runs and replays can be compared.

use std::time::Duration;

use consistent_cut::{
    Context, GlobalSnapshot, Link, LinkId, NodeId, Process, Restore, SnapshotId, TimerId,
};
use serde::{Deserialize, Serialize};

pub(crate) type Snapshot = GlobalSnapshot<Path, Word>;

/// The state of a walker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Path {
    /// A mix of everything that happened.
    pub(crate) hash: u64,
    /// The link of each message, in order.
    pub(crate) came_on: Vec<LinkId>,
    pub(crate) fired: Vec<TimerId>,
    pub(crate) last_text: Option<String>,
    pub(crate) restores: u32,
}

/// The message of a walker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// A token that is passed on this many times.
    Token {
        hops: u32,
        from: NodeId,
    },
    /// A text to be emitted.
    Text(String),
    Stop,
    StopAndDrain,
}

#[derive(Debug, Default)]
pub(crate) struct Walker(pub(crate) Path);

const MOST_TIMERS: usize = 6;

impl Walker {
    fn mix(&mut self, value: u64) -> u64 {
        let mixed = (self.0.hash.rotate_left(7) ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0.hash = mixed ^ mixed >> 29;
        self.0.hash
    }

    /// Sends a token on one of the out-links.
    fn send(&mut self, hops: u32, ctx: &mut Context<'_, Word>) {
        let (links, place) = (ctx.out_links(), self.mix(11) as usize);
        if !links.is_empty() {
            let word = Word::Token { hops, from: ctx.id() };
            ctx.send_on(links[place % links.len()].id, word);
        }
    }

    /// Sets or cancels a timer, or emits a token.
    fn act(&mut self, ctx: &mut Context<'_, Word>) {
        let drawn = self.mix(3);
        let timer = TimerId::new(drawn >> 8 & 3);
        match drawn & 7 {
            0..=2 if self.0.fired.len() < MOST_TIMERS => {
                ctx.set_timer(timer, Duration::from_nanos(drawn >> 16 & 0xf_ffff));
            }
            3 => ctx.cancel_timer(timer),
            4 | 5 => ctx.emit(Word::Token { hops: 0, from: ctx.id() }),
            _ => {}
        }
    }
}

impl Process for Walker {
    type State = Path;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.mix(ctx.id().index() as u64);
        (0..3).for_each(|_| self.send(5, ctx));
        ctx.set_timer(TimerId::new(9), Duration::from_micros(self.0.hash & 1023));
        self.act(ctx);
    }

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        self.0.came_on.push(from.id);
        self.mix(from.id.index() as u64);
        match word {
            Word::Token { hops: 0, .. } => {}
            Word::Token { hops, from } => {
                let sends = self.mix(from.index() as u64) % 3;
                (0..sends).for_each(|_| self.send(hops - 1, ctx));
            }
            Word::Text(text) => {
                ctx.emit(Word::Text(text.clone()));
                self.0.last_text = Some(text);
            }
            Word::Stop => ctx.stop(),
            Word::StopAndDrain => ctx.stop_and_drain(),
        }
        self.act(ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Word>) {
        self.0.fired.push(timer);
        self.send(2, ctx);
        self.act(ctx);
    }

    fn state(&self) -> Path {
        self.0.clone()
    }
}

impl Restore for Walker {
    fn on_restore(&mut self, recorded: Path, _: &mut Context<'_, Word>) {
        self.0 = Path { restores: recorded.restores + 1, ..recorded };
    }
}

/// The message from outside with this number at its node. Its content follows from the number.
pub(crate) fn from_outside(node: NodeId, nth: u64) -> Word {
    match (node.index() as u64 * 3 + nth) % 6 {
        0 => Word::Text(format!("\"{nth}\"\n\u{e9}")),
        1 => Word::Text(String::new()),
        _ => Word::Token { hops: 4, from: NodeId::ENVIRONMENT },
    }
}

/// The same id in another life.
pub(crate) fn in_life(id: SnapshotId, life: u32) -> SnapshotId {
    SnapshotId::new(id.number()).in_life(life)
}
