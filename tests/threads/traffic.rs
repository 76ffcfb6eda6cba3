//! Traffic that never ends: every note is passed on at random.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::yield_now;

use consistent_cut::{Context, Link, NodeId, Topology};

use crate::chance::Chance;
use crate::note::Note;
use crate::puppet::{Habit, Puppet};

/// The number of notes that each node has handled so far, for observers.
pub(crate) type Live = Arc<[AtomicU64]>;

/// Counters for [`Traffic`], all at zero.
pub(crate) fn live(topology: &Topology) -> Live {
    topology.nodes().map(|_| AtomicU64::new(0)).collect()
}

/// A habit: starts some notes, and passes on each that comes.
pub(crate) struct Traffic {
    node: NodeId,
    notes: u64,
    holds: bool,
    chance: Chance,
    live: Live,
}

impl Traffic {
    /// The habit of a node that starts `notes` of its own.
    pub(crate) fn new(node: NodeId, notes: u64, seed: u64, live: &Live) -> Self {
        let chance = Chance::new(seed ^ ((node.index() as u64) << 32));
        Traffic { node, notes, holds: false, chance, live: Arc::clone(live) }
    }

    /// Now and then keeps a note until the next one comes. With more notes than nodes some still
    /// move.
    pub(crate) fn holding(self) -> Self {
        Traffic { holds: true, ..self }
    }

    pub(crate) fn puppet(self, topology: &Topology) -> Puppet {
        let mut puppet = Puppet::new(self.node, topology);
        puppet.record.held = self.notes;
        puppet.with_habit(self)
    }

    fn send_all(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        for _ in 0..std::mem::take(&mut puppet.record.held) {
            puppet.send_on(ctx, self.chance.pick(ctx.out_links()).id);
        }
    }

    /// Takes some time, of a different length each time.
    fn work(&mut self) {
        match self.chance.below(32) {
            0 => yield_now(),
            1..8 => (0..self.chance.below(500)).for_each(|_| spin_loop()),
            _ => {}
        }
    }
}

impl Habit for Traffic {
    fn on_start(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        self.send_all(puppet, ctx);
    }

    fn on_note(&mut self, puppet: &mut Puppet, _: Link, _: &Note, ctx: &mut Context<'_, Note>) {
        self.work();
        puppet.record.held += 1;
        let holds = self.holds && puppet.record.held == 1 && self.chance.one_in(4);
        if !holds {
            self.send_all(puppet, ctx);
        }
        self.live[self.node.index()].fetch_add(1, Ordering::Relaxed);
    }
}
