//! The process that every node runs. It numbers the messages that it sends, and checks the numbers
//! of the messages that it gets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::{Context, Link, LinkId, NodeId, Process, Restore, TimerId};
use rand::rngs::Xoshiro256PlusPlus;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::run::Run;
use super::watch;

/// The balance of every node at the start. Messages carry parts of it to other nodes.
pub(crate) const START_BALANCE: u64 = 1000;
/// The first word of a panic that was ordered. Such a panic is not reported.
pub(crate) const ORDERED: &str = "ordered: ";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Link(LinkId),
    Caller(usize),
}

/// The task of the receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Chat,
    Sleep(Duration),
    Burst(u32),
    RequestSnapshot,
    Stop,
    Panic,
    PanicWhenRecorded,
}

/// The `number`th message of its origin: of its link, or of those that a caller has injected into
/// this node.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) origin: Origin,
    pub(crate) number: u64,
    pub(crate) amount: u64,
    pub(crate) order: Order,
}

/// The state of a node: the counts of messages sent and received, by slot, and the values that
/// depend on them.
#[derive(Clone, Debug)]
pub(crate) struct Book {
    pub(crate) sent: Vec<u64>,
    /// The environment link stands behind the others.
    pub(crate) received: Vec<u64>,
    /// By caller: the number of its messages that were received.
    pub(crate) injected: BTreeMap<usize, u64>,
    pub(crate) balance: u64,
    /// The amount that injected messages have brought.
    pub(crate) minted: u64,
    pub(crate) timers: BTreeSet<TimerId>,
    /// The number of messages sent beyond one for each received. The node pays the debt back: it
    /// receives messages and sends none for them.
    debt: u32,
}

/// How a node chats.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    /// Messages a node sends at the start.
    pub(crate) opening: u32,
    /// The number of messages that a node may send beyond one for each received. This bound keeps
    /// the traffic from dying out and from growing without end.
    pub(crate) credit: u32,
    /// The number of messages that a node without in-links sends in its life, one at each timer.
    pub(crate) source_credit: u32,
    /// A handler spins at most this many times.
    pub(crate) spin: u32,
    pub(crate) timers: u64,
    pub(crate) longest_timer: Duration,
    /// One message in this many asks for a snapshot.
    pub(crate) request_one_in: u32,
}

pub(crate) struct Chatterer {
    run: Arc<Run>,
    generator: Xoshiro256PlusPlus,
    panics_when_recorded: bool,
    pub(crate) book: Book,
}

impl Chatterer {
    pub(crate) fn new(run: &Arc<Run>, node: NodeId, generation: u64) -> Self {
        let topology = &run.setup.topology;
        let seed = run.seed ^ (generation << 32) ^ node.index() as u64;
        Chatterer {
            run: Arc::clone(run),
            generator: Xoshiro256PlusPlus::seed_from_u64(seed),
            panics_when_recorded: false,
            book: Book {
                sent: vec![0; topology.out_links(node).len()],
                received: vec![0; topology.in_links(node).len() + 1],
                injected: BTreeMap::new(),
                balance: START_BALANCE,
                minted: 0,
                timers: BTreeSet::new(),
                debt: 0,
            },
        }
    }

    /// The message is the next of its origin, and came on the link of its origin.
    fn receive(&mut self, from: Link, message: &Message, ctx: &Context<'_, Message>) {
        let (slot, expected) = match message.origin {
            Origin::Link(link) => {
                assert_eq!(link, from.id, "{} got a message of another link", ctx.id());
                let slot = ctx.topology().in_slot(link).expect("an in-link");
                (slot, self.book.received[slot] + 1)
            }
            Origin::Caller(caller) => {
                assert!(from.is_environment(), "{} got an injected message on {from:?}", ctx.id());
                self.book.minted += message.amount;
                let count = self.book.injected.entry(caller).or_default();
                *count += 1;
                (self.book.received.len() - 1, *count)
            }
        };
        let origin = message.origin;
        assert_eq!(message.number, expected, "{}: wrong number of {origin:?}", ctx.id());
        self.book.received[slot] += 1;
        self.book.balance += message.amount;
    }

    fn obey(&mut self, order: Order, ctx: &mut Context<'_, Message>) {
        match order {
            Order::Chat => {}
            Order::Sleep(time) => watch::sleep(time),
            Order::Burst(messages) => (0..messages).for_each(|_| self.send(ctx)),
            Order::RequestSnapshot => ctx.request_snapshot(),
            Order::Stop => ctx.stop(),
            Order::Panic => {
                // The handler does not return, so this message is never sent.
                self.send(ctx);
                panic!("{ORDERED}{} was told to panic", ctx.id());
            }
            Order::PanicWhenRecorded => self.panics_when_recorded = true,
        }
    }

    /// The number of messages to send for a received message.
    fn fan_out(&mut self, is_injected: bool) -> u32 {
        let credit = self.run.setup.manner.credit;
        if is_injected {
            return u32::from(self.generator.random_bool(0.3) && self.borrow(credit));
        }
        if self.book.debt > 0 && self.generator.random_bool(0.3) {
            self.book.debt -= 1;
            return 0;
        }
        1 + u32::from(self.generator.random_bool(0.1) && self.borrow(credit))
    }

    fn borrow(&mut self, credit: u32) -> bool {
        let may = self.book.debt < credit;
        self.book.debt += u32::from(may);
        may
    }

    /// Sends on a random link, if there is one.
    fn send(&mut self, ctx: &mut Context<'_, Message>) {
        let Some(link) = ctx.out_links().choose(&mut self.generator) else { return };
        let slot = ctx.topology().out_slot(link.id).expect("an out-link");
        let amount = self.generator.random_range(0..=self.book.balance.min(10));
        self.book.balance -= amount;
        self.book.sent[slot] += 1;
        let (origin, number) = (Origin::Link(link.id), self.book.sent[slot]);
        ctx.send_on(link, Message { origin, number, amount, order: Order::Chat });
    }

    fn work(&mut self, ctx: &mut Context<'_, Message>) {
        let (spin, one_in) = (self.run.setup.manner.spin, self.run.setup.manner.request_one_in);
        for _ in 0..self.generator.random_range(0..=spin) {
            std::hint::spin_loop();
        }
        if self.generator.random_ratio(1, one_in) && self.run.may_request() {
            ctx.request_snapshot();
        }
        if self.generator.random_ratio(1, 50) {
            self.fiddle_with_timers(ctx);
        }
    }

    fn set_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Message>) {
        let longest = self.run.setup.manner.longest_timer.as_micros() as u64;
        let after = Duration::from_micros(self.generator.random_range(0..=longest));
        self.book.timers.insert(timer);
        ctx.set_timer(timer, after);
    }

    /// Sets, moves or cancels a timer.
    fn fiddle_with_timers(&mut self, ctx: &mut Context<'_, Message>) {
        let timers = self.run.setup.manner.timers;
        if timers == 0 {
            return;
        }
        // Timer 0 keeps a source going.
        let timer = TimerId::new(self.generator.random_range(0..timers));
        if timer.get() > 0 && self.generator.random_bool(0.3) {
            self.book.timers.remove(&timer);
            ctx.cancel_timer(timer);
        } else {
            self.set_timer(timer, ctx);
        }
    }
}

impl Process for Chatterer {
    type State = Book;
    type Message = Message;

    fn on_start(&mut self, ctx: &mut Context<'_, Message>) {
        (0..self.run.setup.manner.opening).for_each(|_| self.send(ctx));
        (0..self.run.setup.manner.timers)
            .for_each(|timer| self.set_timer(TimerId::new(timer), ctx));
    }

    fn on_message(&mut self, from: Link, message: Message, ctx: &mut Context<'_, Message>) {
        self.receive(from, &message, ctx);
        self.work(ctx);
        self.obey(message.order, ctx);
        let fan_out = self.fan_out(from.is_environment());
        (0..fan_out).for_each(|_| self.send(ctx));
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Message>) {
        assert!(self.book.timers.remove(&timer), "{}: {timer} is not pending", ctx.id());
        if ctx.in_links().is_empty() && self.borrow(self.run.setup.manner.source_credit) {
            self.send(ctx);
        }
        if timer.get() == 0 || self.generator.random_bool(0.7) {
            self.set_timer(timer, ctx);
        }
    }

    fn state(&self) -> Book {
        assert!(!self.panics_when_recorded, "{ORDERED}a node was told to panic when recorded");
        self.book.clone()
    }
}

impl Restore for Chatterer {
    fn on_restore(&mut self, state: Book, ctx: &mut Context<'_, Message>) {
        self.book = state;
        if self.borrow(self.run.setup.manner.credit) {
            self.send(ctx);
        }
    }
}
