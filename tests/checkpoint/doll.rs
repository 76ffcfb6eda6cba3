//! A node that does what its messages say: add, emit, block, panic, stop. The test holds its gate.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use consistent_cut::{Context, Link, Process, ReplyTo, Restore, System};
use consistent_cut::{NodeId, SystemBuilder, Topology};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize, Serializer, ser};

use crate::support::gate::Gate;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Say {
    Add(u64),
    /// Add the number and emit it.
    Emit(u64),
    /// Send the number on all links.
    Send(u64),
    Sum(ReplyTo),
    /// Wait at the gate, then add a thousand, emit and send it.
    Block,
    /// Panic, if the strings allow one more panic.
    Panic,
    /// Call the function that the strings hold.
    Call,
    Stop,
    /// An emitted message, or a reply.
    Is(u64),
}

impl std::fmt::Display for Say {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Say::Is(number) => write!(f, "{number}"),
            other => write!(f, "{other:?}"),
        }
    }
}

/// A sum. Two numbers make the code that writes it panic or fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Sum(pub(crate) u64);

pub(crate) const PANICS_WHEN_WRITTEN: u64 = 1_313;
pub(crate) const FAILS_WHEN_WRITTEN: u64 = 1_414;

impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            PANICS_WHEN_WRITTEN => panic!("this sum cannot be written"),
            FAILS_WHEN_WRITTEN => Err(ser::Error::custom("this sum is refused")),
            sum => serializer.serialize_newtype_struct("Sum", &sum),
        }
    }
}

/// The controls of all dolls, which the test holds.
#[derive(Clone, Default)]
pub(crate) struct Strings(Arc<Inner>);

#[derive(Default)]
struct Inner {
    gate: Gate,
    /// How many panics are left.
    panics: AtomicI64,
    /// Panics in `on_restore` that are left.
    restore_panics: AtomicI64,
    dropped: AtomicI64,
    call: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Strings {
    pub(crate) fn new() -> Self {
        Strings::default()
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn panics(self, times: i64) -> Self {
        self.0.panics.store(times, Ordering::SeqCst);
        self
    }

    pub(crate) fn restore_panics(self, times: i64) -> Self {
        self.0.restore_panics.store(times, Ordering::SeqCst);
        self
    }

    /// How many dolls were dropped.
    pub(crate) fn dropped(&self) -> i64 {
        self.0.dropped.load(Ordering::SeqCst)
    }

    /// Sets what the next `Say::Call` does.
    pub(crate) fn on_call(&self, call: impl FnOnce() + Send + 'static) {
        *self.0.call.lock() = Some(Box::new(call));
    }

    pub(crate) fn doll(&self) -> Doll {
        Doll { sum: Sum(0), strings: self.clone() }
    }

    /// One doll for each node.
    pub(crate) fn spawn(&self, builder: SystemBuilder<Doll>) -> System<Doll> {
        builder.spawn(|_| self.doll()).expect("it starts")
    }
}

fn takes_one(left: &AtomicI64) -> bool {
    left.fetch_sub(1, Ordering::SeqCst) > 0
}

pub(crate) struct Doll {
    pub(crate) sum: Sum,
    strings: Strings,
}

impl Drop for Doll {
    fn drop(&mut self) {
        self.strings.0.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl Process for Doll {
    type State = Sum;
    type Message = Say;

    fn on_message(&mut self, _: Link, message: Say, ctx: &mut Context<'_, Say>) {
        match message {
            Say::Add(number) => self.sum.0 += number,
            Say::Emit(number) => {
                self.sum.0 += number;
                ctx.emit(Say::Is(number));
            }
            Say::Send(number) => ctx.send_all(Say::Add(number)),
            Say::Sum(to) => ctx.reply(to, Say::Is(self.sum.0)),
            Say::Block => {
                self.strings.0.gate.pass();
                self.sum.0 += 1_000;
                ctx.emit(Say::Is(1_000));
                ctx.send_all(Say::Add(1_000));
            }
            Say::Panic => assert!(!takes_one(&self.strings.0.panics), "told to panic"),
            Say::Call => {
                let call = self.strings.0.call.lock().take();
                call.into_iter().for_each(|call| call());
            }
            Say::Stop => ctx.stop(),
            Say::Is(_) => {}
        }
    }

    fn state(&self) -> Sum {
        self.sum
    }
}

impl Restore for Doll {
    fn on_restore(&mut self, sum: Sum, ctx: &mut Context<'_, Say>) {
        if ctx.id() == FIRST {
            assert!(!takes_one(&self.strings.0.restore_panics), "told to panic at the restore");
        }
        self.sum = sum;
    }
}

pub(crate) const FIRST: NodeId = NodeId::new(0);
pub(crate) const SECOND: NodeId = NodeId::new(1);

pub(crate) fn ring() -> SystemBuilder<Doll> {
    System::builder(Topology::ring(2).expect("two nodes"))
}

/// Asks a node for its sum, so that all that was injected there before is handled.
pub(crate) fn sum_at(system: &System<Doll>, node: NodeId) -> u64 {
    match system.ask(node, Say::Sum, Duration::from_secs(100)).expect("it answers") {
        Say::Is(sum) => sum,
        other => panic!("{other:?} is no sum"),
    }
}

pub(crate) fn tell(system: &System<Doll>, node: NodeId, message: Say) {
    system.inject(node, message).expect("it is accepted");
}

pub(crate) fn stop_both(system: &System<Doll>) {
    tell(system, FIRST, Say::Stop);
    tell(system, SECOND, Say::Stop);
}
