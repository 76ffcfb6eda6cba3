//! A worker: the nodes that it runs, and their mail.
//!
//! Whatever is to be done at a node waits in its [mailbox](super::regions), wherever it came from.
//! A turn does a bounded part of it, so that the worker looks at what others have sent however busy
//! it is with itself. The worker has no thread, and decides nothing about snapshots: it makes the
//! calls that [`NodeCore`](crate::protocol::NodeCore) lists.

mod commands;
mod delivery;
mod failing;
mod output;
mod pace;
#[cfg(feature = "checkpoint")]
pub(super) mod saving;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::clock::ClusterClock;
use super::parcel::{Item, Notice, Parcel, Visits};
use super::post::Post;
use super::slot::{Mark, Slot};
use crate::causality::Logged;
use crate::id::{LinkId, NodeId};
use crate::panics::{catch, discard, discard_all};
use crate::process::{Emitted, Process};
use crate::protocol::{BatchPool, Leftovers};
use crate::runtime::{Command, discard_report};
use crate::topology::Topology;
use pace::Pace;

/// A turn ends after this many items. It takes some hundred microseconds then.
const ITEMS_IN_A_TURN: usize = 16384;

/// A turn ends after this time too, so that slow handlers do not keep the worker from what others
/// have sent. The [pace] says how often the clock is read.
const TIME_OF_A_TURN: Duration = Duration::from_millis(1);

/// The most messages that a node handles before it is another node's turn.
const MESSAGES_IN_A_ROW: usize = 64;

/// The most emptied batches that are kept.
const BATCHES: usize = 1024;

/// Starts a node: runs its `on_start`, or restores it.
pub(super) type Starter<P> = Box<dyn FnMut(&mut Slot<P>, &mut Vec<Emitted<Message<P>>>)>;

pub(super) type Message<P> = <P as Process>::Message;

pub(super) struct Worker<P: Process> {
    topology: Arc<Topology>,
    slots: Vec<Slot<P>>,
    /// A mark for each slot.
    marks: Vec<Mark>,
    post: Post<P::State, P::Message>,
    /// Items that have come before the nodes had started.
    early: Vec<Visits<P::Message>>,
    /// The nodes with pending timers, by the time at which the first is due.
    due: BTreeSet<(Duration, u32)>,
    /// Emptied batches. A node has them while it is visited.
    batches: BatchPool<P::Message>,
    are_batches_lent: bool,
    /// The command that is being carried to the nodes of a region.
    sweep: Option<Sweep>,
    /// `None` once all nodes have started: it may hold a whole snapshot.
    starter: Option<Starter<P>>,
    /// The region in which the worker is.
    region: Option<u32>,
    /// How many items this turn may still do.
    budget: usize,
    pace: Pace,
    /// How many items this turn does though its timers have taken all its time.
    reserve: usize,
    phase: Phase,
    is_halting: bool,
    /// The time when this turn began.
    now: Duration,
    pub(super) clock: ClusterClock,
    /// The node that runs now. If there is a panic, it is this node's.
    current: u32,
    /// Links with a limit whose senders were not told in this turn of all that was received.
    untold: Vec<(u32, LinkId)>,
    /// Nodes whose processes have asked for a snapshot in this turn.
    requesting: BTreeSet<NodeId>,
    /// What writes checkpoints, if the program has said where.
    #[cfg(feature = "checkpoint")]
    pub(super) saver: Option<saving::Saver<P::State, P::Message>>,
}

/// A command, and the positions of the nodes that it has not reached.
struct Sweep {
    command: Command,
    left: Range<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The coordinator has not been heard.
    Waits,
    /// The nodes up to this position have started. No node handles anything before all have.
    Starts(u32),
    Runs,
    Ended,
}

impl<P: Process> Worker<P> {
    pub(super) fn new(
        topology: Arc<Topology>,
        slots: Vec<Slot<P>>,
        post: Post<P::State, P::Message>,
        starter: Starter<P>,
        clock: ClusterClock,
    ) -> Self {
        Worker {
            topology,
            marks: slots.iter().map(Slot::mark).collect(),
            slots,
            post,
            early: Vec::new(),
            due: BTreeSet::new(),
            batches: BatchPool::new(BATCHES, 2 * MESSAGES_IN_A_ROW),
            are_batches_lent: false,
            reserve: 0,
            sweep: None,
            starter: Some(starter),
            region: None,
            budget: 0,
            pace: Pace::new(),
            phase: Phase::Waits,
            is_halting: false,
            now: Duration::ZERO,
            clock,
            current: 0,
            untold: Vec::new(),
            requesting: BTreeSet::new(),
            #[cfg(feature = "checkpoint")]
            saver: None,
        }
    }

    /// Takes in what has come from one worker, or from outside. Returns the coordinator's time if
    /// the coordinator has told it first of all.
    pub(super) fn take_in(&mut self, visits: Visits<P::Message>) -> Option<Duration> {
        let start = visits.first().and_then(|first| match first {
            Item::Start { now } => Some(**now),
            _ => None,
        });
        match self.phase {
            Phase::Waits | Phase::Starts(_) => self.early.push(visits),
            Phase::Runs | Phase::Ended => self.sort_all(visits),
        }
        start
    }

    /// Whether messages from outside may come in: not while the nodes are halted for a last
    /// snapshot, and not after the end.
    pub(super) fn takes_injections(&self) -> bool {
        !self.is_halting && self.phase != Phase::Ended
    }

    /// Starts the nodes of this worker, before anything else is done.
    pub(super) fn start(&mut self) {
        if self.phase == Phase::Waits {
            self.phase = Phase::Starts(0);
        }
    }

    /// Starts the nodes that have not started, if the start has begun.
    fn finish_start(&mut self) {
        self.now = self.clock.now();
        while let Phase::Starts(_) = self.phase {
            self.budget = ITEMS_IN_A_TURN;
            if let Err(panic) = catch(|| self.work()) {
                self.fail(self.current, panic);
            }
        }
    }

    /// Does a bounded part of the work that there is.
    pub(super) fn turn(&mut self) {
        let now = self.clock.now();
        (self.now, self.budget) = (now, ITEMS_IN_A_TURN);
        self.pace.begin(now);
        self.reserve = MESSAGES_IN_A_ROW;
        while let Err(panic) = catch(|| self.work()) {
            self.fail(self.current, panic);
        }
        self.tell_rest();
        self.post.tell_recordings();
        while let Some(node) = self.requesting.pop_first() {
            self.post.tell(Notice::Requested(node));
        }
        #[cfg(feature = "checkpoint")]
        self.tell_of_written();
    }

    /// Whether there is something to do at once.
    pub(super) fn has_work(&self) -> bool {
        match self.phase {
            Phase::Waits | Phase::Ended => false,
            Phase::Starts(_) => true,
            Phase::Runs => !self.post.regions.is_empty() || self.sweep.is_some(),
        }
    }

    /// When the next timer is due.
    pub(super) fn next_due(&self) -> Option<Duration> {
        self.due.first().map(|&(due, _)| due)
    }

    pub(super) fn has_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Takes what goes to other workers. The parcel to this worker itself holds notices alone.
    pub(super) fn take_parcels(&mut self) -> impl Iterator<Item = Parcel<P::State, P::Message>> {
        self.post.take_parcels()
    }

    /// Takes the messages that nodes have emitted since the last call.
    pub(super) fn take_emitted(&mut self) -> Vec<Emitted<P::Message>> {
        std::mem::take(&mut self.post.emitted)
    }

    /// Takes in messages from outside for nodes of this worker.
    pub(super) fn inject(&mut self, messages: Vec<(NodeId, P::Message)>) {
        let places = self.post.places();
        let mut visits = Visits::new();
        for (node, message) in messages {
            visits.push(places.of(node).at, Item::Injected { node, message });
        }
        self.take_in(visits);
    }

    /// Takes the logs of the nodes.
    pub(super) fn take_logs(&mut self) -> Vec<(NodeId, Vec<Logged>)> {
        let logs = self.slots.iter_mut().map(|slot| (slot.node, slot.core.drain_log().collect()));
        logs.collect()
    }

    /// Ends the worker, and hands back the processes of nodes that have not failed.
    pub(super) fn take_processes(&mut self) -> Vec<(NodeId, P)> {
        self.end();
        let mut processes = Vec::with_capacity(self.slots.len());
        for (slot, mark) in std::mem::take(&mut self.slots).into_iter().zip(&self.marks) {
            let Leftovers { process, messages, reports } = slot.core.dismantle();
            discard_all(messages);
            reports.into_iter().for_each(discard_report);
            if mark.has_failed {
                discard(process);
            } else {
                processes.push((slot.node, process));
            }
        }
        processes
    }

    fn work(&mut self) {
        match self.phase {
            Phase::Waits | Phase::Ended => {}
            Phase::Starts(from) => self.start_from(from),
            Phase::Runs => {
                self.leave_region();
                self.fire_timers();
                // Timers that are always due keep nothing else waiting for ever.
                self.budget = self.budget.max(std::mem::take(&mut self.reserve));
                self.go_on_with_sweep();
                self.go_through_regions();
            }
        }
    }

    fn start_from(&mut self, from: u32) {
        for at in from..self.slots.len() as u32 {
            if self.budget == 0 {
                return;
            }
            self.spend(1);
            self.phase = Phase::Starts(at + 1);
            self.current = at;
            if let Some(starter) = &mut self.starter {
                starter(&mut self.slots[at as usize], &mut self.post.emitted);
            }
            self.flush(at);
        }
        (self.phase, self.starter) = (Phase::Runs, None);
        std::mem::take(&mut self.early).into_iter().for_each(|visits| self.sort_all(visits));
    }

    fn fire_timers(&mut self) {
        while self.budget > 0 {
            let Some(&(due, at)) = self.due.first().filter(|(due, _)| *due <= self.now) else {
                return;
            };
            self.due.remove(&(due, at));
            self.current = at;
            let slot = &mut self.slots[at as usize];
            (slot.due, self.marks[at as usize].is_timed) = (None, false);
            slot.core.fire_timer(self.now);
            self.flush(at);
            self.spend(1);
        }
    }
}

/// Users' values are dropped one by one.
impl<P: Process> Drop for Worker<P> {
    fn drop(&mut self) {
        self.take_processes().into_iter().for_each(|(_, process)| discard(process));
        discard_all(std::mem::take(&mut self.post.emitted));
        let parcels: Vec<_> = self.post.take_parcels().collect();
        for Parcel { visits, notices, .. } in parcels {
            self.sort_all(visits);
            discard_all(notices);
        }
    }
}
