//! Waiting until a property holds.

use std::thread;
use std::time::Duration;

use consistent_cut::monitor::{LastSeen, WaitUntilError};
use consistent_cut::{OnFailure, SnapshotError, StableProperty};
use crossbeam_channel::unbounded;

use crate::keeper::{
    FIRST, Note, SECOND, at_least, await_snapshot, cancel, counted_keepers, hold, keepers, set,
    tell,
};
use crate::watchdog::finishes;

/// The property "at least 1", which reports each look.
fn watched() -> (StableProperty<u64, Note>, crossbeam_channel::Receiver<()>) {
    let (tx, rx) = unbounded();
    let property = StableProperty::new("at least one", move |snapshot| {
        // A test that is over listens no more.
        let _ = tx.send(());
        *snapshot.state(FIRST) >= 1
    });
    (property, rx)
}

fn ended(error: WaitUntilError<u64, Note>) -> LastSeen<u64, Note> {
    match error {
        WaitUntilError::SystemEnded { seen } => *seen,
        error => panic!("{error}"),
    }
}

fn too_late(error: WaitUntilError<u64, Note>) -> LastSeen<u64, Note> {
    match error {
        WaitUntilError::TimedOut { seen, .. } => *seen,
        error => panic!("{error}"),
    }
}

#[test]
fn it_returns_with_the_first_snapshot_that_shows_the_property() {
    finishes(|| {
        let (system, (property, looks)) = (keepers(), watched());
        thread::scope(|scope| {
            let found = scope.spawn(|| system.wait_until(&property, Duration::MAX).unwrap());
            looks.iter().take(2).for_each(drop);
            set(&system, 1);
            let found = found.join().unwrap();
            assert_eq!(
                (found.property.as_str(), *found.snapshot.state(FIRST)),
                ("at least one", 1)
            );
        });
        // A property that holds already takes one snapshot.
        let asked = system.snapshot_counts().asked;
        system.wait_until(&property, Duration::MAX).unwrap();
        assert_eq!(system.snapshot_counts().asked, asked + 1);
    });
}

#[test]
fn a_timeout_hands_out_the_last_snapshot() {
    finishes(|| {
        let system = keepers();
        // A machine that stalls for all of this time gets more.
        let mut waits = (1..).map(|tens| {
            let timeout = Duration::from_millis(10 * tens);
            let error = system.wait_until(&at_least(1), timeout).expect_err("there is nothing");
            (error.to_string(), too_late(error))
        });
        let (text, seen) = waits.find(|(_, seen)| seen.last.is_some()).unwrap();
        let last = seen.last.unwrap();
        assert_eq!((last.reason.as_str(), *last.snapshot.state(FIRST)), ("there is 0", 0));
        assert!(
            text.contains("`at least 1` did not show: it did not hold when snapshot"),
            "{text}"
        );
        assert!(text.ends_with("it may hold by now: give it more time"), "{text}");
    });
}

#[test]
fn a_timeout_of_nothing_is_over() {
    finishes(|| {
        let system = keepers();
        let error = system.wait_until(&at_least(0), Duration::ZERO).expect_err("there is no time");
        assert!(error.to_string().contains("no snapshot was complete"), "{error}");
        assert!(error.to_string().contains("a timeout of zero"), "{error}");
        let seen = too_late(error);
        assert!(seen.last.is_none() && seen.failed.is_none());
        assert_eq!(system.snapshot_counts().asked, 0);
    });
}

#[test]
fn a_snapshot_that_hangs_does_not_hold_it_up() {
    finishes(|| {
        let system = keepers();
        let gate = hold(&system, SECOND);
        let timeout = Duration::from_millis(5);
        let error = system.wait_until(&at_least(0), timeout).expect_err("a node is held");
        let seen = too_late(error);
        assert!(seen.last.is_none());
        // No snapshot at all, if the time was up before one was begun.
        assert!(matches!(seen.failed, Some(SnapshotError::TimedOut { .. }) | None));
        gate.open();
    });
}

#[test]
fn failed_snapshots_are_followed_by_others() {
    finishes(|| {
        let system = keepers();
        let gate = hold(&system, SECOND);
        thread::scope(|scope| {
            let found = scope.spawn(|| system.wait_until(&at_least(0), Duration::MAX).unwrap());
            (1..=2).for_each(|id| cancel(&system, id));
            await_snapshot(&system, 3);
            gate.open();
            assert_eq!(found.join().unwrap().snapshot.id().get(), 3);
        });
    });
}

#[test]
fn a_shutdown_ends_the_wait() {
    finishes(|| {
        let (system, (property, looks)) = (keepers(), watched());
        thread::scope(|scope| {
            let waiter = scope.spawn(|| system.wait_until(&property, Duration::MAX));
            looks.recv().unwrap();
            system.shutdown().unwrap();
            let seen = ended(waiter.join().unwrap().expect_err("the system has ended"));
            assert!(seen.last.is_some());
        });
        let seen = ended(system.wait_until(&property, Duration::MAX).expect_err("it has ended"));
        assert!(seen.last.is_none());
    });
}

#[test]
fn a_failure_that_stops_the_system_ends_the_wait() {
    finishes(|| {
        let (system, _) = counted_keepers(OnFailure::Stop);
        let gate = hold(&system, SECOND);
        tell(&system, FIRST, |_| panic!("the end of all"));
        let error = system.wait_until(&at_least(1), Duration::MAX).expect_err("it has ended");
        let seen = ended(error);
        assert!(seen.last.is_none());
        assert!(matches!(seen.failed, Some(SnapshotError::NodeFailed { .. })), "{seen:?}");
        gate.open();
    });
}

/// A timeout that ends at any moment, between any two looks at the clock.
#[test]
fn timeouts_that_are_about_to_end_are_no_surprise() {
    let system = keepers();
    for nanos in (0..400).map(|round| round * 500) {
        let never = StableProperty::new("never", |_| false);
        let ended = system.wait_until(&never, Duration::from_nanos(nanos));
        assert!(matches!(ended, Err(WaitUntilError::TimedOut { .. })), "{ended:?}");
    }
}
