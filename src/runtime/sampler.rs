//! Takes snapshots of a system in a thread of its own, without holding the system.

use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::own_thread::OwnThreads;
use super::system::System;
use crate::process::Process;
use crate::runtime::coordinator::client::Client;
use crate::runtime::coordinator::outcome::{SnapshotResult, discard_result};
use crate::runtime::coordinator::pending::PendingSnapshot;
use crate::runtime::coordinator::request::Initiators;
use crate::snapshot::SnapshotError;
use crate::sync::{Mutex, need_time};

/// Takes snapshots and pauses between them, for one thread. Another thread may [give it
/// up](Self::give_up), which ends every wait. The end of the system ends every wait too. A pause
/// also ends when the nodes settle, so that one more snapshot can show their final states.
pub(crate) struct Sampler<S, M> {
    client: Arc<Client<S, M>>,
    clock: Clock,
    turn: Mutex<Turn<S, M>>,
}

struct Turn<S, M> {
    is_given_up: bool,
    under_way: Option<PendingSnapshot<S, M>>,
}

/// Why a pause is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waited {
    /// The pause is over, or the nodes have settled.
    Due,
    /// The system takes no more snapshots.
    Ended,
    GivenUp,
}

impl<P: Process> System<P> {
    /// Makes a sampler. A model, which has no time, prints `what_for` in its panic.
    pub(crate) fn sampler(&self, what_for: &str) -> Sampler<P::State, P::Message> {
        need_time(what_for);
        Sampler::new(Arc::clone(&self.client))
    }
}

impl<S, M> Sampler<S, M> {
    pub(crate) fn new(client: Arc<Client<S, M>>) -> Self {
        let turn = Mutex::new(Turn { is_given_up: false, under_way: None });
        Sampler { client, clock: Clock::start(), turn }
    }

    /// The time since the sampler was made.
    pub(crate) fn now(&self) -> Duration {
        self.clock.now()
    }

    /// Takes a snapshot with this timeout and waits for it; `None` once the sampler was given up.
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
        let is_given_up = {
            let mut turn = self.turn.lock();
            turn.under_way = None;
            turn.is_given_up
        };
        if is_given_up {
            discard_result(result);
            return None;
        }
        Some(result)
    }

    /// The threads of the system.
    pub(crate) fn own_threads(&self) -> OwnThreads {
        self.client.own_threads
    }

    /// The name of the calling thread, if it belongs to the system. Snapshots wait for such a
    /// thread.
    pub(crate) fn name_of_own_thread(&self) -> Option<String> {
        self.client.own_threads.name_of_this()
    }

    /// Whether no node handles messages any more. A snapshot that begins after that shows the
    /// nodes' final states.
    pub(crate) fn is_settled(&self) -> bool {
        self.client.shared.settled.is_open()
    }

    /// Waits until `due`; `None` never comes. If `was_settled` is false, the wait also ends when
    /// the nodes [settle](Self::is_settled).
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
    /// `shutdown` and `join` hand back the processes. `None` once the sampler was given up.
    pub(crate) fn stop_system(&self) -> Option<SnapshotResult<S, M>> {
        if self.turn.lock().is_given_up {
            return None;
        }
        Some(self.client.finish().wait_anywhere())
    }

    /// Whether a snapshot failed with this error because the system has ended.
    pub(crate) fn has_ended(&self, error: &SnapshotError) -> bool {
        matches!(error, SnapshotError::ShutDown { .. }) || self.client.shared.ended.is_open()
    }

    /// Ends every wait, now and later, except the wait for the last snapshot of a system that is
    /// being stopped.
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
