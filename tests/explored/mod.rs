//! What the models share: a process whose messages are numbered, so that a snapshot is checked by content, and a count of the
//! cases that were seen.
#![cfg(loom)]
#![allow(dead_code, reason = "no model needs all of it")]

use std::fmt;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use consistent_cut::{
    Context, GlobalSnapshot, Link, Process, System, SystemBuilder, Topology, TopologyError,
};

/// Sends so many numbered messages on each out-link when it starts, and passes nothing on. What is injected tells it what to do
/// next.
#[derive(Default)]
pub(crate) struct Numbered {
    to_send: u64,
    /// Asks for a snapshot when it has received so many.
    ask_at: Option<u64>,
    /// Stops when it has received so many.
    stop_at: Option<u64>,
    pub(crate) counts: Counts,
}

/// Injected: send one more on each out-link.
pub(crate) const SEND: u64 = 0;
/// Injected: panic.
pub(crate) const PANIC: u64 = 1;
/// Injected: stop.
pub(crate) const STOP: u64 = 2;

/// What a node panics with that is told to.
struct Wanted;

/// For models in which nodes are told to panic: thousands of reports would hide everything else.
pub(crate) fn report_no_wanted_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Wanted>() {
                report(info);
            }
        }));
    });
}

/// Messages sent on each out-link, and received on each in-link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) received: Vec<u64>,
}

impl Counts {
    pub(crate) fn received(&self) -> u64 {
        self.received.iter().sum()
    }
}

impl Numbered {
    pub(crate) fn sends(to_send: u64) -> Self {
        Numbered { to_send, ..Numbered::default() }
    }

    pub(crate) fn asks_at(self, received: u64) -> Self {
        Numbered { ask_at: Some(received), ..self }
    }

    pub(crate) fn stops_at(self, received: u64) -> Self {
        Numbered { stop_at: Some(received), ..self }
    }

    fn send(&mut self, ctx: &mut Context<'_, u64>) {
        self.counts.sent += 1;
        for link in ctx.out_links() {
            ctx.send_on(link, self.counts.sent);
        }
    }

    fn obey(&mut self, injected: u64, ctx: &mut Context<'_, u64>) {
        match injected {
            SEND => self.send(ctx),
            STOP => ctx.stop(),
            _ => panic::panic_any(Wanted),
        }
    }

    fn receive(&mut self, from: Link, number: u64, ctx: &mut Context<'_, u64>) {
        self.counts.received.resize(ctx.in_links().len(), 0);
        let slot = ctx.in_links().iter().position(|link| link.id == from.id);
        let received = &mut self.counts.received[slot.expect("it came on an in-link")];
        *received += 1;
        assert_eq!(number, *received, "out of order on {from}");
        let received = Some(self.counts.received());
        if received == self.ask_at {
            ctx.request_snapshot();
        }
        if received == self.stop_at {
            ctx.stop();
        }
    }
}

impl Process for Numbered {
    type State = Counts;
    type Message = u64;

    fn on_start(&mut self, ctx: &mut Context<'_, u64>) {
        (0..self.to_send).for_each(|_| self.send(ctx));
        if self.stop_at == Some(0) {
            ctx.stop();
        }
    }

    fn on_message(&mut self, from: Link, number: u64, ctx: &mut Context<'_, u64>) {
        if from.is_environment() {
            self.obey(number, ctx);
        } else {
            self.receive(from, number, ctx);
        }
    }

    fn state(&self) -> Counts {
        self.counts.clone()
    }
}

/// Begins a model's system.
pub(crate) fn system<P: Process>(topology: Result<Topology, TopologyError>) -> SystemBuilder<P> {
    System::builder(topology.expect("a topology"))
}

/// The channel law, by content and by the states that the processes themselves keep. Links that end at a node which has failed are
/// passed over.
pub(crate) fn assert_channel_law(snapshot: &GlobalSnapshot<Counts, u64>) {
    snapshot.verify().expect("the numbers obey the law");
    for channel in snapshot.channels().iter().filter(|channel| !channel.link().is_environment()) {
        let Link { id, source, target } = channel.link();
        let (Some(sender), Some(receiver)) =
            (snapshot.find_state(source), snapshot.find_state(target))
        else {
            continue;
        };
        let mut in_links = snapshot.topology().in_links(target).iter();
        let slot = in_links.position(|link| link.id == id).expect("it ends there");
        let received = receiver.received.get(slot).copied().unwrap_or(0);
        let counts = (channel.sent(), channel.received());
        assert_eq!(counts, (sender.sent, received), "the states say other counts: {snapshot}");
        let in_flight: Vec<u64> = (received + 1..=sender.sent).collect();
        assert_eq!(channel.messages(), in_flight, "other messages are in flight: {snapshot}");
    }
}

/// How often each case was seen in a search.
#[derive(Debug)]
pub(crate) struct Sometimes<const CASES: usize>([AtomicUsize; CASES]);

impl<const CASES: usize> Sometimes<CASES> {
    pub(crate) const fn new() -> Self {
        Sometimes([const { AtomicUsize::new(0) }; CASES])
    }

    pub(crate) fn see(&self, case: usize) {
        self.0[case].fetch_add(1, Ordering::Relaxed);
    }

    /// A case that is never seen proves nothing.
    pub(crate) fn assert_all(&self) {
        assert!(self.0.iter().all(|seen| seen.load(Ordering::Relaxed) > 0), "never seen: {self}");
    }
}

impl<const CASES: usize> fmt::Display for Sometimes<CASES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen: Vec<_> = self.0.iter().map(|seen| seen.load(Ordering::Relaxed)).collect();
        write!(f, "seen {seen:?} times")
    }
}
