//! The callers' side of the coordinator.

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

/// The state that callers and the coordinator share.
pub(crate) struct Shared<S, M> {
    pub(crate) registry: Mutex<Registry<S, M>>,
    /// Notified when a snapshot has ended, and when no more will end. For subscribers, which wait
    /// under the registry's lock.
    pub(crate) has_ended_one: Condvar,
    /// Open once no node handles messages any more, since all have stopped or ended.
    pub(crate) settled: Latch,
    /// Open once no snapshot is taken any more. It opens before `settled`. A thread that wakes
    /// because the nodes have settled can therefore see whether the system has ended too.
    pub(crate) ended: Latch,
    /// How many calls want the system stopped. While there is such a call, no message may be
    /// injected. A caller that injects a message holds this lock for reading.
    pub(crate) stops: RwLock<u32>,
    /// The callers that wait for a reply. Shared with the nodes.
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

    /// Tells waiting callers and subscribers that a snapshot has ended.
    pub(crate) fn deliver(&self, ended: Ended<S, M>) {
        ended.deliver(|| self.has_ended_one.notify_all());
    }
}

/// The coordinator for callers: for the system's handle, and for threads that take snapshots
/// without it.
pub(crate) struct Client<S, M> {
    pub(crate) shared: Arc<Shared<S, M>>,
    /// The threads of the system, which must not wait for it.
    pub(crate) own_threads: OwnThreads,
    pub(crate) coordinator: Sender<Event<S, M>>,
    /// How long a snapshot may take by default.
    pub(crate) timeout: Duration,
}

impl<S, M> Client<S, M> {
    /// Refuses to wait for a snapshot in a thread for which the snapshot waits.
    pub(crate) fn check_thread(&self) -> Result<(), SnapshotError> {
        let own = self.own_threads.name_of_this();
        own.map_or(Ok(()), |thread| Err(SnapshotError::InOwnHandler { thread }))
    }

    /// Asks for a snapshot.
    pub(crate) fn begin(&self, initiators: Initiators, timeout: Duration) -> PendingSnapshot<S, M> {
        self.open(Stage::Queued(initiators), timeout)
    }

    /// Refuses further messages, stops every node, and takes the last snapshot.
    pub(crate) fn finish(&self) -> PendingSnapshot<S, M> {
        self.refuse_messages();
        self.open(Stage::Last, self.timeout)
    }

    /// Refuses further messages. If the last snapshot fails, the coordinator takes this back.
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

    /// Sends a request. A coordinator that is gone has closed the registry and needs no request.
    pub(crate) fn tell(&self, request: Request) {
        let _ = self.coordinator.send(Event::Caller(request));
    }
}
