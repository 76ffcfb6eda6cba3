//! A process that asks others and waits for some of their answers. It answers no request while it
//! waits.

use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, TimerId};

use crate::chance::Chance;

/// Runs for a while, asks some of its neighbours, waits for all, any or some of their grants, and
/// runs again.
#[derive(Debug)]
pub(crate) struct Asker {
    chance: Chance,
    /// The number of requests that it has yet to make.
    rounds: u32,
    /// The number of meaningless messages that it sends at once when it asks, and the number of
    /// times that they are answered.
    noise: (usize, u64),
    pub(crate) recorded: Recorded,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recorded {
    pub(crate) asking: Option<Asking>,
    /// The nodes that have asked meanwhile, with the numbers of their requests.
    asked_by: Vec<(NodeId, u64)>,
    requests: u64,
    pub(crate) handled: u64,
}

/// The request for which it waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asking {
    pub(crate) number: u64,
    pub(crate) needed: usize,
    pub(crate) nodes: Vec<NodeId>,
    /// The number of nodes that it asked.
    pub(crate) asked: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Ask(u64),
    Grant(u64),
    /// Fills links. The message is answered by two messages, this many times.
    Noise(u64),
}

impl Asker {
    pub(crate) fn new(chance: &mut Chance) -> Asker {
        let rounds = 1 + chance.below(2) as u32;
        let recorded = Recorded::default();
        Asker { chance: Chance::new(chance.number()), rounds, noise: (0, 0), recorded }
    }

    /// An asker that also fills links.
    pub(crate) fn noisy(chance: &mut Chance) -> Asker {
        let noise = (chance.below(4), chance.below(3) as u64);
        Asker { noise, ..Asker::new(chance) }
    }

    fn make_noise(&mut self, ctx: &mut Context<'_, Word>) {
        let neighbours: Vec<_> = ctx.neighbours().collect();
        let (messages, answers) = self.noise;
        if messages > 0 && !neighbours.is_empty() {
            let node = self.chance.pick(&neighbours);
            (0..messages).for_each(|_| ctx.send(node, Word::Noise(answers)));
        }
    }

    fn run(&mut self, ctx: &mut Context<'_, Word>) {
        if self.rounds > 0 {
            self.rounds -= 1;
            let after = Duration::from_millis(self.chance.below(8) as u64);
            ctx.set_timer(TimerId::new(0), after);
        }
    }

    fn ask(&mut self, ctx: &mut Context<'_, Word>) {
        let mut nodes: Vec<_> = ctx.neighbours().collect();
        if nodes.is_empty() {
            return;
        }
        self.chance.shuffle(&mut nodes);
        nodes.truncate(1 + self.chance.below(nodes.len()));
        let asked = nodes.len();
        let needed = match self.chance.below(3) {
            0 => asked,
            1 => 1,
            _ => 1 + self.chance.below(asked),
        };
        self.recorded.requests += 1;
        let number = self.recorded.requests;
        nodes.iter().for_each(|&node| ctx.send(node, Word::Ask(number)));
        self.recorded.asking = Some(Asking { number, needed, nodes, asked });
    }

    fn granted(&mut self, by: NodeId, number: u64, ctx: &mut Context<'_, Word>) {
        // The asker may have gone on without a grant that comes late.
        let asking = self.recorded.asking.as_mut().filter(|asking| asking.number == number);
        let Some(asking) = asking else { return };
        asking.nodes.retain(|node| *node != by);
        asking.needed -= 1;
        if asking.needed > 0 {
            return;
        }
        self.recorded.asking = None;
        for (node, number) in self.recorded.asked_by.drain(..) {
            ctx.send(node, Word::Grant(number));
        }
        self.run(ctx);
    }
}

impl Process for Asker {
    type State = Recorded;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.run(ctx);
    }

    fn on_timer(&mut self, _: TimerId, ctx: &mut Context<'_, Word>) {
        self.recorded.handled += 1;
        self.make_noise(ctx);
        self.ask(ctx);
    }

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        self.recorded.handled += 1;
        match word {
            Word::Ask(number) if self.recorded.asking.is_some() => {
                self.recorded.asked_by.push((from.source, number));
            }
            Word::Ask(number) => ctx.send(from.source, Word::Grant(number)),
            Word::Grant(number) => self.granted(from.source, number, ctx),
            Word::Noise(0) => {}
            Word::Noise(left) => (0..2).for_each(|_| ctx.send(from.source, Word::Noise(left - 1))),
        }
    }

    fn state(&self) -> Recorded {
        self.recorded.clone()
    }
}
