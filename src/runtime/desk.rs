//! What handle and coordinator share.

use std::time::Duration;

use super::discard::discard_snapshot;
use super::event::{Asked, Event, Initiators};
use super::ledger::Ledger;
use super::own_thread::OwnThreads;
use super::pending::PendingSnapshot;
use super::promise::{Promised, promise};
use crate::error::SnapshotError;
use crate::id::SnapshotId;
use crate::sync::{AtomicU64, Mutex, Ordering, RwLock, Sender};

pub(super) struct Desk<S, M> {
    /// The threads of the system, in which no call may wait for it.
    pub(super) own_threads: OwnThreads,
    pub(super) ledger: Mutex<Ledger<S, M>>,
    /// The id of the next snapshot.
    next_id: AtomicU64,
    coordinator: Sender<Event<S, M>>,
    /// Broken once no node will handle anything more, since all have stopped or ended.
    pub(super) settled: Promised<()>,
    /// Broken once no snapshot will be taken any more.
    pub(super) ended: Promised<()>,
    /// Whether messages may still be injected. Held for reading by whoever injects one.
    pub(super) is_open: RwLock<bool>,
}

impl<S, M> Desk<S, M> {
    pub(super) fn new(
        own_threads: OwnThreads,
        ledger: Ledger<S, M>,
        first_id: SnapshotId,
        coordinator: Sender<Event<S, M>>,
        settled: Promised<()>,
        ended: Promised<()>,
    ) -> Self {
        Desk {
            own_threads,
            ledger: Mutex::new(ledger),
            next_id: AtomicU64::new(first_id.get()),
            coordinator,
            settled,
            ended,
            is_open: RwLock::new(true),
        }
    }

    /// Refuses to wait for a snapshot in a thread that the snapshot waits for.
    pub(super) fn check_thread(&self) -> Result<(), SnapshotError> {
        let own = self.own_threads.name_of_this();
        own.map_or(Ok(()), |thread| Err(SnapshotError::InOwnHandler { thread }))
    }

    /// Opens the books for a new snapshot.
    pub(super) fn open(&self, allowed: Duration) -> (PendingSnapshot<S, M>, Asked<S, M>) {
        let id = SnapshotId::new(self.next_id.fetch_add(1, Ordering::Relaxed));
        let (promise, promised) = promise();
        let pending =
            PendingSnapshot::new(id, promised, self.coordinator.clone(), self.own_threads);
        self.ledger.lock().open(pending.clone());
        (pending, Asked { id, promise, allowed })
    }

    /// Begins a snapshot at the smallest set of nodes that reaches all.
    pub(super) fn begin(&self, allowed: Duration) -> PendingSnapshot<S, M> {
        self.begin_at(Initiators::With(Vec::new()), allowed)
    }

    /// Begins a snapshot.
    pub(super) fn begin_at(
        &self,
        initiators: Initiators,
        allowed: Duration,
    ) -> PendingSnapshot<S, M> {
        self.ask(allowed, |asked| Event::Begin { asked, initiators })
    }

    /// Lets no more messages in.
    pub(super) fn close(&self) {
        *self.is_open.write() = false;
    }

    /// Lets no more messages in, and has every node stopped and the last snapshot taken.
    pub(super) fn finish(&self, allowed: Duration) -> PendingSnapshot<S, M> {
        self.close();
        self.ask(allowed, Event::Finish)
    }

    /// Asks the coordinator for a snapshot.
    fn ask(
        &self,
        allowed: Duration,
        event: impl FnOnce(Asked<S, M>) -> Event<S, M>,
    ) -> PendingSnapshot<S, M> {
        let (pending, asked) = self.open(allowed);
        if !self.tell(event(asked)) {
            // Shut down: the promise was dropped with the event, and the wait says so.
            self.close_unheard(pending.id());
        }
        pending
    }

    /// To be called when the coordinator has ended: what it was told last it may never have heard, and then nobody has closed
    /// the books. The promises were dropped with what it was told.
    pub(super) fn close_all_unheard(&self) {
        let unheard = self.ledger.lock().live();
        unheard.into_iter().for_each(|id| self.close_unheard(id));
    }

    fn close_unheard(&self, snapshot: SnapshotId) {
        let forgotten =
            self.ledger.lock().close(snapshot, &Err(SnapshotError::ShutDown { snapshot }));
        discard_snapshot(forgotten);
    }

    /// Tells the coordinator; false if it is gone.
    pub(super) fn tell(&self, event: Event<S, M>) -> bool {
        self.coordinator.send(event).is_ok()
    }
}
