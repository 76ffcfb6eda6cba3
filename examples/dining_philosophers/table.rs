//! The table: philosophers and forks, each a node, and their messages.

use std::collections::VecDeque;
use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, TimerId, Topology, TopologyError};
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// The messages between philosophers and forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// A philosopher wants the fork.
    Ask,
    /// The fork is the philosopher's.
    Give,
    /// The philosopher puts it back.
    Return,
}

/// The state of a node, as a snapshot records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    Philosopher {
        meals: u64,
        /// The forks it has, in the order in which it got them.
        holds: Vec<NodeId>,
        /// The fork it waits for.
        wants: Option<NodeId>,
    },
    Fork {
        holder: Option<NodeId>,
        waiting: VecDeque<NodeId>,
    },
}

/// The order in which philosophers take their forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manners {
    /// Left, then right: all may come to hold their left forks and wait.
    LeftFirst,
    /// The one with the lower number first: no cycle can close.
    Ordered,
}

/// Philosophers in a ring, and behind them a fork at the left of each.
pub(crate) fn topology(philosophers: u32) -> Result<Topology, TopologyError> {
    let links = (0..philosophers).flat_map(|seat| {
        let forks = [seat, (seat + 1) % philosophers];
        forks.into_iter().flat_map(move |fork| {
            let names = (format!("philosopher-{seat}"), format!("fork-{fork}"));
            [(names.0.clone(), names.1.clone()), (names.1, names.0)]
        })
    });
    Topology::from_named_links(links)
}

/// A philosopher who thinks, takes two forks one after the other, and eats; or a fork.
pub(crate) struct Diner {
    seat: Seat,
    /// The forks beside a philosopher, in the order in which it takes them.
    forks: Vec<NodeId>,
    /// The number of meals at which the philosopher stops.
    meals: u64,
    generator: Xoshiro256PlusPlus,
}

const THOUGHT: TimerId = TimerId::new(1);
const GRASP: TimerId = TimerId::new(2);
const MEAL: TimerId = TimerId::new(3);

/// The time of a thought or a meal.
const LONGEST: Duration = Duration::from_micros(200);
const LONGEST_GRASP: Duration = Duration::from_micros(100);

impl Diner {
    pub(crate) fn new(
        node: NodeId,
        topology: &Topology,
        manners: Manners,
        meals: u64,
        seed: u64,
    ) -> Self {
        let is_fork = topology.label(node).starts_with("fork");
        let mut forks: Vec<_> = topology.out_links(node).iter().map(|link| link.target).collect();
        if manners == Manners::Ordered {
            forks.sort();
        }
        let seat = if is_fork {
            Seat::Fork { holder: None, waiting: VecDeque::new() }
        } else {
            Seat::Philosopher { meals: 0, holds: Vec::new(), wants: None }
        };
        // Each node has a generator of its own, so its random choices depend on the seed alone.
        let seed = seed.wrapping_add((node.index() as u64) << 32);
        Diner { seat, forks, meals, generator: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// A grasp is short, or no philosopher would ever eat.
    fn after_a_while(&mut self, timer: TimerId, ctx: &mut Context<'_, Word>) {
        let longest = if timer == GRASP { LONGEST_GRASP } else { LONGEST };
        let nanos = self.generator.random_range(0..=longest.as_nanos() as u64);
        ctx.set_timer(timer, Duration::from_nanos(nanos));
    }

    fn ask(&mut self, ctx: &mut Context<'_, Word>) {
        let Seat::Philosopher { holds, wants, .. } = &mut self.seat else { return };
        let fork = self.forks[holds.len()];
        *wants = Some(fork);
        ctx.send(fork, Word::Ask);
    }

    fn get(&mut self, fork: NodeId, ctx: &mut Context<'_, Word>) {
        let Seat::Philosopher { holds, wants, .. } = &mut self.seat else { return };
        *wants = None;
        holds.push(fork);
        let timer = if holds.len() < 2 { GRASP } else { MEAL };
        self.after_a_while(timer, ctx);
    }

    fn end_meal(&mut self, ctx: &mut Context<'_, Word>) {
        let Seat::Philosopher { meals, holds, .. } = &mut self.seat else { return };
        *meals += 1;
        holds.drain(..).for_each(|fork| ctx.send(fork, Word::Return));
        if *meals < self.meals {
            self.after_a_while(THOUGHT, ctx);
        }
    }
}

impl Process for Diner {
    type State = Seat;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        if matches!(self.seat, Seat::Philosopher { .. }) {
            self.after_a_while(THOUGHT, ctx);
        }
    }

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        let Seat::Fork { holder, waiting } = &mut self.seat else {
            return self.get(from.source, ctx);
        };
        match word {
            Word::Ask => waiting.push_back(from.source),
            Word::Return => *holder = None,
            Word::Give => {}
        }
        if holder.is_none() {
            *holder = waiting.pop_front();
            holder.iter().for_each(|philosopher| ctx.send(*philosopher, Word::Give));
        }
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Word>) {
        match timer {
            MEAL => self.end_meal(ctx),
            _ => self.ask(ctx),
        }
    }

    fn state(&self) -> Seat {
        self.seat.clone()
    }
}
