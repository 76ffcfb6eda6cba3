//! Emitted messages over several lives of a system: each life ends with a last snapshot, and the
//! next life is restored from it.

use consistent_cut::{
    Context, Emitted, GlobalSnapshot, Link, MarkerPolicy, NodeId, Process, Restore, System,
    SystemBuilder, Topology,
};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::ids::node;
use crate::policies::{BOTH_POLICIES, on_both_policies};
use crate::watchdog::finishes;

const NODES: u32 = 3;
const LIVES: usize = 6;
/// The capacity of outputs. It is so small that nodes wait for room at the end of some lives.
const CAPACITY: usize = 2;

#[derive(Clone, Debug, PartialEq)]
enum Message {
    /// To emit this many messages.
    Burst(u64),
    Number(u64),
}

/// Emits the numbers from 1. The numbers go on in the next life.
#[derive(Default)]
struct Counter {
    emitted: u64,
}

impl Process for Counter {
    type State = u64;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        if let Message::Burst(numbers) = message {
            for _ in 0..numbers {
                self.emitted += 1;
                ctx.emit(Message::Number(self.emitted));
            }
        }
    }

    fn state(&self) -> u64 {
        self.emitted
    }
}

impl Restore for Counter {
    fn on_restore(&mut self, emitted: u64, _: &mut Context<'_, Message>) {
        self.emitted = emitted;
    }
}

type Snapshot = GlobalSnapshot<u64, Message>;

fn builder(policy: MarkerPolicy) -> SystemBuilder<Counter> {
    let topology = Topology::ring(NODES as usize).unwrap();
    System::builder(topology).marker_policy(policy).output_capacity(CAPACITY)
}

fn restore(policy: MarkerPolicy, from: &Snapshot) -> System<Counter> {
    builder(policy).restore(from, |_| Counter::default()).unwrap()
}

/// By node: how many messages the orders make it emit, and how many of them the test has taken.
#[derive(Default)]
struct Tally {
    ordered: [u64; NODES as usize],
    taken: [u64; NODES as usize],
}

impl Tally {
    fn order(&mut self, system: &System<Counter>, at: u32, numbers: u64) {
        system.inject(node(at), Message::Burst(numbers)).unwrap();
        self.ordered[at as usize] += numbers;
    }

    /// The message is the next of its node: none is missing, and none comes again.
    #[track_caller]
    fn take(&mut self, emitted: &Emitted<Message>) {
        let taken = &mut self.taken[emitted.node.index()];
        *taken += 1;
        assert_eq!((emitted.number, &emitted.message), (*taken, &Message::Number(*taken)));
    }

    /// The number of messages that are still to be taken.
    fn left(&self) -> u64 {
        self.ordered.iter().sum::<u64>() - self.taken.iter().sum::<u64>()
    }

    /// The snapshot says how many messages were taken, and holds exactly those that were not.
    #[track_caller]
    fn check(&self, snapshot: &Snapshot) {
        snapshot.verify().unwrap();
        for (node, &emitted) in snapshot.states() {
            let output = snapshot.output(node).unwrap();
            assert_eq!((output.emitted(), output.taken()), (emitted, self.taken[node.index()]));
            let untaken = (output.taken() + 1..=emitted).map(Message::Number);
            assert!(untaken.eq(output.untaken().iter().cloned()), "{node}: {output:?}");
        }
    }
}

/// The events that were seen over all seeds.
#[derive(Default)]
struct Seen {
    untaken: bool,
    blocked: bool,
}

fn live(chance: &mut Chance, policy: MarkerPolicy, seen: &mut Seen) {
    let mut tally = Tally::default();
    let mut system = builder(policy).spawn(|_| Counter::default()).unwrap();
    for _ in 0..LIVES {
        for _ in 0..chance.below(8) {
            tally.order(&system, chance.below(NODES as usize) as u32, chance.below(4) as u64);
        }
        // Every message that was ordered comes at last, so these calls return.
        let takes = chance.below(tally.left() as usize + 1);
        system.outputs().take(takes).for_each(|emitted| tally.take(&emitted));
        let last = system.snapshot_and_stop().unwrap();
        tally.check(&last);
        let untaken = |at: u32| last.output(node(at)).unwrap().untaken().len() as u64;
        seen.untaken |= (0..NODES).any(|at| untaken(at) > 0);
        seen.blocked |= (0..NODES).any(|at| untaken(at) > CAPACITY as u64);

        // The system that has stopped still gives out its messages. An editor tells the next life.
        let takes = chance.below(3);
        system.outputs().ready().take(takes).for_each(|emitted| tally.take(&emitted));
        let mut editor = last.edit();
        (0..NODES).for_each(|at| {
            editor.outputs_taken(node(at), tally.taken[at as usize]).unwrap();
        });
        system = restore(policy, &editor.finish().unwrap());
    }
    let left = tally.left() as usize;
    system.outputs().take(left).for_each(|emitted| tally.take(&emitted));
    assert_eq!(tally.taken, tally.ordered);
    let last = system.snapshot_and_stop().unwrap();
    tally.check(&last);
    assert_eq!(system.outputs().count(), 0);
}

#[test]
fn each_message_is_taken_in_one_life() {
    finishes(|| {
        let mut seen = Seen::default();
        let is_whole = for_each_seed(0..scaled(40), |seed| {
            for policy in BOTH_POLICIES {
                live(&mut Chance::new(seed), policy, &mut seen);
            }
        });
        assert!(!is_whole || seen.untaken && seen.blocked);
    });
}

/// No life takes anything, so each life begins with what the first has emitted.
#[test]
fn messages_that_no_life_takes_are_handed_on() {
    on_both_policies(|policy| {
        finishes(move || {
            let mut tally = Tally::default();
            let first = builder(policy).spawn(|_| Counter::default()).unwrap();
            (0..NODES).for_each(|at| tally.order(&first, at, u64::from(at)));
            let mut last = first.snapshot_and_stop().unwrap();
            for _ in 0..LIVES {
                tally.check(&last);
                let next = restore(policy, &last);
                tally.check(&next.snapshot().unwrap());
                last = next.snapshot_and_stop().unwrap();
            }
            let system = restore(policy, &last);
            system.outputs().take(3).for_each(|emitted| tally.take(&emitted));
            assert_eq!(tally.taken, [0, 1, 2]);
            assert_eq!(system.outputs().ready().count(), 0);
        });
    });
}

/// Messages that were taken come again only if the next life is restored from an older snapshot.
#[test]
fn an_older_snapshot_gives_out_again_what_was_taken_after_it() {
    on_both_policies(|policy| {
        finishes(move || {
            let mut tally = Tally::default();
            let system = builder(policy).spawn(|_| Counter::default()).unwrap();
            tally.order(&system, 0, 5);
            system.outputs().take(2).for_each(|emitted| tally.take(&emitted));
            let older = system.snapshot().unwrap();
            tally.check(&older);
            system.outputs().take(2).for_each(|emitted| tally.take(&emitted));
            let newer = system.snapshot_and_stop().unwrap();
            tally.check(&newer);
            for (from, numbers) in [(older, 3..=5), (newer, 5..=5)] {
                let again = restore(policy, &from);
                let taken: Vec<_> = again.outputs().ready().collect();
                assert!(taken.iter().all(|emitted| emitted.node == NodeId::new(0)));
                assert!(taken.iter().map(|emitted| emitted.number).eq(numbers));
            }
        });
    });
}
