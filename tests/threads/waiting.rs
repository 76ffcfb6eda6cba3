//! Waiting for a snapshot: often, from several threads, in vain, too late.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use consistent_cut::{MarkerPolicy, Topology, WaitTimeoutError};

use crate::channel_law;
use crate::ids::node;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn stage() -> Stage {
    Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default())
}

#[test]
fn waiting_twice_gives_the_same_snapshot() {
    finishes(|| {
        let stage = stage();
        let pending = stage.begin_snapshot();
        let first = pending.wait().unwrap();
        let second = pending.wait().unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&first, &pending.result().unwrap().unwrap()));
        assert_eq!(first.id(), pending.id());
    });
}

#[test]
fn waiting_on_clones_from_several_threads_gives_the_same_snapshot() {
    finishes(|| {
        let stage = stage();
        let gate = stage.hold(node(1));
        let pending = stage.begin_snapshot();
        let results: Vec<_> = thread::scope(|scope| {
            let waiters: Vec<_> = (0..4)
                .map(|_| {
                    let pending = pending.clone();
                    scope.spawn(move || pending.wait().unwrap())
                })
                .collect();
            gate.open();
            waiters.into_iter().map(|waiter| waiter.join().unwrap()).collect()
        });
        channel_law::check(&results[0]);
        assert!(results.iter().all(|result| Arc::ptr_eq(result, &results[0])));
    });
}

#[test]
fn a_snapshot_is_not_there_before_its_last_node_has_recorded() {
    finishes(|| {
        let stage = stage();
        let gate = stage.hold(node(1));
        let pending = stage.begin_at(node(0)).unwrap();
        assert!(pending.result().is_none());
        assert_eq!(stage.history().len(), 0);
        gate.open();
        pending.wait().unwrap();
        assert!(pending.result().unwrap().is_ok());
        assert_eq!(stage.history().len(), 1);
    });
}

#[test]
fn patience_that_ends_leaves_the_snapshot_going() {
    finishes(|| {
        let stage = stage();
        let gate = stage.hold(node(1));
        let pending = stage.begin_snapshot();
        for patience in [Duration::ZERO, Duration::from_millis(5)] {
            let error = pending.wait_timeout(patience).unwrap_err();
            assert_eq!(
                error,
                WaitTimeoutError::NotYet { snapshot: pending.id(), waited: patience }
            );
        }
        assert!(pending.result().is_none());
        gate.open();
        channel_law::check(&pending.wait().unwrap());
    });
}

#[test]
fn patience_without_end_waits_to_the_end() {
    finishes(|| {
        let stage = stage();
        for patience in [Duration::from_secs(3600), Duration::MAX] {
            let gate = stage.hold(node(1));
            let pending = stage.begin_snapshot();
            thread::scope(|scope| {
                let waiter = scope.spawn(|| pending.wait_timeout(patience).unwrap());
                gate.open();
                channel_law::check(&waiter.join().unwrap());
            });
        }
    });
}

#[test]
fn a_finished_snapshot_needs_no_patience() {
    finishes(|| {
        let stage = stage();
        let pending = stage.begin_snapshot();
        let snapshot = pending.wait().unwrap();
        let again = pending.wait_timeout(Duration::ZERO).unwrap();
        assert!(Arc::ptr_eq(&snapshot, &again));
    });
}

#[test]
fn a_snapshot_that_nobody_waits_for_completes() {
    finishes(|| {
        let stage = stage();
        let outcomes = stage.subscribe();
        let id = stage.begin_snapshot().id();
        let outcome = outcomes.take(1).last().unwrap();
        assert_eq!(outcome.id, id);
        channel_law::check(&outcome.result.unwrap());
    });
}

#[test]
fn a_snapshot_outlives_its_system() {
    finishes(|| {
        let stage = stage();
        let pending = stage.begin_snapshot();
        let snapshot = pending.wait().unwrap();
        drop(stage);
        channel_law::check(&snapshot);
        assert!(Arc::ptr_eq(&snapshot, &pending.wait().unwrap()));
    });
}
