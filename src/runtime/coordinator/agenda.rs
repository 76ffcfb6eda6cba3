//! When a snapshot may begin, and when its time is up. Pure: the time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::id::{NodeId, SnapshotId};

/// How many snapshots may be under way, and how close together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max_in_flight: usize,
    /// From the end of one to the beginning of the next.
    pub(crate) min_pause: Duration,
}

/// Snapshots that wait for their turn, each with what it takes to begin it, and the deadlines of these and of those that are under
/// way. Times are since any start.
#[derive(Debug)]
pub(crate) struct Agenda<T> {
    limits: Limits,
    /// By id, which is the order in which they were asked for. Any of them can be given up, however many there are.
    queue: BTreeMap<SnapshotId, T>,
    in_flight: BTreeSet<SnapshotId>,
    /// The nodes whose processes want a snapshot that has not begun. One snapshot answers them all.
    requests: BTreeSet<NodeId>,
    /// The snapshot that answers nodes and is under way.
    requested: Option<SnapshotId>,
    /// When the time of each is up, and how much it was allowed.
    deadlines: BTreeMap<SnapshotId, (Duration, Duration)>,
    by_deadline: BTreeSet<(Duration, SnapshotId)>,
    rest_until: Duration,
}

impl<T> Agenda<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Agenda {
            limits,
            queue: BTreeMap::new(),
            in_flight: BTreeSet::new(),
            requests: BTreeSet::new(),
            requested: None,
            deadlines: BTreeMap::new(),
            by_deadline: BTreeSet::new(),
            rest_until: Duration::ZERO,
        }
    }

    /// A snapshot is asked for: it takes its place behind the others.
    pub(crate) fn ask(&mut self, id: SnapshotId, what: T, now: Duration, allowed: Duration) {
        self.allow(id, now, allowed);
        self.queue.insert(id, what);
    }

    /// Sets a deadline for one that takes no place in the queue and counts for no limit.
    pub(crate) fn allow(&mut self, id: SnapshotId, now: Duration, allowed: Duration) {
        // Beyond the end of time there is no deadline.
        if let Some(deadline) = now.checked_add(allowed) {
            self.deadlines.insert(id, (deadline, allowed));
            self.by_deadline.insert((deadline, id));
        }
    }

    /// A node's process asks for a snapshot. It joins the other nodes that wait for one.
    pub(crate) fn request(&mut self, node: NodeId) {
        self.requests.insert(node);
    }

    /// The nodes whose requests one snapshot may answer now: once callers do not wait, and the
    /// snapshot that answered the requests before these has ended. The caller
    /// [begins](Self::begin_requested) that snapshot.
    pub(crate) fn next_requests(&mut self, now: Duration) -> Option<Vec<NodeId>> {
        let is_their_turn = self.queue.is_empty() && self.is_turn_of_requests();
        if !is_their_turn || now < self.rest_until || self.is_full() {
            return None;
        }
        self.take_requests()
    }

    /// The nodes whose requests wait, whether or not it is their turn.
    pub(crate) fn take_requests(&mut self) -> Option<Vec<NodeId>> {
        (!self.requests.is_empty())
            .then(|| std::mem::take(&mut self.requests).into_iter().collect())
    }

    /// A snapshot that answers requests is under way from here on.
    pub(crate) fn begin_requested(&mut self, id: SnapshotId, now: Duration, allowed: Duration) {
        self.allow(id, now, allowed);
        self.in_flight.insert(id);
        self.requested = Some(id);
    }

    /// The next one of a caller that may begin now. It is under way from here on.
    pub(crate) fn begin_next(&mut self, now: Duration) -> Option<(SnapshotId, T)> {
        if now < self.rest_until || self.is_full() {
            return None;
        }
        let (id, what) = self.queue.pop_first()?;
        self.in_flight.insert(id);
        Some((id, what))
    }

    /// The one that was to begin now could not.
    pub(crate) fn take_back(&mut self, id: SnapshotId) {
        self.in_flight.remove(&id);
    }

    /// One is over, however it ended. Those that never began make nobody pause.
    pub(crate) fn end(&mut self, id: SnapshotId, now: Duration) {
        if let Some((deadline, _)) = self.deadlines.remove(&id) {
            self.by_deadline.remove(&(deadline, id));
        }
        if self.requested == Some(id) {
            self.requested = None;
        }
        if self.in_flight.remove(&id) {
            self.rest_until = now.saturating_add(self.limits.min_pause);
        } else {
            self.queue.remove(&id);
        }
    }

    /// One whose time is up, and how much it was allowed.
    pub(crate) fn overdue(&self, now: Duration) -> Option<(SnapshotId, Duration)> {
        let &(deadline, id) = self.by_deadline.first()?;
        let &(_, allowed) = self.deadlines.get(&id)?;
        (deadline <= now).then_some((id, allowed))
    }

    /// When there is something to do if nothing happens before.
    pub(crate) fn next_wake(&self) -> Option<Duration> {
        let deadline = self.by_deadline.first().map(|&(deadline, _)| deadline);
        let is_wanted = !self.queue.is_empty() || self.is_turn_of_requests();
        let turn = (is_wanted && !self.is_full()).then_some(self.rest_until);
        deadline.into_iter().chain(turn).min()
    }

    fn is_turn_of_requests(&self) -> bool {
        !self.requests.is_empty() && self.requested.is_none()
    }

    fn is_full(&self) -> bool {
        self.in_flight.len() >= self.limits.max_in_flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(1000);

    fn s(id: u64) -> SnapshotId {
        SnapshotId::new(id)
    }

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn agenda(max_in_flight: usize, min_pause: Duration) -> Agenda<()> {
        Agenda::new(Limits { max_in_flight, min_pause })
    }

    fn begun(agenda: &mut Agenda<()>, now: Duration) -> Vec<u64> {
        std::iter::from_fn(|| agenda.begin_next(now)).map(|(id, ())| id.get()).collect()
    }

    #[test]
    fn no_more_are_under_way_than_allowed_and_they_begin_in_the_order_asked_for() {
        let mut agenda = agenda(2, Duration::ZERO);
        (1..=4).for_each(|id| agenda.ask(s(id), (), ms(0), LONG));
        assert_eq!(begun(&mut agenda, ms(0)), [1, 2]);
        assert_eq!(agenda.next_wake(), Some(LONG), "only a deadline can help");
        agenda.end(s(2), ms(5));
        assert_eq!(agenda.next_wake(), Some(ms(5)));
        assert_eq!(begun(&mut agenda, ms(5)), [3]);
        agenda.end(s(4), ms(6));
        agenda.end(s(1), ms(6));
        assert_eq!(begun(&mut agenda, ms(6)), [0; 0], "4 was given up in the queue");
    }

    #[test]
    fn after_the_end_of_one_the_next_waits_for_the_pause() {
        let mut agenda = agenda(9, ms(100));
        agenda.ask(s(1), (), ms(0), LONG);
        assert_eq!(begun(&mut agenda, ms(0)), [1]);
        agenda.end(s(1), ms(10));
        agenda.ask(s(2), (), ms(20), LONG);
        assert_eq!(begun(&mut agenda, ms(109)), [0; 0]);
        assert_eq!(agenda.next_wake(), Some(ms(110)));
        assert_eq!(begun(&mut agenda, ms(110)), [2]);
        agenda.ask(s(3), (), ms(120), LONG);
        agenda.end(s(3), ms(121));
        agenda.ask(s(4), (), ms(121), LONG);
        assert_eq!(begun(&mut agenda, ms(121)), [4], "one that never began makes nobody pause");
        agenda.ask(s(5), (), ms(122), LONG);
        agenda.take_back(s(4));
        agenda.end(s(4), ms(122));
        assert_eq!(begun(&mut agenda, ms(122)), [5], "nor does one that could not begin");
    }

    #[test]
    fn the_earliest_deadline_comes_first_under_way_or_not() {
        let mut agenda = agenda(1, Duration::ZERO);
        agenda.ask(s(1), (), ms(0), ms(50));
        agenda.ask(s(2), (), ms(10), ms(30));
        agenda.ask(s(3), (), ms(10), Duration::MAX);
        assert_eq!(begun(&mut agenda, ms(10)), [1]);
        assert_eq!((agenda.next_wake(), agenda.overdue(ms(39))), (Some(ms(40)), None));
        assert_eq!(agenda.overdue(ms(45)), Some((s(2), ms(30))));
        agenda.end(s(2), ms(45));
        assert_eq!(agenda.overdue(ms(50)), Some((s(1), ms(50))));
        agenda.end(s(1), ms(50));
        assert_eq!(begun(&mut agenda, ms(50)), [3]);
        assert_eq!((agenda.next_wake(), agenda.overdue(Duration::MAX)), (None, None));
    }

    #[test]
    fn requests_wait_together_behind_callers_and_behind_the_snapshot_that_answers_earlier_ones() {
        let mut agenda = agenda(2, ms(10));
        let nodes = |nodes: &[u32]| Some(nodes.iter().map(|&node| NodeId::new(node)).collect());
        assert_eq!((agenda.next_wake(), agenda.next_requests(ms(0))), (None, None));
        agenda.request(NodeId::new(3));
        assert_eq!(agenda.next_wake(), Some(ms(0)));
        assert_eq!(agenda.next_requests(ms(0)), nodes(&[3]));
        agenda.begin_requested(s(1), ms(0), LONG);
        [4, 5, 4].into_iter().for_each(|node| agenda.request(NodeId::new(node)));
        assert_eq!((agenda.next_wake(), agenda.next_requests(ms(1))), (Some(LONG), None));
        agenda.end(s(1), ms(2));
        agenda.ask(s(2), (), ms(3), LONG);
        assert_eq!((agenda.next_wake(), agenda.next_requests(ms(11))), (Some(ms(12)), None));
        assert_eq!(agenda.next_requests(ms(12)), None, "a caller waits");
        assert_eq!(begun(&mut agenda, ms(12)), [2]);
        assert_eq!(agenda.next_requests(ms(12)), nodes(&[4, 5]));
        agenda.begin_requested(s(3), ms(12), LONG);
        agenda.end(s(2), ms(12));
        agenda.request(NodeId::new(6));
        assert_eq!(agenda.take_requests(), nodes(&[6]));
        assert_eq!(agenda.take_requests(), None);
    }

    #[test]
    fn a_deadline_outside_the_queue_counts_for_no_limit() {
        let mut agenda = agenda(1, ms(10));
        agenda.allow(s(1), ms(0), ms(5));
        agenda.ask(s(2), (), ms(0), LONG);
        assert_eq!(begun(&mut agenda, ms(0)), [2]);
        assert_eq!(agenda.overdue(ms(5)), Some((s(1), ms(5))));
        agenda.end(s(1), ms(5));
        assert_eq!(agenda.overdue(ms(999)), None);
    }
}
