//! The registry without a coordinator. Each test runs as a model, since promises contain locks, and
//! loom's locks work only in a model.

use super::*;
use crate::runtime::coordinator::settings::{Limits, Memory};
use crate::runtime::coordinator::subscribers::Next;
use crate::sync::model;

const LONG: Duration = Duration::from_secs(1000);

fn s(id: u64) -> SnapshotId {
    SnapshotId::new(id)
}

fn n(node: u32) -> NodeId {
    NodeId::new(node)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn registry(max_concurrent_snapshots: usize, min_pause: Duration) -> Registry<(), ()> {
    let limits = Limits { max_concurrent_snapshots, min_pause };
    let memory = Memory { outcomes: 4, values: 0 };
    let settings = CoordinatorSettings { timeout: LONG, limits, memory, ..Default::default() };
    Registry::new(s(1), &settings)
}

impl Registry<(), ()> {
    fn ask(&mut self, timeout: Duration, now: Duration) -> Promised<SnapshotResult<(), ()>> {
        self.open_as(Stage::Queued(Initiators::Fewest), timeout, now)
    }

    fn open_as(
        &mut self,
        stage: Stage,
        timeout: Duration,
        now: Duration,
    ) -> Promised<SnapshotResult<(), ()>> {
        let (promise, promised) = promise();
        let (_, ended) = self.open(stage, promise, timeout);
        self.start_time(now);
        ended.into_iter().for_each(|ended| ended.deliver(|| {}));
        promised
    }

    /// The snapshots that begin now.
    fn begun(&mut self, now: Duration) -> Vec<u64> {
        match self.look(Vec::new(), now) {
            Due::Begin { snapshots, .. } => snapshots.iter().map(|(id, _)| id.get()).collect(),
            Due::Fail(overdue) => panic!("overdue: {overdue:?}"),
        }
    }

    /// The nodes whose requests are answered now.
    fn answered(&mut self, requesting: &[NodeId], now: Duration) -> Option<Vec<NodeId>> {
        let Due::Begin { snapshots, .. } = self.look(requesting.to_vec(), now) else { return None };
        snapshots.into_iter().find_map(|(_, initiators)| match initiators {
            Initiators::Requesting(nodes) => Some(nodes),
            _ => None,
        })
    }

    fn overdue(&mut self, now: Duration) -> Vec<(u64, Duration)> {
        match self.look(Vec::new(), now) {
            Due::Fail(overdue) => overdue.iter().map(|(id, time)| (id.get(), *time)).collect(),
            Due::Begin { .. } => Vec::new(),
        }
    }

    fn cancel(&mut self, id: u64, now: Duration) -> bool {
        let error = SnapshotError::ShutDown { snapshot: s(id) };
        self.end(s(id), Err(error), now).map(|ended| ended.deliver(|| {})).is_ok()
    }

    /// How many due times there are. Each belongs to an entry.
    fn due_times(&self) -> usize {
        for (due, id) in self.by_due.all() {
            assert_eq!(self.entries.get(&id).map(|entry| entry.due), Some(Some(due)), "{id}");
        }
        let with_due = self.entries.values().filter(|entry| entry.due.is_some()).count();
        assert_eq!(self.by_due.all().len(), with_due);
        with_due
    }
}

#[test]
fn no_more_are_under_way_than_allowed_and_they_begin_in_the_order_asked_for() {
    model(|| {
        let mut registry = registry(2, Duration::ZERO);
        (1..=5).for_each(|_| drop(registry.ask(LONG, ms(0))));
        assert_eq!(registry.begun(ms(0)), [1, 2]);
        assert_eq!(registry.next_wake(), Some(LONG), "only a due time can help");
        registry.cancel(2, ms(5));
        assert_eq!(registry.next_wake(), Some(ms(5)));
        assert_eq!(registry.begun(ms(5)), [3]);
        registry.cancel(4, ms(6));
        registry.cancel(1, ms(6));
        assert_eq!(registry.begun(ms(6)), [5], "4 was given up while it waited");
        registry.cancel(3, ms(7));
        assert_eq!((registry.begun(ms(7)), registry.next_wake()), (vec![], Some(LONG)));
    });
}

#[test]
fn after_the_end_of_one_the_next_waits_for_the_pause() {
    model(|| {
        let mut registry = registry(9, ms(100));
        registry.ask(LONG, ms(0));
        assert_eq!(registry.begun(ms(0)), [1]);
        registry.cancel(1, ms(10));
        registry.ask(LONG, ms(20));
        assert_eq!(registry.begun(ms(109)), [0; 0]);
        assert_eq!(registry.next_wake(), Some(ms(110)));
        assert_eq!(registry.begun(ms(110)), [2]);
        registry.ask(LONG, ms(120));
        registry.cancel(3, ms(121));
        registry.ask(LONG, ms(121));
        assert_eq!(registry.begun(ms(121)), [4], "one that never began makes nobody pause");
        registry.ask(LONG, ms(122));
        let error = SnapshotError::ShutDown { snapshot: s(4) };
        let Ok(refused) = registry.refuse(s(4), error) else { panic!("it is there") };
        refused.deliver(|| {});
        assert_eq!(registry.begun(ms(122)), [5], "nor does one that could not begin");
    });
}

#[test]
fn the_earliest_due_time_comes_first_under_way_or_not() {
    model(|| {
        let mut registry = registry(1, Duration::ZERO);
        registry.ask(ms(50), ms(0));
        registry.ask(ms(30), ms(10));
        registry.ask(Duration::MAX, ms(10));
        registry.open_as(Stage::Last, ms(45), ms(10));
        assert_eq!((registry.begun(ms(10)), registry.due_times()), (vec![1], 3));
        assert_eq!((registry.next_wake(), registry.overdue(ms(39))), (Some(ms(40)), vec![]));
        assert_eq!(registry.overdue(ms(45)), [(2, ms(30))]);
        assert_eq!(registry.overdue(ms(50)), [(2, ms(30)), (1, ms(50))]);
        registry.cancel(2, ms(45));
        assert_eq!((registry.due_times(), registry.overdue(ms(50))), (2, vec![(1, ms(50))]));
        registry.cancel(1, ms(50));
        assert_eq!((registry.begun(ms(50)), registry.next_wake()), (vec![3], Some(ms(55))));
        registry.cancel(4, ms(51));
        assert_eq!((registry.due_times(), registry.next_wake()), (0, None));
        assert_eq!(registry.overdue(Duration::MAX), []);
    });
}

#[test]
fn the_time_of_a_snapshot_begins_when_the_coordinator_sees_it() {
    model(|| {
        let mut registry = registry(1, ms(0));
        registry.open(Stage::Queued(Initiators::Fewest), promise().0, ms(5));
        assert_eq!((registry.due_times(), registry.begun(ms(90))), (0, vec![1]));
        assert_eq!(
            (registry.next_wake(), registry.overdue(ms(95))),
            (Some(ms(95)), vec![(1, ms(5))])
        );
    });
}

#[test]
fn requests_wait_together_behind_callers_and_behind_the_snapshot_that_answers_earlier_ones() {
    model(|| {
        let mut registry = registry(2, ms(10));
        assert_eq!((registry.next_wake(), registry.answered(&[], ms(0))), (None, None));
        assert_eq!(registry.answered(&[n(3)], ms(0)), Some(vec![n(3)]));
        assert_eq!(registry.answered(&[n(4), n(5), n(4)], ms(1)), None);
        assert_eq!(registry.next_wake(), Some(LONG));
        registry.cancel(1, ms(2));
        registry.ask(LONG, ms(3));
        registry.ask(LONG, ms(3));
        assert_eq!((registry.answered(&[], ms(11)), registry.next_wake()), (None, Some(ms(12))));
        assert_eq!(registry.begun(ms(12)), [2, 3], "callers first");
        registry.cancel(2, ms(13));
        assert_eq!(registry.answered(&[], ms(23)), Some(vec![n(4), n(5)]));
        registry.cancel(4, ms(24));
        assert_eq!((registry.answered(&[], ms(99)), registry.due_times()), (None, 1));
    });
}

#[test]
fn the_first_of_the_last_snapshots_goes_before_the_others_and_counts_for_no_limit() {
    model(|| {
        let mut registry = registry(1, ms(10));
        (1..=3).for_each(|_| drop(registry.open_as(Stage::Last, LONG, ms(0))));
        registry.ask(LONG, ms(0));
        assert_eq!((registry.begun(ms(0)), registry.last()), (vec![4], Some(s(1))));
        registry.cancel(2, ms(1));
        assert_eq!(registry.last(), Some(s(1)));
        registry.cancel(1, ms(1));
        assert_eq!(registry.last(), Some(s(3)));
        registry.cancel(3, ms(1));
        registry.cancel(4, ms(5));
        registry.ask(LONG, ms(5));
        assert_eq!((registry.last(), registry.next_wake()), (None, Some(ms(15))));
    });
}

#[test]
fn a_snapshot_ends_once_and_is_found_before_and_after() {
    model(|| {
        let mut registry = registry(1, ms(0));
        let key = registry.subscribers.add();
        let promised = registry.ask(LONG, ms(0));
        assert!(registry.find(s(1)).is_ok_and(|found| found.look().is_none()));
        assert!(matches!(registry.find(s(2)), Err(FindSnapshotError::Unknown { .. })));
        assert!(registry.cancel(1, ms(1)) && !registry.cancel(1, ms(2)));
        let error = SnapshotError::ShutDown { snapshot: s(1) };
        let is_same = |found: &Promised<SnapshotResult<(), ()>>| matches!(found.look(), Some(Ok(Err(found))) if found == error);
        assert!(is_same(&promised) && registry.find(s(1)).is_ok_and(|found| is_same(&found)));
        assert!(
            matches!(registry.subscribers.next(key), Next::Outcome(outcome) if outcome.id == s(1))
        );
        assert!(matches!(registry.subscribers.next(key), Next::Wait));
        let counts = registry.counts();
        assert_eq!((counts.asked, counts.shut_down, counts.under_way()), (1, 1, 0));
    });
}

#[test]
fn a_registry_that_closes_ends_all_and_what_is_opened_later() {
    model(|| {
        let mut registry = registry(1, ms(0));
        let key = registry.subscribers.add();
        let promised = [(); 2].map(|()| registry.ask(LONG, ms(0)));
        let last = registry.open_as(Stage::Last, LONG, ms(0));
        assert_eq!(registry.begun(ms(0)), [1]);
        let failure = NodeFailure { node: n(0).into(), panic: String::new() };
        let (ended, is_over) = registry.close(&Halt::Failed(failure), vec![n(0)], ms(1));
        assert!(is_over && ended.iter().map(|ended| ended.id.get()).eq(1..=4), "one for node 0");
        ended.into_iter().for_each(|ended| ended.deliver(|| {}));
        let late = registry.ask(LONG, ms(2));
        assert!(registry.close(&Halt::ShutDown, Vec::new(), ms(2)).1);
        let later = registry.ask(LONG, ms(2));
        for promised in promised.iter().chain([&last, &late, &later]) {
            assert!(matches!(promised.look(), Some(Ok(Err(SnapshotError::NodeFailed { .. })))));
        }
        assert_eq!((registry.due_times(), registry.counts().node_failed), (0, 6));
        let heard = std::iter::from_fn(|| match registry.subscribers.next(key) {
            Next::Outcome(outcome) => Some(outcome.id.get()),
            Next::Wait => panic!("the stream goes on"),
            Next::End => None,
        });
        assert!(heard.eq(1..=4));
    });
}

#[test]
fn a_crowd_is_ended_in_several_goes() {
    let mut crowd = registry(1, ms(0));
    // Only on threads: in a model each promise is a step that loom explores.
    let size = if crate::sync::IS_MODEL { 0 } else { 3 * MOST_ENDED_TOGETHER as u64 / 2 };
    (0..size).for_each(|_| drop(crowd.ask(LONG, ms(0))));
    let goes = std::iter::from_fn(|| match crowd.close(&Halt::ShutDown, Vec::new(), ms(0)) {
        (ended, true) if ended.is_empty() => None,
        (ended, _) => Some(ended.len() as u64),
    });
    assert_eq!(goes.sum::<u64>(), size);
    assert_eq!((crowd.counts().shut_down, crowd.due_times()), (size, 0));
}
