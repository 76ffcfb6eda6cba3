//! The registry of snapshots, under one lock: those that have not ended, and the remembered ones.
//! It is pure: the time is an argument, counted from the system's start.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use super::due_times::DueTimes;
use super::ended::Ended;
use super::halt::Halt;
use super::history::{FindSnapshotError, History, Remembered};
use super::outcome::{Outcome, SnapshotCounts, SnapshotResult};
use super::promise::{Promise, Promised, promise};
use super::request::Initiators;
use super::settings::CoordinatorSettings;
use super::span::SnapshotSpan;
use super::subscribers::Subscribers;
use super::turns::Turns;
use crate::driver::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::runtime::node::digest::PartDigest;
use crate::snapshot::SnapshotError;

/// After this number of snapshots that ended without having begun, the nodes are told that all ids
/// up to a certain one are over. Nodes remember the ids of ended snapshots as ranges. Each series
/// of snapshots that never began would add a range.
const MOST_UNHEARD: u64 = 64;

/// The most snapshots that are ended at a time under the lock when the registry closes.
const MOST_ENDED_TOGETHER: usize = 1024;

/// The registry, shared by callers and the coordinator. No node uses it.
pub(crate) struct Registry<S, M> {
    next_id: SnapshotId,
    /// The snapshots that have not ended.
    entries: BTreeMap<SnapshotId, Entry<S, M>>,
    /// Every entry with a due time is here too.
    by_due: DueTimes,
    /// The time of snapshots from this id on has not begun: the coordinator has not seen them.
    first_unseen: SnapshotId,
    /// No snapshot with a lower id waits its turn.
    first_queued: SnapshotId,
    turns: Turns,
    /// The first of the wanted last snapshots. The next of them is taken only if this one fails.
    last: Option<SnapshotId>,
    /// Why no snapshot begins any more.
    closed: Option<Halt>,
    /// How many snapshots have ended without having begun since the nodes were last told of such
    /// ids.
    unheard: u64,
    /// The nodes know that all ids up to this one are over.
    told: Option<SnapshotId>,
    /// The timeout of snapshots that nodes request.
    timeout: Duration,
    history: Remembered<S, M>,
    counts: SnapshotCounts,
    pub(crate) subscribers: Subscribers<S, M>,
    /// In the order in which the nodes failed.
    pub(crate) failures: Vec<NodeFailure>,
}

/// A snapshot that has not ended.
struct Entry<S, M> {
    stage: Stage,
    promise: Promise<SnapshotResult<S, M>>,
    /// The snapshot's timeout.
    timeout: Duration,
    /// `None` before the coordinator has seen the entry, and if the clock cannot represent the
    /// moment.
    due: Option<Duration>,
    /// The digests of the parts that have come, if recorded values are compared.
    digests: Vec<PartDigest>,
    span: Option<SnapshotSpan>,
}

/// The thing for which a snapshot waits.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The snapshot waits for its turn, and then starts at these initiators.
    Queued(Initiators),
    /// The snapshot waits for the records of nodes and links.
    Begun { answers_nodes: bool },
    /// The last snapshot waits for every node to stop, and then for the records. It does not count
    /// towards the limit.
    Last,
}

/// The work to do now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// The timeouts of these snapshots are over. End them with their timeouts, and look again.
    Fail(Vec<(SnapshotId, Duration)>),
    /// No snapshot is overdue.
    Begin {
        /// These snapshots are under way from now on.
        snapshots: Vec<(SnapshotId, Initiators)>,
        /// The last snapshot, which begins when every node has stopped.
        last: Option<SnapshotId>,
        /// When to look again.
        wake: Option<Duration>,
    },
}

/// Changes of the registry.
impl<S, M> Registry<S, M> {
    pub(crate) fn new(first_id: SnapshotId, settings: &CoordinatorSettings) -> Self {
        Registry {
            next_id: first_id,
            entries: BTreeMap::new(),
            by_due: DueTimes::default(),
            first_unseen: first_id,
            first_queued: first_id,
            turns: Turns::new(settings.limits),
            last: None,
            closed: None,
            unheard: 0,
            told: before(first_id),
            timeout: settings.timeout,
            history: Remembered::new(settings.memory),
            counts: SnapshotCounts::default(),
            subscribers: Subscribers::new(),
            failures: Vec::new(),
        }
    }

    /// Gives a new snapshot the next id. If no snapshot begins any more, it ends at once.
    pub(crate) fn open(
        &mut self,
        stage: Stage,
        promise: Promise<SnapshotResult<S, M>>,
        timeout: Duration,
    ) -> (SnapshotId, Option<Ended<S, M>>) {
        let id = self.insert(stage, promise, timeout);
        let error = self.closed.as_ref().map(|halt| halt.error(id));
        (id, error.and_then(|error| self.refuse(id, error).ok()))
    }

    fn insert(
        &mut self,
        stage: Stage,
        promise: Promise<SnapshotResult<S, M>>,
        timeout: Duration,
    ) -> SnapshotId {
        let id = self.next_id;
        self.next_id = SnapshotId::new(id.get() + 1);
        self.counts.asked += 1;
        if matches!(stage, Stage::Last) {
            self.last = self.last.or(Some(id));
        }
        let entry = Entry { stage, promise, timeout, due: None, digests: Vec::new(), span: None };
        self.entries.insert(id, entry);
        id
    }

    /// Returns the work to do now. The processes of the nodes `requesting` have asked for a
    /// snapshot since the last look.
    pub(crate) fn look(&mut self, requesting: Vec<NodeId>, now: Duration) -> Due {
        self.start_time(now);
        self.turns.request(requesting);
        let overdue = self.by_due.overdue(now).into_iter();
        let overdue: Vec<_> = overdue.filter_map(|id| self.timeout_of(id)).collect();
        if !overdue.is_empty() {
            return Due::Fail(overdue);
        }
        let mut snapshots = Vec::new();
        while self.turns.may_begin(now) {
            let Some(begun) = self.begin_queued() else { break };
            snapshots.push(begun);
        }
        // If the limit leaves room here, no caller waits.
        if self.turns.may_answer(now) {
            snapshots.push(self.begin_requested(now));
        }
        Due::Begin { snapshots, last: self.last, wake: self.next_wake() }
    }

    /// Starts the time of new snapshots. It starts when the coordinator sees a snapshot, so that a
    /// late coordinator, on a busy machine, takes no time from the snapshot.
    fn start_time(&mut self, now: Duration) {
        for (id, entry) in self.entries.range_mut(self.first_unseen..) {
            entry.due = now.checked_add(entry.timeout);
            if let Some(due) = entry.due {
                self.by_due.insert(due, *id);
            }
        }
        self.first_unseen = self.next_id;
    }

    /// When there is something to do if no event comes before.
    pub(crate) fn next_wake(&mut self) -> Option<Duration> {
        let due = self.by_due.first();
        let turn = { self.next_queued() }.is_some();
        due.into_iter().chain(self.turns.next(turn)).min()
    }

    fn timeout_of(&self, id: SnapshotId) -> Option<(SnapshotId, Duration)> {
        self.entries.get(&id).map(|entry| (id, entry.timeout))
    }

    /// The next caller's snapshot. These begin in the order of the calls, which is the order of
    /// ids.
    fn next_queued(&mut self) -> Option<SnapshotId> {
        let is_queued = |entry: &Entry<S, M>| matches!(entry.stage, Stage::Queued(_));
        let mut from_here = self.entries.range(self.first_queued..);
        let found = from_here.find(|(_, entry)| is_queued(entry)).map(|(id, _)| *id);
        self.first_queued = found.unwrap_or(self.next_id);
        found
    }

    fn begin_queued(&mut self) -> Option<(SnapshotId, Initiators)> {
        let id = self.next_queued()?;
        let entry = self.entries.get_mut(&id)?;
        let begun = Stage::Begun { answers_nodes: false };
        let Stage::Queued(initiators) = std::mem::replace(&mut entry.stage, begun) else {
            return None;
        };
        self.turns.begin(false);
        Some((id, initiators))
    }

    /// Begins the snapshot that answers the requests of nodes. The snapshot has its id and its time
    /// from now on.
    fn begin_requested(&mut self, now: Duration) -> (SnapshotId, Initiators) {
        let nodes = self.turns.take_requests();
        self.turns.begin(true);
        let (promise, _) = promise();
        let stage = Stage::Begun { answers_nodes: true };
        let id = self.insert(stage, promise, self.timeout);
        self.start_time(now);
        (id, Initiators::Requesting(nodes))
    }

    pub(crate) fn set_span(&mut self, id: SnapshotId, span: SnapshotSpan) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.span = Some(span);
        }
    }

    pub(crate) fn add_digests(&mut self, id: SnapshotId, digests: Vec<PartDigest>) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.digests.extend(digests);
        }
    }

    pub(crate) fn take_digests(&mut self, id: SnapshotId) -> Vec<PartDigest> {
        self.entries
            .get_mut(&id)
            .map(|entry| std::mem::take(&mut entry.digests))
            .unwrap_or_default()
    }

    /// Ends a snapshot and tells subscribers. If the snapshot has ended before, the result is
    /// returned.
    pub(crate) fn end(
        &mut self,
        id: SnapshotId,
        result: SnapshotResult<S, M>,
        now: Duration,
    ) -> Result<Ended<S, M>, SnapshotResult<S, M>> {
        self.remove(id, result, Some(now))
    }

    /// Ends a snapshot that could not begin at its turn.
    pub(crate) fn refuse(
        &mut self,
        id: SnapshotId,
        error: SnapshotError,
    ) -> Result<Ended<S, M>, SnapshotResult<S, M>> {
        self.remove(id, Err(error), None)
    }

    fn remove(
        &mut self,
        id: SnapshotId,
        result: SnapshotResult<S, M>,
        ended: Option<Duration>,
    ) -> Result<Ended<S, M>, SnapshotResult<S, M>> {
        let Some(entry) = self.entries.remove(&id) else { return Err(result) };
        if let Some(due) = entry.due {
            self.by_due.remove(due, id);
        }
        if let Stage::Begun { answers_nodes } = entry.stage {
            self.turns.end(answers_nodes, ended);
        }
        let was_last = matches!(entry.stage, Stage::Last);
        if self.last == Some(id) {
            self.last = self.next_last(id);
        }
        let has_begun = matches!(entry.stage, Stage::Begun { .. }) && ended.is_some();
        self.unheard += u64::from(!has_begun && result.is_err());
        self.counts.count(&result);
        let forgotten = self.history.add(id, &result);
        let unread = if self.subscribers.is_empty() {
            Vec::new()
        } else {
            self.subscribers.tell(&Outcome { id, result: result.clone() })
        };
        let (promise, span) = (entry.promise, entry.span);
        let over_up_to = self.over_up_to();
        Ok(Ended { id, result, promise, span, forgotten, unread, was_last, over_up_to })
    }

    fn next_last(&self, ended: SnapshotId) -> Option<SnapshotId> {
        let mut later = self.entries.range(ended..);
        later.find(|(_, entry)| matches!(entry.stage, Stage::Last)).map(|(id, _)| *id)
    }

    /// An id up to which all snapshots are over, if many snapshots never began and no older one is
    /// under way. Nodes that are ending need not know.
    fn over_up_to(&mut self) -> Option<SnapshotId> {
        if self.unheard < MOST_UNHEARD || self.closed.is_some() {
            return None;
        }
        let first = self.entries.first_key_value().map_or(self.next_id, |(id, _)| *id);
        let over = before(first).filter(|over| Some(*over) > self.told)?;
        self.unheard = 0;
        self.told = Some(over);
        Some(over)
    }

    /// Ends snapshots in the order of their ids, since no snapshot begins any more. The caller
    /// repeats this until it returns true: then none is left. If several reasons are given, the
    /// first counts.
    pub(crate) fn close(
        &mut self,
        halt: &Halt,
        requesting: Vec<NodeId>,
        now: Duration,
    ) -> (Vec<Ended<S, M>>, bool) {
        let halt = self.closed.get_or_insert_with(|| halt.clone()).clone();
        self.last = None;
        self.turns.request(requesting);
        if !self.turns.take_requests().is_empty() {
            // The subscribers are told why the snapshot that was to answer nodes does not begin.
            let (promise, _) = promise();
            self.insert(Stage::Queued(Initiators::Fewest), promise, self.timeout);
        }
        let mut ended = Vec::new();
        while let (Some((&id, _)), ..MOST_ENDED_TOGETHER) =
            (self.entries.first_key_value(), ended.len())
        {
            ended.extend(self.end(id, Err(halt.error(id)), now).ok());
        }
        if self.entries.is_empty() {
            self.subscribers.end();
        }
        (ended, self.entries.is_empty())
    }
}

/// Reads of the registry.
impl<S, M> Registry<S, M> {
    pub(crate) fn last(&self) -> Option<SnapshotId> {
        self.last
    }

    /// A snapshot that has not ended, or whose result is remembered.
    pub(crate) fn find(
        &self,
        id: SnapshotId,
    ) -> Result<Promised<SnapshotResult<S, M>>, FindSnapshotError> {
        match self.entries.get(&id).and_then(|entry| entry.promise.promised()) {
            Some(promised) => Ok(promised),
            None => self.history.find(id).map(Promised::kept),
        }
    }

    pub(crate) fn history(&self) -> History<S, M> {
        self.history.to_history()
    }

    pub(crate) fn counts(&self) -> SnapshotCounts {
        self.counts
    }
}

fn before(id: SnapshotId) -> Option<SnapshotId> {
    id.get().checked_sub(1).map(SnapshotId::new)
}
