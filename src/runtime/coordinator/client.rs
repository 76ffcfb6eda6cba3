//! What handle and coordinator share.

use std::sync::Arc;
use std::time::Duration;

use super::ledger::Ledger;
use super::pending::{PendingSnapshot, SnapshotResult};
use super::promise::{Promised, promise};
use crate::error::SnapshotError;
use crate::id::SnapshotId;
use crate::runtime::node::event::{Asked, Event, Initiators};
use crate::runtime::node::requests::Requests;
use crate::runtime::own_thread::OwnThreads;
use crate::sync::{Condvar, Mutex, RwLock, Sender};

pub(crate) struct Client<S, M> {
    /// The threads of the system, in which no call may wait for it.
    pub(crate) own_threads: OwnThreads,
    pub(crate) ledger: Mutex<Ledger<S, M>>,
    /// Rung when a snapshot has ended, and when no more will: for subscribers that wait behind the
    /// ledger's lock.
    pub(crate) has_ended_one: Condvar,
    /// Shared with the nodes.
    pub(crate) requests: Arc<Requests>,
    coordinator: Sender<Event<S, M>>,
    /// Broken once no node will handle anything more, since all have stopped or ended.
    pub(crate) settled: Promised<()>,
    /// Broken once no snapshot will be taken any more.
    pub(crate) ended: Promised<()>,
    /// How many calls want the system stopped: while there is one, no message may be injected. Held
    /// for reading by whoever injects one.
    pub(crate) stops: RwLock<u32>,
}

impl<S, M> Client<S, M> {
    pub(crate) fn new(
        own_threads: OwnThreads,
        ledger: Ledger<S, M>,
        requests: Arc<Requests>,
        coordinator: Sender<Event<S, M>>,
        settled: Promised<()>,
        ended: Promised<()>,
    ) -> Self {
        Client {
            own_threads,
            ledger: Mutex::new(ledger),
            has_ended_one: Condvar::default(),
            requests,
            coordinator,
            settled,
            ended,
            stops: RwLock::new(0),
        }
    }

    /// Refuses to wait for a snapshot in a thread that the snapshot waits for.
    pub(crate) fn check_thread(&self) -> Result<(), SnapshotError> {
        let own = self.own_threads.name_of_this();
        own.map_or(Ok(()), |thread| Err(SnapshotError::InOwnHandler { thread }))
    }

    /// Opens the books for a new snapshot.
    pub(crate) fn open(&self, allowed: Duration) -> (PendingSnapshot<S, M>, Asked<S, M>) {
        let (promise, promised) = promise();
        let own = self.own_threads;
        let open = |id| PendingSnapshot::new(id, promised, self.coordinator.clone(), own);
        let pending = self.ledger.lock().open(open);
        let id = pending.id();
        (pending, Asked { id, promise, allowed })
    }

    /// Begins a snapshot at the smallest set of nodes that reaches all.
    pub(crate) fn begin(&self, allowed: Duration) -> PendingSnapshot<S, M> {
        self.begin_at(Initiators::With(Vec::new()), allowed)
    }

    /// Begins a snapshot.
    pub(crate) fn begin_at(
        &self,
        initiators: Initiators,
        allowed: Duration,
    ) -> PendingSnapshot<S, M> {
        self.ask(allowed, |asked| Event::Begin { asked, initiators })
    }

    /// Lets no more messages in, until [`take_back_a_stop`](Self::take_back_a_stop) is called as often.
    pub(crate) fn refuse_messages(&self) {
        *self.stops.write() += 1;
    }

    /// Lets no more messages in, and has every node stopped and the last snapshot taken.
    pub(crate) fn finish(&self, allowed: Duration) -> PendingSnapshot<S, M> {
        self.refuse_messages();
        self.ask(allowed, Event::Finish)
    }

    /// The last snapshot of one of these calls has failed, and the system goes on.
    pub(crate) fn take_back_a_stop(&self) {
        *self.stops.write() -= 1;
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
    pub(crate) fn close_all_unheard(&self) {
        let unheard = self.ledger.lock().live();
        unheard.into_iter().for_each(|id| self.close_unheard(id));
    }

    /// Closes the books of a snapshot, and lets subscribers know.
    pub(crate) fn close(&self, id: SnapshotId, result: &SnapshotResult<S, M>) {
        let forgotten = self.ledger.lock().close(id, result);
        forgotten.discard();
        self.has_ended_one.notify_all();
    }

    /// Ends the stream of every subscriber.
    pub(crate) fn end_streams(&self) {
        self.ledger.lock().subscribers.end();
        self.has_ended_one.notify_all();
    }

    fn close_unheard(&self, snapshot: SnapshotId) {
        self.close(snapshot, &Err(SnapshotError::ShutDown { snapshot }));
    }

    /// Tells the coordinator; false if it is gone.
    pub(crate) fn tell(&self, event: Event<S, M>) -> bool {
        self.coordinator.send(event).is_ok()
    }
}
