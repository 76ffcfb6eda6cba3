//! When no node handles anything more, all waits for a change end, whether nodes have failed or
//! stopped.

use std::thread;
use std::time::Duration;

use consistent_cut::monitor::{MonitorEvent, WaitUntilError};
use consistent_cut::{GlobalSnapshot, Invariant, NodeId, OnFailure, SnapshotError, StableProperty};

use crate::keeper::{
    FIRST, Keepers, SECOND, at_least, at_most, await_rounds, counted_keepers, hold, hurried,
    keepers, set, tell,
};
use crate::watchdog::finishes;

const LONG: Duration = Duration::from_secs(100_000);

fn fail(system: &Keepers, node: NodeId) {
    tell(system, node, |_| panic!("on purpose"));
}

fn fail_all(system: &Keepers) {
    [FIRST, SECOND].into_iter().for_each(|node| fail(system, node));
    while system.failures().len() < 2 {
        thread::yield_now();
    }
}

fn stop_all(system: &Keepers) {
    [FIRST, SECOND].into_iter().for_each(|node| system.stop_node(node).unwrap());
}

#[test]
fn wait_until_ends_when_every_node_has_failed() {
    finishes(|| {
        let system = keepers();
        fail_all(&system);
        let error = system.wait_until(&at_least(1), Duration::MAX).expect_err("no node is left");
        let WaitUntilError::SystemEnded { seen } = error else { panic!("{error}") };
        assert!(matches!(seen.failed, Some(SnapshotError::NodeFailed { .. }) | None), "{seen}");
    });
}

/// The wait has begun by then, and its snapshots were complete.
#[test]
fn wait_until_ends_when_the_last_node_fails_meanwhile() {
    finishes(|| {
        let system = keepers();
        thread::scope(|scope| {
            let waiter = scope.spawn(|| system.wait_until(&at_least(1), Duration::MAX));
            while system.snapshot_counts().completed == 0 {
                thread::yield_now();
            }
            fail_all(&system);
            let error = waiter.join().unwrap().expect_err("no node is left");
            assert!(matches!(error, WaitUntilError::SystemEnded { .. }), "{error}");
        });
    });
}

/// A failure that stops the system ends the wait. Here the other nodes go on, and one node is left.
#[test]
fn wait_until_goes_on_with_the_nodes_that_are_left() {
    finishes(|| {
        let system = keepers();
        fail(&system, SECOND);
        while system.failures().is_empty() {
            thread::yield_now();
        }
        set(&system, 1);
        let found = system.wait_until(&at_least(1), Duration::MAX).unwrap();
        assert_eq!(found.snapshot.failures().len(), 1);
    });
}

#[test]
fn wait_until_ends_when_every_node_has_stopped() {
    finishes(|| {
        let system = keepers();
        set(&system, 3);
        stop_all(&system);
        // A property that holds at the end is found all the same.
        assert!(system.wait_until(&at_least(3), Duration::MAX).is_ok());
        let error = system.wait_until(&at_least(4), Duration::MAX).expect_err("3 is the end");
        let WaitUntilError::NoNodeLeft { seen } = &error else { panic!("{error}") };
        assert_eq!(seen.last.as_ref().unwrap().reason, "there is 3");
        assert!(error.to_string().contains("every node has stopped or failed"), "{error}");
        assert!(system.snapshot().is_ok(), "snapshots go on");
    });
}

/// The nodes go on, and waits for a change go on with them.
#[test]
fn wait_until_goes_on_after_a_last_snapshot_that_failed() {
    finishes(|| {
        let system = keepers();
        let gate = hold(&system, SECOND);
        thread::scope(|scope| {
            let last = scope.spawn(|| system.snapshot_and_stop());
            crate::keeper::cancel(&system, 1);
            assert!(last.join().unwrap().is_err());
        });
        gate.open();
        tell(&system, FIRST, |kept| *kept = 1);
        assert!(system.wait_until(&at_least(1), Duration::MAX).is_ok());
    });
}

#[test]
fn a_monitor_ends_when_every_node_has_failed() {
    finishes(|| {
        for (cost, period) in [(1.0, Duration::ZERO), (1.0, LONG), (0.5, Duration::MAX)] {
            let system = counted_keepers(OnFailure::Continue).0;
            // Between the two failures a state is missing.
            let never = |s: &GlobalSnapshot<u64, _>| s.states().all(|(_, amount)| *amount > 0);
            let never = StableProperty::new("all have something", never);
            let always = |s: &GlobalSnapshot<u64, _>| s.states().all(|(_, amount)| *amount < 9);
            let watching = system.monitor().cost(cost).period(period).stable(never);
            let watching = watching.invariant(Invariant::new("at most 8", always));
            let monitor = watching.start().unwrap();
            let events = monitor.events();
            while monitor.effort().snapshots == 0 {
                thread::yield_now();
            }
            fail_all(&system);
            monitor.join().unwrap();
            let failed = |event: &_| matches!(event, MonitorEvent::SnapshotFailed { .. });
            let events: Vec<_> = events.collect();
            assert!(events.iter().all(failed), "{events:?}");
        }
    });
}

/// Before the monitor ends, it looks at the final states of the nodes.
#[test]
fn a_monitor_ends_when_every_node_has_stopped_and_has_seen_the_end() {
    finishes(|| {
        for period in [Duration::ZERO, LONG, Duration::MAX] {
            let system = keepers();
            let watching = hurried(&system).period(period).invariant(at_most(8)).start();
            let monitor = watching.unwrap();
            let events = monitor.events();
            if period.is_zero() {
                await_rounds(&monitor, 1);
            }
            set(&system, 9);
            stop_all(&system);
            monitor.join().unwrap();
            let events: Vec<_> = events.collect();
            assert!(matches!(&*events, [MonitorEvent::Violated(_)]), "{events:?}");
            assert_eq!(system.join().unwrap().len(), 2);
        }
    });
}
