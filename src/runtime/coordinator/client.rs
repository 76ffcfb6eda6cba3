//! How callers reach the coordinator.

use std::sync::Arc;
use std::time::Duration;

use super::ended::Ended;
use super::history::FindSnapshotError;
use super::latch::Latch;
use super::outcome::SnapshotResult;
use super::pending::PendingSnapshot;
use super::promise::{Promised, promise};
use super::registry::{Registry, Stage};
use super::request::{Event, Initiators, Request};
use crate::id::SnapshotId;
use crate::runtime::node::questions::Questions;
use crate::runtime::own_thread::OwnThreads;
use crate::snapshot::SnapshotError;
use crate::sync::{Condvar, Mutex, RwLock, Sender};

/// What callers and the coordinator share.
pub(crate) struct Shared<S, M> {
    pub(crate) registry: Mutex<Registry<S, M>>,
    /// Notified when a snapshot has ended, and when no more will: for subscribers, which wait
    /// behind the registry's lock.
    pub(crate) has_ended_one: Condvar,
    /// Open once no node will handle anything more, since all have stopped or ended.
    pub(crate) settled: Latch,
    /// Open once no snapshot will be taken any more. It opens before `settled`: a thread that wakes
    /// because the nodes have settled finds out then whether the system has ended too.
    pub(crate) ended: Latch,
    /// How many calls want the system stopped: while there is one, no message may be injected. Held
    /// for reading by a caller that injects one.
    pub(crate) stops: RwLock<u32>,
    /// The callers that wait for an answer. Shared with the nodes.
    pub(crate) questions: Arc<Questions<M>>,
}

impl<S, M> Shared<S, M> {
    pub(crate) fn new(registry: Registry<S, M>, questions: Questions<M>) -> Self {
        Shared {
            registry: Mutex::new(registry),
            has_ended_one: Condvar::default(),
            settled: Latch::new(),
            ended: Latch::new(),
            stops: RwLock::new(0),
            questions: Arc::new(questions),
        }
    }

    /// Lets everybody know that a snapshot has ended.
    pub(crate) fn deliver(&self, ended: Ended<S, M>) {
        ended.deliver(|| self.has_ended_one.notify_all());
    }
}

/// A caller's side: of the handle, and of whatever takes snapshots without it.
pub(crate) struct Client<S, M> {
    pub(crate) shared: Arc<Shared<S, M>>,
    /// The threads of the system, in which no call may wait for it.
    pub(crate) own_threads: OwnThreads,
    pub(crate) coordinator: Sender<Event<S, M>>,
    /// How long a snapshot may take if nothing else is said.
    pub(crate) timeout: Duration,
}

impl<S, M> Client<S, M> {
    /// Refuses to wait for a snapshot in a thread that the snapshot waits for.
    pub(crate) fn check_thread(&self) -> Result<(), SnapshotError> {
        let own = self.own_threads.name_of_this();
        own.map_or(Ok(()), |thread| Err(SnapshotError::InOwnHandler { thread }))
    }

    /// Asks for a snapshot.
    pub(crate) fn begin(&self, initiators: Initiators, timeout: Duration) -> PendingSnapshot<S, M> {
        self.open(Stage::Queued(initiators), timeout)
    }

    /// Lets no more messages in, and has every node stopped and the last snapshot taken.
    pub(crate) fn finish(&self) -> PendingSnapshot<S, M> {
        self.refuse_messages();
        self.open(Stage::Last, self.timeout)
    }

    /// Lets no more messages in. If the last snapshot that a call waits for fails, the coordinator
    /// takes this back.
    pub(crate) fn refuse_messages(&self) {
        *self.shared.stops.write() += 1;
    }

    fn open(&self, stage: Stage, timeout: Duration) -> PendingSnapshot<S, M> {
        let (promise, promised) = promise();
        let (id, ended) = self.shared.registry.lock().open(stage, promise, timeout);
        match ended {
            Some(ended) => self.shared.deliver(ended),
            None => self.tell(Request::Opened),
        }
        self.pending(id, promised)
    }

    /// A snapshot that has not ended, or whose result is remembered.
    pub(crate) fn find(&self, id: SnapshotId) -> Result<PendingSnapshot<S, M>, FindSnapshotError> {
        let found = self.shared.registry.lock().find(id);
        found.map(|promised| self.pending(id, promised))
    }

    fn pending(
        &self,
        id: SnapshotId,
        promised: Promised<SnapshotResult<S, M>>,
    ) -> PendingSnapshot<S, M> {
        PendingSnapshot::new(id, promised, self.coordinator.clone(), self.own_threads)
    }

    /// A coordinator that is gone has closed the registry, and needs to be told nothing.
    pub(crate) fn tell(&self, request: Request) {
        let _ = self.coordinator.send(Event::Caller(request));
    }
}
