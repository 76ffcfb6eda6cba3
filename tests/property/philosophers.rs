//! Philosophers on threads who deadlock for real. The deadlock is found each time, and never too
//! early.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use consistent_cut::property::{Request, deadlocked};
use consistent_cut::{
    Context, Detection, Link, NodeId, Process, StableProperty, System, Topology, TopologyError,
};

use crate::by_hand::n;
use crate::chance::Chance;
use crate::effort::scaled;

const PHILOSOPHERS: u32 = 5;
const RUNS: u64 = 40;

/// Far more snapshots than any run has needed.
const SNAPSHOTS: usize = 1_000_000;

#[derive(Clone, Copy, Debug)]
enum Word {
    /// A message to itself: the philosopher is still thinking, or still reaching for a fork.
    Later,
    Ask,
    Give,
    Return,
}

/// The node for which it waits, if any.
type WaitsFor = Option<NodeId>;

/// Thinks, takes its left fork and then its right one, eats, and puts both back.
struct Philosopher {
    chance: Chance,
    later: usize,
    holds: usize,
    waits_for: WaitsFor,
    /// The number of philosophers in the whole system that have their left fork and have asked for
    /// the right one. If all have, it is a deadlock.
    with_one_fork: Arc<AtomicUsize>,
}

/// A fork belongs to one philosopher after the other, in the order in which they ask.
struct Fork {
    holder: WaitsFor,
    asked_by: VecDeque<NodeId>,
}

/// Philosophers in a ring, and behind them a fork at the left of each.
fn table() -> Result<Topology, TopologyError> {
    let links = (0..PHILOSOPHERS as usize).flat_map(|seat| {
        let [left, right] = forks(n(seat as u32)).map(NodeId::index);
        [(seat, seat), (seat, left), (left, seat), (seat, right), (right, seat)]
    });
    Topology::from_links(2 * PHILOSOPHERS as usize, links)
}

/// The left and the right fork.
fn forks(philosopher: NodeId) -> [NodeId; 2] {
    let seat = philosopher.index() as u32;
    [n(PHILOSOPHERS + seat), n(PHILOSOPHERS + (seat + 1) % PHILOSOPHERS)]
}

impl Philosopher {
    fn go_on_later(&mut self, ctx: &mut Context<'_, Word>) {
        self.later = self.chance.below(20);
        ctx.send(ctx.id(), Word::Later);
    }

    fn go_on(&mut self, ctx: &mut Context<'_, Word>) {
        if self.later > 0 {
            self.later -= 1;
            return ctx.send(ctx.id(), Word::Later);
        }
        let fork = forks(ctx.id())[self.holds];
        if self.holds == 1 {
            self.with_one_fork.fetch_add(1, Ordering::SeqCst);
        }
        self.waits_for = Some(fork);
        ctx.send(fork, Word::Ask);
    }

    fn take(&mut self, ctx: &mut Context<'_, Word>) {
        self.waits_for = None;
        self.holds += 1;
        if self.holds == 2 {
            self.with_one_fork.fetch_sub(1, Ordering::SeqCst);
            self.holds = 0;
            forks(ctx.id()).into_iter().for_each(|fork| ctx.send(fork, Word::Return));
        }
        self.go_on_later(ctx);
    }
}

impl Process for Philosopher {
    type State = WaitsFor;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.go_on_later(ctx);
    }

    fn on_message(&mut self, _: Link, word: Word, ctx: &mut Context<'_, Word>) {
        match word {
            Word::Give => self.take(ctx),
            _ => self.go_on(ctx),
        }
    }

    fn state(&self) -> WaitsFor {
        self.waits_for
    }
}

impl Process for Fork {
    type State = WaitsFor;
    type Message = Word;

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        match word {
            Word::Ask => self.asked_by.push_back(from.source),
            _ => self.holder = None,
        }
        if self.holder.is_none() {
            self.holder = self.asked_by.pop_front();
            self.holder.iter().for_each(|philosopher| ctx.send(*philosopher, Word::Give));
        }
    }

    /// A fork that is taken waits for the philosopher who has it.
    fn state(&self) -> WaitsFor {
        self.holder
    }
}

type Node = Box<dyn Process<State = WaitsFor, Message = Word>>;

fn sit_down(seed: u64, with_one_fork: &Arc<AtomicUsize>) -> System<Node> {
    let mut chance = Chance::new(seed);
    let sit = |node: NodeId| -> Node {
        if node.index() >= PHILOSOPHERS as usize {
            return Box::new(Fork { holder: None, asked_by: VecDeque::new() });
        }
        Box::new(Philosopher {
            chance: Chance::new(chance.number()),
            later: 0,
            holds: 0,
            waits_for: None,
            with_one_fork: Arc::clone(with_one_fork),
        })
    };
    System::builder(table().expect("nodes and links fit")).spawn(sit).expect("it starts")
}

/// A grant is a fork on its way to the philosopher who asked for it, or on its way back.
fn deadlock() -> StableProperty<WaitsFor, Word> {
    let request = |_, waits_for: &WaitsFor| Request::All(waits_for.iter().copied().collect());
    deadlocked(request, |_, word, _| matches!(word, Word::Give | Word::Return))
}

/// The number of snapshots without a deadlock, before one showed it.
fn snapshots_until_found(seed: u64) -> usize {
    let with_one_fork = Arc::new(AtomicUsize::new(0));
    let is_deadlock = || with_one_fork.load(Ordering::SeqCst) == PHILOSOPHERS as usize;
    let (system, property) = (sit_down(seed, &with_one_fork), deadlock());
    for snapshots in 0..SNAPSHOTS {
        let was_deadlock = is_deadlock();
        match system.detect(&property).expect("no node fails") {
            Detection::HoldsNow(finding) => {
                assert!(is_deadlock(), "run {seed}: {}\n{}", finding.reason, finding.snapshot);
                return snapshots;
            }
            Detection::DidNotHoldAtStart(finding) => {
                assert!(!was_deadlock, "run {seed}: it is missed in {}", finding.snapshot);
            }
        }
    }
    panic!("run {seed}: there was none in {SNAPSHOTS} snapshots");
}

#[test]
fn each_deadlock_is_found_and_never_before_it_is_there() {
    let before: Vec<_> = (0..scaled(RUNS)).map(snapshots_until_found).collect();
    let looked_before: usize = before.iter().sum();
    assert!(looked_before > 0, "no snapshot was taken before there was a deadlock");
}
