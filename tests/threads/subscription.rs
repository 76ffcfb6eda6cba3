//! A stream of all snapshots that end.

use std::sync::Arc;
use std::thread;

use consistent_cut::{MarkerPolicy, OnFailure, SnapshotError, SystemBuilder, Topology};

use crate::ids::node;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn stage() -> Stage {
    Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default())
}

#[test]
fn every_subscriber_sees_each_snapshot_once_whoever_asks() {
    finishes(|| {
        let stage = stage();
        let subscribers: Vec<_> = (0..3).map(|_| stage.subscribe()).collect();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..10).for_each(|_| drop(stage.snapshot().unwrap())));
            }
        });
        stage.shutdown().unwrap();
        let seen: Vec<Vec<u64>> =
            subscribers.into_iter().map(|all| all.map(|one| one.id.get()).collect()).collect();
        let mut sorted = seen[0].clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (1..=30).collect::<Vec<_>>());
        assert!(seen.iter().all(|ids| *ids == seen[0]), "subscribers saw different orders");
    });
}

#[test]
fn a_subscriber_shares_the_snapshot_with_the_waiting_caller() {
    finishes(|| {
        let stage = stage();
        let outcomes = stage.subscribe();
        let snapshot = stage.snapshot().unwrap();
        let heard = outcomes.take(1).last().unwrap();
        assert!(Arc::ptr_eq(&snapshot, &heard.result.unwrap()));
    });
}

#[test]
fn a_subscriber_sees_nothing_that_ended_before() {
    finishes(|| {
        let stage = stage();
        stage.snapshot().unwrap();
        let mut outcomes = stage.subscribe();
        let second = stage.snapshot().unwrap();
        assert_eq!(outcomes.next().unwrap().id, second.id());
    });
}

#[test]
fn a_subscriber_sees_failures() {
    finishes(|| {
        let stage = stage();
        let outcomes = stage.subscribe();
        let gate = stage.gate();
        let held = gate.clone();
        stage.tell(node(1), move |_, _| {
            held.pass();
            panic!("on purpose");
        });
        gate.await_arrivals(1);
        let pending = stage.begin_snapshot();
        gate.open();
        let error = pending.wait().unwrap_err();
        assert!(matches!(error, SnapshotError::NodeFailed { .. }), "{error}");
        let heard = { outcomes }.find(|outcome| outcome.id == pending.id()).unwrap();
        assert_eq!(heard.result.unwrap_err(), error);
    });
}

#[test]
fn a_stream_waits_for_snapshots_and_ends_with_the_system() {
    finishes(|| {
        let stage = stage();
        let outcomes = stage.subscribe();
        let reader = thread::Builder::new().spawn(move || outcomes.count()).unwrap();
        (0..5).for_each(|_| drop(stage.snapshot().unwrap()));
        drop(stage);
        assert_eq!(reader.join().unwrap(), 5);
    });
}

#[test]
fn an_ended_stream_stays_at_its_end() {
    finishes(|| {
        let stage = stage();
        let mut before = stage.subscribe();
        stage.shutdown().unwrap();
        let mut after = stage.subscribe();
        for _ in 0..3 {
            assert!(before.next().is_none());
            assert!(after.next().is_none());
        }
    });
}

#[test]
fn a_dropped_subscription_disturbs_nobody() {
    finishes(|| {
        let stage = stage();
        drop(stage.subscribe());
        let outcomes = stage.subscribe();
        stage.snapshot().unwrap();
        drop(stage.subscribe());
        stage.snapshot().unwrap();
        stage.shutdown().unwrap();
        assert_eq!(outcomes.count(), 2);
    });
}

/// Waiters, the history and subscribers all learn of a snapshot that a shutdown ends.
#[test]
fn all_agree_on_what_the_shutdown_has_ended() {
    finishes(|| {
        let stage = stage();
        let outcomes = stage.subscribe();
        let gate = stage.hold(node(0));
        let begun: Vec<_> = (0..3).map(|_| stage.begin_snapshot()).collect();
        thread::scope(|scope| {
            let shutdown = scope.spawn(|| stage.shutdown());
            for pending in &begun {
                let snapshot = pending.id();
                assert_eq!(pending.wait().unwrap_err(), SnapshotError::ShutDown { snapshot });
            }
            gate.open();
            shutdown.join().unwrap().unwrap();
        });
        for told in [stage.history(), outcomes.collect()] {
            assert_eq!(told.len(), 3);
            for (outcome, pending) in told.iter().zip(&begun) {
                assert_eq!(outcome.id, pending.id());
                assert!(matches!(outcome.result, Err(SnapshotError::ShutDown { .. })));
            }
        }
    });
}

/// A failure has stopped the system, or has left no node. No snapshot will follow.
#[test]
fn a_stream_ends_when_no_snapshot_will_be_taken_any_more() {
    finishes(|| {
        for (on_failure, victims) in [(OnFailure::Stop, 1), (OnFailure::Continue, 3)] {
            let settings = |builder: SystemBuilder<_>| builder.on_failure(on_failure);
            let stage = Stage::set(Topology::ring(3).unwrap(), settings, |_| {});
            let before = stage.subscribe();
            (0..victims).for_each(|victim| stage.tell(node(victim), |_, _| panic!("on purpose")));
            assert_eq!(before.count(), 0);
            assert!(stage.subscribe().next().is_none());
        }
    });
}

#[test]
fn a_reader_that_lags_gets_the_newest_and_hears_how_many_it_has_missed() {
    finishes(|| {
        let stage = stage();
        let [mut newest, all] = [stage.subscribe().newest(3), stage.subscribe()];
        let ids: Vec<_> = (0..10).map(|_| stage.snapshot().unwrap().id()).collect();
        stage.shutdown().unwrap();
        assert_eq!((newest.missed(), all.missed()), (7, 0));
        let read: Vec<_> = newest.by_ref().map(|outcome| outcome.id).collect();
        assert_eq!(read, ids[7..]);
        assert_eq!((newest.missed(), all.count()), (7, 10));
    });
}

/// Unread outcomes are kept up to a bound, and the others are dropped.
#[test]
fn an_unread_snapshot_is_kept_no_longer_than_it_is_among_the_newest() {
    finishes(|| {
        let stage = stage();
        let outcomes = stage.subscribe().newest(2);
        let first = Arc::downgrade(&stage.snapshot().unwrap());
        assert!(first.upgrade().is_some());
        (0..2).for_each(|_| drop(stage.snapshot().unwrap()));
        // The coordinator has finished with the third when the fourth has begun.
        let fourth = stage.begin_snapshot();
        fourth.cancel();
        let _ = fourth.wait();
        assert!(first.upgrade().is_none());
        drop(outcomes);
    });
}

#[test]
fn a_subscription_outlives_its_system() {
    finishes(|| {
        let stage = stage();
        let mut outcomes = stage.subscribe();
        let snapshot = stage.snapshot().unwrap();
        drop(stage);
        assert!(Arc::ptr_eq(&snapshot, &outcomes.next().unwrap().result.unwrap()));
        assert!(outcomes.next().is_none());
    });
}
