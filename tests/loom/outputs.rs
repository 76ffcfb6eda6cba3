//! A node emits and replies while a snapshot is taken and a caller takes what is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use consistent_cut::{Context, Link, NodeId, Process, ReplyTo, System, Topology, model};

use crate::explored::Sometimes;

const NODE: NodeId = NodeId::new(0);

#[derive(Clone, Debug)]
enum Message {
    Emit,
    Ask(ReplyTo),
    Number(u64),
}

/// Emits the numbers from 1, and replies with the last of them.
struct Counter(u64);

impl Process for Counter {
    type State = u64;
    type Message = Message;

    fn on_message(&mut self, _: Link, message: Message, ctx: &mut Context<'_, Message>) {
        match message {
            Message::Emit => {
                self.0 += 1;
                ctx.emit(Message::Number(self.0));
            }
            Message::Ask(to) => ctx.reply(to, Message::Number(self.0)),
            Message::Number(_) => {}
        }
    }

    fn state(&self) -> u64 {
        self.0
    }
}

fn system() -> System<Counter> {
    let topology = Topology::from_links(1, []).expect("one node");
    System::builder(topology).spawn(|_| Counter(0)).expect("two threads")
}

/// The record has each number once: in the state alone, or not taken yet as well.
#[test]
fn the_cut_parts_what_is_emitted() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let system = system();
        system.inject(NODE, Message::Emit).expect("the node is there");
        let pending = system.begin_snapshot();
        let is_taken = system.outputs().ready().count() as u64;
        let snapshot = pending.wait().expect("no node fails");
        model::stop_exploring();
        let (state, output) = (*snapshot.state(NODE), snapshot.output(NODE).expect("a record"));
        assert_eq!(output.emitted(), state, "{snapshot}");
        assert!(output.taken() <= is_taken, "{snapshot}");
        SEEN.see((state + output.taken()) as usize);
        system.shutdown().expect("no node fails");
        let left = system.outputs().count() as u64;
        assert!(is_taken + left <= 1);
    });
    println!("{explored}; not emitted, emitted, taken as well, {SEEN}");
    SEEN.assert_all();
}

#[test]
fn a_caller_is_woken_by_the_reply() {
    let explored = model::check(|| {
        let system = system();
        let answer = system.ask(NODE, Message::Ask, Duration::MAX);
        model::stop_exploring();
        assert!(matches!(answer, Ok(Message::Number(0))));
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}

/// Holds one message.
const CAPACITY: usize = 1;
const EMITTED: u64 = 4;

/// Emits two messages in its first handler, and one in each later handler. Stops when all are
/// emitted.
struct Metered {
    emitted: u64,
    /// How many messages the caller has taken, or is about to take.
    taken: Arc<AtomicU64>,
}

impl Process for Metered {
    type State = u64;
    type Message = u64;

    fn on_message(&mut self, _: Link, _: u64, ctx: &mut Context<'_, u64>) {
        let taken = self.taken.load(Ordering::Relaxed);
        assert!(self.emitted <= taken + CAPACITY as u64, "the node handles this without room");
        let emits = if self.emitted == 0 { 2 } else { 1 };
        for _ in 0..emits {
            self.emitted += 1;
            ctx.emit(self.emitted);
        }
        if self.emitted == EMITTED {
            ctx.stop();
        }
    }

    fn state(&self) -> u64 {
        self.emitted
    }
}

fn metered(taken: &Arc<AtomicU64>) -> System<Metered> {
    let topology = Topology::from_links(1, []).expect("one node");
    let builder = System::builder(topology).output_capacity(CAPACITY);
    let system = builder.spawn(|_| Metered { emitted: 0, taken: Arc::clone(taken) });
    let system = system.expect("two threads");
    (1..EMITTED).for_each(|_| system.inject(NODE, 0).expect("the node is there"));
    system
}

fn take(system: &System<Metered>, taken: &AtomicU64) {
    let number = taken.fetch_add(1, Ordering::Relaxed) + 1;
    let emitted = system.outputs().next().expect("the node emits more");
    assert_eq!((emitted.number, emitted.message), (number, number));
}

/// A lost wake-up of the node, or of the caller, is a deadlock.
#[test]
fn a_node_goes_on_when_its_output_has_room_and_not_before() {
    let explored = model::check(|| {
        let taken = Arc::new(AtomicU64::new(0));
        let system = metered(&taken);
        (0..EMITTED).for_each(|_| take(&system, &taken));
        assert!(system.outputs().next().is_none(), "the node has stopped");
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}

/// The node may wait for room when it records. The snapshot needs no room.
#[test]
fn a_full_output_holds_up_no_snapshot() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let taken = Arc::new(AtomicU64::new(0));
        let system = metered(&taken);
        let pending = system.begin_snapshot();
        take(&system, &taken);
        let snapshot = pending.wait().expect("no node fails");
        let output = snapshot.output(NODE).expect("a record");
        assert_eq!(output.emitted(), *snapshot.state(NODE), "{snapshot}");
        assert!((output.taken() + 1..=output.emitted()).eq(output.untaken().iter().copied()));
        SEEN.see(output.untaken().len());
        (1..EMITTED).for_each(|_| take(&system, &taken));
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages not taken {SEEN}");
    SEEN.assert_all();
}
