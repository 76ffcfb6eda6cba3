//! What takes snapshots of a system by itself, in a thread of its own, without holding the system.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::desk::Desk;
use super::discard::{discard, discard_result};
use super::event::{Event, Initiators};
use super::handle::System;
use super::pending::{PendingSnapshot, SnapshotResult};
use crate::process::Process;
use crate::snapshot::GlobalSnapshot;
use crate::sync::{Mutex, need_time};

/// Takes snapshots and waits between them, for one thread. Another may [give it up](Self::give_up), which ends every wait; so does the
/// end of the system.
pub(crate) struct Watch<S, M> {
    desk: Arc<Desk<S, M>>,
    /// How long a snapshot may take.
    allowed: Duration,
    clock: Clock,
    turn: Mutex<Turn<S, M>>,
}

struct Turn<S, M> {
    is_given_up: bool,
    under_way: Option<PendingSnapshot<S, M>>,
}

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// It is time.
    Due,
    /// The system takes no snapshots any more.
    Ended,
    GivenUp,
}

impl<P: Process> System<P> {
    /// What for is told to a model, which has no time.
    pub(crate) fn watch(&self, what_for: &str) -> Watch<P::State, P::Message> {
        need_time(what_for);
        Watch {
            desk: Arc::clone(self.desk()),
            allowed: self.deadline(),
            clock: Clock::start(),
            turn: Mutex::new(Turn { is_given_up: false, under_way: None }),
        }
    }
}

impl<S, M> Watch<S, M> {
    /// Time since the watch was made.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Takes a snapshot and waits for it, at most for so long; `None` once given up.
    pub(crate) fn snapshot(&self, at_most: Duration) -> Option<SnapshotResult<S, M>> {
        let allowed = self.allowed.min(at_most);
        let pending = {
            let mut turn = self.turn.lock();
            if turn.is_given_up {
                return None;
            }
            let initiators = Initiators::With(Vec::new());
            let pending = self.desk.ask(allowed, |asked| Event::Begin { asked, initiators });
            turn.under_way = Some(pending.clone());
            pending
        };
        let result = pending.wait();
        let mut turn = self.turn.lock();
        turn.under_way = None;
        (!turn.is_given_up).then_some(result)
    }

    /// Waits until then; `None` is beyond the end of time.
    pub(crate) fn wait_until(&self, due: Option<Duration>) -> Waited {
        let is_given_up = || self.turn.lock().is_given_up;
        let deadline = due.and_then(|due| self.clock.instant(due));
        let ended = self.desk.ended.wait_unless(deadline, is_given_up);
        match ended {
            Some(_) => Waited::Ended,
            None if is_given_up() => Waited::GivenUp,
            None => Waited::Due,
        }
    }

    /// Stops every node, takes the last snapshot, and ends the nodes, as
    /// [`System::snapshot_and_stop`](crate::System::snapshot_and_stop) does. The handle's `shutdown` and `join` hand back the processes.
    /// `None` once given up.
    pub(crate) fn stop_system(&self) -> Option<SnapshotResult<S, M>> {
        if self.turn.lock().is_given_up {
            return None;
        }
        *self.desk.is_open.write() = false;
        Some(self.desk.ask(self.allowed, Event::Finish).wait())
    }

    /// Ends every wait, now and later, but for that of the last snapshot of a system that is being stopped.
    pub(crate) fn give_up(&self) {
        let under_way = {
            let mut turn = self.turn.lock();
            turn.is_given_up = true;
            turn.under_way.take()
        };
        if let Some(pending) = under_way {
            pending.cancel();
        }
        self.desk.ended.wake();
    }
}

/// Drops a snapshot that nobody may have besides, whatever its values do when they are dropped.
pub(crate) fn let_go<S, M>(snapshot: Arc<GlobalSnapshot<S, M>>) {
    discard_result(Ok(snapshot));
}

/// Drops what a panic has left.
pub(crate) fn let_go_of_panic(panic: Box<dyn std::any::Any + Send>) {
    discard(panic);
}
