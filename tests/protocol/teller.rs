//! The process under test: a teller that holds money and pays it on.
//!
//! A teller counts the messages that it sent and received on each link, in its state, so that no
//! oracle needs the counts of the core. Each message carries its link and its number on the link. A
//! digest of all steps makes the state depend on the order of events. The teller's steps depend on
//! its state and the message alone, so a run can be replayed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use consistent_cut::{Context, Link, LinkId, NodeId, Process, Restore, TimerId, Topology};

use crate::channel_law::{Counting, Numbered};
use crate::counts::Counts;

/// An amount. A right amount is owned, and a wrong amount shares its memory with its copies.
#[derive(Clone)]
pub(crate) enum Value {
    Own(u64),
    Shared(Arc<AtomicU64>),
}

impl Value {
    fn new(amount: u64, shared: bool) -> Self {
        if shared { Value::Shared(Arc::new(AtomicU64::new(amount))) } else { Value::Own(amount) }
    }

    pub(crate) fn get(&self) -> u64 {
        match self {
            Value::Own(amount) => *amount,
            Value::Shared(cell) => cell.load(Ordering::Relaxed),
        }
    }

    fn set(&mut self, amount: u64) {
        match self {
            Value::Own(own) => *own = amount,
            Value::Shared(cell) => cell.store(amount, Ordering::Relaxed),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.get())
    }
}

/// A message.
#[derive(Clone, PartialEq)]
pub(crate) struct Note {
    pub(crate) link: LinkId,
    /// Its number on the link, from 1.
    pub(crate) number: u64,
    pub(crate) amount: Value,
    /// The number of times that it may still be answered.
    pub(crate) hops: u8,
    /// The tasks of its receiver.
    pub(crate) tasks: Vec<Task>,
}

impl Note {
    /// A copy that shares no memory.
    pub(crate) fn own_copy(&self) -> Note {
        Note { amount: Value::Own(self.amount.get()), ..self.clone() }
    }
}

impl Numbered for Note {
    fn link(&self) -> LinkId {
        self.link
    }

    fn number(&self) -> u64 {
        self.number
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} of {} ({:?})", self.number, self.link, self.amount)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Task {
    Send(LinkId, u64),
    /// A timer by its number, and the number of moves of the world after which it is due.
    SetTimer(u64, u64),
    CancelTimer(u64),
    Request,
    Stop,
    Panic,
}

/// The requests of a handler, in its order.
#[derive(Debug)]
pub(crate) enum Act {
    Send(LinkId, Note),
    Time(Alarm),
    Request,
    Stop,
    Panic,
}

/// The request of a handler for a timer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Alarm {
    Set(TimerId, Duration),
    Cancel(TimerId),
}

/// The cause of a handler's run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cause {
    Start,
    Restore,
    /// A message by its link and number.
    Message(LinkId, u64),
    Timer(TimerId),
}

/// The state of a teller.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ledger {
    /// Handlers run so far, `on_start` included.
    pub(crate) steps: u64,
    pub(crate) counts: Counts,
    pub(crate) balance: Value,
    pub(crate) digest: u64,
}

impl Counting for Ledger {
    fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// The memory that a teller wrongly shares.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Sharing {
    #[default]
    Nothing,
    State,
    Messages,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Character {
    /// The money of the teller at first.
    pub(crate) balance: u64,
    /// A number that tells the tellers of one run from those of another.
    pub(crate) temper: u64,
    /// The number of times that messages sent at the start may be answered, plus one. With zero the
    /// teller sends none.
    pub(crate) opening: u8,
    /// Whether it sets timers of its own accord.
    pub(crate) timers: bool,
    /// Whether it pays on every link when it is restored.
    pub(crate) greets: bool,
    pub(crate) sharing: Sharing,
}

impl Default for Character {
    /// A teller that does only what it is told.
    fn default() -> Self {
        Character {
            balance: 100,
            temper: 0,
            opening: 0,
            timers: false,
            greets: false,
            sharing: Sharing::Nothing,
        }
    }
}

pub(crate) struct Teller {
    topology: Arc<Topology>,
    node: NodeId,
    pub(crate) character: Character,
    pub(crate) ledger: Ledger,
    /// The cause of the last handler's run. `None` before the first.
    pub(crate) last: Option<Cause>,
    /// The requests for timers.
    pub(crate) alarms: Vec<Alarm>,
}

impl Teller {
    pub(crate) fn new(node: NodeId, topology: &Arc<Topology>, character: Character) -> Self {
        let ledger = Ledger {
            steps: 0,
            counts: Counts::new(node, topology),
            balance: Value::new(character.balance, character.sharing == Sharing::State),
            digest: mix(character.temper, u64::from(node.index() as u32)),
        };
        Teller {
            topology: Arc::clone(topology),
            node,
            character,
            ledger,
            last: None,
            alarms: Vec::new(),
        }
    }

    /// A teller that has not started, and shares nothing.
    pub(crate) fn fresh(&self) -> Teller {
        let character = Character { sharing: Sharing::Nothing, ..self.character };
        Teller::new(self.node, &self.topology, character)
    }

    /// The handler of a cause that is no message.
    pub(crate) fn run(&mut self, cause: Cause) -> Vec<Act> {
        self.last = Some(cause);
        self.alarms.clear();
        self.ledger.steps += 1;
        match cause {
            Cause::Start => self.open(),
            Cause::Restore => self.pay_all(1),
            Cause::Timer(timer) => self.ring(timer),
            Cause::Message(..) => unreachable!("a message is taken"),
        }
    }

    /// Takes on the recorded state. Returns whether the teller then greets the others.
    pub(crate) fn become_again(&mut self, ledger: Ledger) -> bool {
        self.ledger = ledger;
        self.character.greets
    }

    fn open(&mut self) -> Vec<Act> {
        let Some(hops) = self.character.opening.checked_sub(1) else { return Vec::new() };
        let (topology, digest) = (Arc::clone(&self.topology), self.ledger.digest);
        let links = topology.out_links(self.node).iter().map(|link| link.id);
        let chosen = links.filter(|link| !mix(digest, link.index() as u64).is_multiple_of(3));
        chosen.map(|link| self.pay(link, 5, hops)).collect()
    }

    fn ring(&mut self, timer: TimerId) -> Vec<Act> {
        self.ledger.digest = mix(self.ledger.digest, timer.get());
        self.pay_all(0)
    }

    /// Pays on every link.
    fn pay_all(&mut self, hops: u8) -> Vec<Act> {
        let topology = Arc::clone(&self.topology);
        topology.out_links(self.node).iter().map(|link| self.pay(link.id, 1, hops)).collect()
    }

    pub(crate) fn take(&mut self, link: LinkId, mut note: Note) -> Vec<Act> {
        self.last = Some(Cause::Message(link, note.number));
        self.alarms.clear();
        self.ledger.steps += 1;
        self.ledger.counts.receive(&self.topology, link);
        self.ledger.balance.set(self.ledger.balance.get() + note.amount.get());
        self.ledger.digest = [link.index() as u64, note.number, note.amount.get()]
            .iter()
            .fold(self.ledger.digest, |d, &x| mix(d, x));
        note.amount.set(0);

        let told = note.tasks.iter().map(|&task| match task {
            Task::Send(link, amount) => self.pay(link, amount, 0),
            Task::SetTimer(number, after) => {
                self.alarm(Alarm::Set(TimerId::new(number), moves(after)))
            }
            Task::CancelTimer(number) => self.alarm(Alarm::Cancel(TimerId::new(number))),
            Task::Request => Act::Request,
            Task::Stop => Act::Stop,
            Task::Panic => Act::Panic,
        });
        let mut acts: Vec<_> = told.collect();
        if let Some(hops) = note.hops.checked_sub(1) {
            self.answer(hops, &mut acts);
        }
        acts
    }

    /// Pays up to two neighbours, and sets or cancels timers.
    fn answer(&mut self, hops: u8, acts: &mut Vec<Act>) {
        if self.character.timers {
            let digest = self.ledger.digest;
            let timer = TimerId::new(mix(digest, 5) % 3);
            match mix(digest, 6) % 4 {
                0 | 1 => acts.push(self.alarm(Alarm::Set(timer, moves(mix(digest, 7) % 60)))),
                2 => acts.push(self.alarm(Alarm::Cancel(timer))),
                _ => {}
            }
        }
        let topology = Arc::clone(&self.topology);
        let links = topology.out_links(self.node);
        if links.is_empty() {
            return;
        }
        for turn in 0..mix(self.ledger.digest, 0) % 3 {
            let chosen = mix(self.ledger.digest, 1 + turn) as usize % links.len();
            acts.push(self.pay(links[chosen].id, 1 + turn * 3, hops));
        }
    }

    fn alarm(&mut self, alarm: Alarm) -> Act {
        self.alarms.push(alarm);
        Act::Time(alarm)
    }

    fn pay(&mut self, link: LinkId, amount: u64, hops: u8) -> Act {
        let amount = amount.min(self.ledger.balance.get());
        self.ledger.balance.set(self.ledger.balance.get() - amount);
        let number = self.ledger.counts.send(&self.topology, link);
        let amount = Value::new(amount, self.character.sharing == Sharing::Messages);
        Act::Send(link, Note { link, number, amount, hops, tasks: Vec::new() })
    }
}

impl Process for Teller {
    type State = Ledger;
    type Message = Note;

    fn on_start(&mut self, ctx: &mut Context<'_, Note>) {
        self.run(Cause::Start).into_iter().for_each(|act| perform(act, ctx));
    }

    fn on_message(&mut self, from: Link, note: Note, ctx: &mut Context<'_, Note>) {
        self.take(from.id, note).into_iter().for_each(|act| perform(act, ctx));
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Note>) {
        self.run(Cause::Timer(timer)).into_iter().for_each(|act| perform(act, ctx));
    }

    fn state(&self) -> Ledger {
        self.ledger.clone()
    }
}

impl Restore for Teller {
    fn on_restore(&mut self, ledger: Ledger, ctx: &mut Context<'_, Note>) {
        if self.become_again(ledger) {
            self.run(Cause::Restore).into_iter().for_each(|act| perform(act, ctx));
        }
    }
}

/// A number of moves of the world, as a time.
pub(crate) fn moves(count: u64) -> Duration {
    Duration::from_nanos(count)
}

fn perform(act: Act, ctx: &mut Context<'_, Note>) {
    match act {
        Act::Send(link, note) => ctx.send_on(link, note),
        Act::Time(Alarm::Set(timer, after)) => ctx.set_timer(timer, after),
        Act::Time(Alarm::Cancel(timer)) => ctx.cancel_timer(timer),
        Act::Request => ctx.request_snapshot(),
        Act::Stop => ctx.stop(),
        Act::Panic => panic!("the teller was told to panic"),
    }
}

/// Scatters two numbers into one (the finisher of splitmix64).
fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.rotate_left(17) ^ b.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
