//! What takes snapshots of a system by itself, in a thread of its own, without holding the system.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::own_thread::OwnThreads;
use super::system::System;
use crate::process::Process;
use crate::runtime::coordinator::client::Client;
use crate::runtime::coordinator::outcome::SnapshotResult;
use crate::runtime::coordinator::pending::PendingSnapshot;
use crate::runtime::coordinator::request::Initiators;
use crate::snapshot::SnapshotError;
use crate::sync::{Mutex, need_time};

/// Takes snapshots and waits between them, for one thread. Another may [give it up](Self::give_up),
/// which ends every wait; so does the end of the system. A pause also ends when the nodes settle,
/// so that one more snapshot can show what they have come to.
pub(crate) struct Sampler<S, M> {
    client: Arc<Client<S, M>>,
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
    /// It is time, or the nodes have settled.
    Due,
    /// The system takes no snapshots any more.
    Ended,
    GivenUp,
}

impl<P: Process> System<P> {
    /// What for is told to a model, which has no time.
    pub(crate) fn sampler(&self, what_for: &str) -> Sampler<P::State, P::Message> {
        need_time(what_for);
        Sampler {
            client: Arc::clone(&self.client),
            clock: Clock::start(),
            turn: Mutex::new(Turn { is_given_up: false, under_way: None }),
        }
    }
}

impl<S, M> Sampler<S, M> {
    /// Time since it was made.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Takes a snapshot and waits for it, at most for so long; `None` once given up.
    pub(crate) fn snapshot(&self, at_most: Duration) -> Option<SnapshotResult<S, M>> {
        let timeout = self.client.timeout.min(at_most);
        let pending = {
            let mut turn = self.turn.lock();
            if turn.is_given_up {
                return None;
            }
            let pending = self.client.begin(Initiators::Fewest, timeout);
            turn.under_way = Some(pending.clone());
            pending
        };
        let result = pending.wait_anywhere();
        let mut turn = self.turn.lock();
        turn.under_way = None;
        (!turn.is_given_up).then_some(result)
    }

    /// Tells the system's own threads from all others.
    pub(crate) fn own_threads(&self) -> OwnThreads {
        self.client.own_threads
    }

    /// The name of the calling thread, if it is one of the system's own, which snapshots wait for.
    pub(crate) fn name_of_own_thread(&self) -> Option<String> {
        self.client.own_threads.name_of_this()
    }

    /// Whether no node handles anything more. A snapshot that begins after that shows the nodes as
    /// they will always be.
    pub(crate) fn is_settled(&self) -> bool {
        self.client.shared.settled.is_open()
    }

    /// Waits until then; `None` is beyond the end of time. A thread that has not seen the nodes
    /// [settled](Self::is_settled) before its last snapshot is woken when they are.
    pub(crate) fn wait_until(&self, due: Option<Duration>, was_settled: bool) -> Waited {
        let is_given_up = || self.turn.lock().is_given_up;
        let deadline = due.and_then(|due| self.clock.instant(due));
        // The end of the system settles the nodes too.
        let shared = &self.client.shared;
        let until = if was_settled { &shared.ended } else { &shared.settled };
        until.wait_unless(deadline, is_given_up);
        match shared.ended.is_open() {
            true => Waited::Ended,
            false if is_given_up() => Waited::GivenUp,
            false => Waited::Due,
        }
    }

    /// Stops every node, takes the last snapshot, and ends the nodes, as
    /// [`System::snapshot_and_stop`](crate::System::snapshot_and_stop) does. The handle's
    /// `shutdown` and `join` hand back the processes. `None` once given up.
    pub(crate) fn stop_system(&self) -> Option<SnapshotResult<S, M>> {
        if self.turn.lock().is_given_up {
            return None;
        }
        Some(self.client.finish().wait_anywhere())
    }

    /// Whether a snapshot has failed with this error because the system has ended.
    pub(crate) fn has_ended(&self, error: &SnapshotError) -> bool {
        matches!(error, SnapshotError::ShutDown { .. }) || self.client.shared.ended.is_open()
    }

    /// Ends every wait, now and later, but for that of the last snapshot of a system that is being
    /// stopped.
    pub(crate) fn give_up(&self) {
        let under_way = {
            let mut turn = self.turn.lock();
            turn.is_given_up = true;
            turn.under_way.take()
        };
        if let Some(pending) = under_way {
            pending.cancel();
        }
        self.client.shared.ended.wake();
        self.client.shared.settled.wake();
    }
}
