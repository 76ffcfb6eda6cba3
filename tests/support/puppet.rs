//! The process of these tests: its messages are numbered on each link, so that snapshots are
//! checked by content.
//!
//! The test decides what the process does: notes carry actions, a habit decides about every note,
//! and further actions run at the start, at timers, and when the state is asked for.

use std::sync::Arc;

use consistent_cut::{Context, Link, LinkId, NodeId, Process, TimerId, Topology};

use super::counts::Counts;
use super::note::{Action, Note};

pub(crate) struct Puppet {
    pub(crate) node: NodeId,
    pub(crate) record: Record,
    /// The action in `on_start`.
    pub(crate) at_start: Option<Action>,
    /// The action whenever a timer is due.
    pub(crate) at_timer: Option<Action>,
    /// The action whenever the state is asked for.
    pub(crate) at_state: Option<Arc<dyn Fn() + Send + Sync>>,
    habit: Option<Box<dyn Habit>>,
}

/// The behaviour of a puppet without orders.
pub(crate) trait Habit: Send {
    fn on_start(&mut self, _: &mut Puppet, _: &mut Context<'_, Note>) {}

    fn on_note(&mut self, _: &mut Puppet, _: Link, _: &Note, _: &mut Context<'_, Note>) {}
}

/// The recorded state of a puppet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Record {
    pub(crate) counts: Counts,
    /// Notes that it keeps for a while before it passes them on.
    pub(crate) held: u64,
    /// Whether `on_start` has returned.
    pub(crate) started: bool,
    /// The timers that were due, in the order in which it heard of them.
    pub(crate) fired: Vec<u64>,
}

impl Puppet {
    /// A puppet that runs the actions of its notes and nothing else.
    pub(crate) fn new(node: NodeId, topology: &Topology) -> Self {
        let counts = Counts::new(node, topology);
        Puppet {
            node,
            record: Record { counts, held: 0, started: false, fired: Vec::new() },
            at_start: None,
            at_timer: None,
            at_state: None,
            habit: None,
        }
    }

    pub(crate) fn with_habit(self, habit: impl Habit + 'static) -> Self {
        Puppet { habit: Some(Box::new(habit)), ..self }
    }

    /// The next note for `link`.
    pub(crate) fn next(&mut self, topology: &Topology, link: LinkId) -> Note {
        Note::new(link, self.record.counts.send(topology, link))
    }

    /// Sends the next note on a link.
    pub(crate) fn send_on(&mut self, ctx: &mut Context<'_, Note>, link: LinkId) {
        ctx.send_on(link, self.next(ctx.topology(), link));
    }

    /// Sends a note that makes its receiver do something.
    pub(crate) fn send_action(
        &mut self,
        ctx: &mut Context<'_, Note>,
        link: LinkId,
        action: impl Fn(&mut Puppet, &mut Context<'_, Note>) + Send + Sync + 'static,
    ) {
        ctx.send_on(link, self.next(ctx.topology(), link).with_action(action));
    }

    /// Counts a note, and panics if a link has lost, doubled or reordered one.
    fn receive(&mut self, topology: &Topology, from: Link, note: &Note) {
        let number = self.record.counts.receive(topology, from.id);
        assert_eq!((note.link, note.number), (from.id, number), "the wrong note came on {from}");
    }
}

impl Process for Puppet {
    type State = Record;
    type Message = Note;

    fn on_start(&mut self, ctx: &mut Context<'_, Note>) {
        if let Some(mut habit) = self.habit.take() {
            habit.on_start(self, ctx);
            self.habit = Some(habit);
        }
        if let Some(action) = self.at_start.take() {
            action(self, ctx);
        }
        self.record.started = true;
    }

    fn on_message(&mut self, from: Link, note: Note, ctx: &mut Context<'_, Note>) {
        self.receive(ctx.topology(), from, &note);
        if let Some(mut habit) = self.habit.take() {
            habit.on_note(self, from, &note, ctx);
            self.habit = Some(habit);
        }
        if let Some(action) = note.action {
            action(self, ctx);
        }
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Note>) {
        self.record.fired.push(timer.get());
        if let Some(action) = self.at_timer.clone() {
            action(self, ctx);
        }
    }

    fn state(&self) -> Record {
        if let Some(action) = &self.at_state {
            action();
        }
        self.record.clone()
    }
}
