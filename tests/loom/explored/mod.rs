//! The parts that models share: systems of puppets, with the habit that models need, and a count of
//! the cases that were seen.
#![cfg(loom)]
#![allow(dead_code, reason = "no model needs all of it")]

use std::fmt;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};

use consistent_cut::{
    Context, InjectError, Link, NodeId, System, SystemBuilder, Topology, TopologyError, model,
};

#[path = "../../support/mod.rs"]
pub(crate) mod support;

use support::note::Note;
use support::puppet::{Habit, Puppet};

/// A habit: sends some notes on each out-link at the start, and passes nothing on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sends {
    notes: u64,
    /// Asks for a snapshot when it has received this many messages from nodes.
    ask_at: Option<u64>,
    /// Stops when it has received this many messages from nodes.
    stop_at: Option<u64>,
    ends_search: bool,
}

/// Sends this many notes on each out-link.
pub(crate) fn sends(notes: u64) -> Sends {
    Sends { notes, ..Sends::default() }
}

impl Sends {
    pub(crate) fn asks_at(self, received: u64) -> Self {
        Sends { ask_at: Some(received), ..self }
    }

    pub(crate) fn stops_at(self, received: u64) -> Self {
        Sends { stop_at: Some(received), ..self }
    }

    /// The search ends when the node records.
    pub(crate) fn ends_search(self) -> Self {
        Sends { ends_search: true, ..self }
    }

    fn puppet(self, node: NodeId, topology: &Topology) -> Puppet {
        let mut puppet = Puppet::new(node, topology).with_habit(self);
        if self.ends_search {
            puppet.at_state = Some(Arc::new(model::stop_exploring));
        }
        puppet
    }
}

impl Habit for Sends {
    fn on_start(&mut self, puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
        (0..self.notes).for_each(|_| send(puppet, ctx));
        if self.stop_at == Some(0) {
            ctx.stop();
        }
    }

    fn on_note(&mut self, puppet: &mut Puppet, from: Link, _: &Note, ctx: &mut Context<'_, Note>) {
        if from.is_environment() {
            return;
        }
        let received = Some(puppet.record.counts.received_from_nodes());
        if received == self.ask_at {
            ctx.request_snapshot();
        }
        if received == self.stop_at {
            ctx.stop();
        }
    }
}

/// An action: send one more note on each out-link.
pub(crate) fn send(puppet: &mut Puppet, ctx: &mut Context<'_, Note>) {
    for link in ctx.out_links() {
        puppet.send_on(ctx, link.id);
    }
}

/// An action: stop.
pub(crate) fn stop(_: &mut Puppet, ctx: &mut Context<'_, Note>) {
    ctx.stop();
}

/// An action: panic.
pub(crate) fn fail(_: &mut Puppet, _: &mut Context<'_, Note>) {
    panic::panic_any(Wanted)
}

/// The payload of a panic that was ordered.
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

/// A system of puppets.
pub(crate) fn puppets(
    topology: Result<Topology, TopologyError>,
    settings: impl FnOnce(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>,
    habit: impl Fn(NodeId) -> Sends,
) -> System<Puppet> {
    let topology = Arc::new(topology.expect("a topology"));
    let builder = settings(System::builder(Arc::clone(&topology)));
    builder.spawn(|node| habit(node).puppet(node, &topology)).expect("up to three nodes fit")
}

/// The same with no settings.
pub(crate) fn plain_puppets(
    topology: Result<Topology, TopologyError>,
    habit: impl Fn(NodeId) -> Sends,
) -> System<Puppet> {
    puppets(topology, |builder| builder, habit)
}

/// Injects the node's note of this number, which makes it do something.
pub(crate) fn tell(
    system: &System<Puppet>,
    node: NodeId,
    number: u64,
    action: fn(&mut Puppet, &mut Context<'_, Note>),
) -> Result<(), InjectError<Note>> {
    let note = Note::from_outside(system.topology(), node, number);
    system.inject(node, note.with_action(action))
}

/// The number of times that each case was seen in a search.
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
