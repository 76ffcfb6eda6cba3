//! Traffic that never ends: every note is passed on at random.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::yield_now;

use consistent_cut::{Context, Link, NodeId, Process, Topology};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng, SeedableRng};

use crate::counts::{Counts, Note};

/// How many notes each node has handled so far, for whoever looks on.
pub(crate) type Live = Arc<[AtomicU64]>;

/// Starts some notes, and passes on each that comes.
pub(crate) struct Traffic {
    node: NodeId,
    counts: Counts,
    holds: bool,
    dice: Dice,
    live: Live,
}

/// Random numbers from a seed.
pub(crate) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Dice(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }
}

/// Counters for [`Traffic`], all at zero.
pub(crate) fn live(topology: &Topology) -> Live {
    topology.nodes().map(|_| AtomicU64::new(0)).collect()
}

impl Traffic {
    /// A node that starts `notes` of its own.
    pub(crate) fn new(
        node: NodeId,
        topology: &Topology,
        notes: u64,
        seed: u64,
        live: &Live,
    ) -> Self {
        let counts = Counts { held: notes, ..Counts::new(node, topology) };
        let dice = Dice::new(seed ^ ((node.index() as u64) << 32));
        Traffic { node, counts, holds: false, dice, live: Arc::clone(live) }
    }

    /// Now and then keeps a note until the next one comes. With more notes than nodes some still move.
    pub(crate) fn holding(mut self) -> Self {
        self.holds = true;
        self
    }

    fn send_all(&mut self, ctx: &mut Context<'_, Note>) {
        for _ in 0..std::mem::take(&mut self.counts.held) {
            let links = ctx.out_links();
            let link = links[self.dice.below(links.len())].id;
            ctx.send_on(link, self.counts.next(ctx.topology(), link));
        }
    }

    /// Takes a while, each time a different one.
    fn work(&mut self) {
        match self.dice.below(32) {
            0 => yield_now(),
            1..8 => (0..self.dice.below(500)).for_each(|_| spin_loop()),
            _ => {}
        }
    }
}

impl Process for Traffic {
    type State = Counts;
    type Message = Note;

    fn on_start(&mut self, ctx: &mut Context<'_, Note>) {
        self.send_all(ctx);
        self.counts.started = true;
    }

    fn on_message(&mut self, from: Link, note: Note, ctx: &mut Context<'_, Note>) {
        self.counts.receive(ctx.topology(), from, &note);
        self.work();
        self.counts.held += 1;
        let holds = self.holds && self.counts.held == 1 && self.dice.below(4) == 0;
        if !holds {
            self.send_all(ctx);
        }
        self.live[self.node.index()].fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> Counts {
        self.counts.clone()
    }
}
