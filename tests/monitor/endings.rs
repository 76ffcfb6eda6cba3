//! The ends of a monitor: with its system, and when it is dropped.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::monitor::{Monitor, MonitorEvent, MonitorJoinError, OnFound};
use consistent_cut::{OnFailure, SnapshotError};
use crossbeam_channel::bounded;
use parking_lot::Mutex;

use crate::keeper::{
    Keepers, Note, SECOND, Watching, at_least, at_most, await_rounds, await_snapshot,
    counted_keepers, hold, hurried, keepers, set, tell,
};
use crate::watchdog::finishes;

const LONG: Duration = Duration::from_secs(100_000);

/// A monitor that has taken its first snapshot, and waits for the second for this period.
fn waiting(system: &Keepers, period: Duration) -> Watching {
    let monitor = hurried(system).period(period).invariant(at_most(8)).start().unwrap();
    let events = monitor.events();
    while monitor.effort().snapshots == 0 {
        std::thread::yield_now();
    }
    (monitor, events)
}

fn ends_by(on_failure: OnFailure, end: impl Fn(Keepers) + Send + 'static) {
    finishes(move || {
        for period in [Duration::ZERO, LONG, Duration::MAX] {
            let system = counted_keepers(on_failure).0;
            let (monitor, mut events) = waiting(&system, period);
            end(system);
            monitor.join().unwrap();
            assert!(events.next().is_none());
        }
    });
}

#[test]
fn it_ends_with_a_shutdown() {
    ends_by(OnFailure::Continue, |system| drop(system.shutdown().unwrap()));
}

#[test]
fn it_ends_with_a_system_that_is_dropped() {
    ends_by(OnFailure::Continue, drop);
}

#[test]
fn it_ends_with_the_last_snapshot() {
    ends_by(OnFailure::Continue, |system| drop(system.snapshot_and_stop().unwrap()));
}

/// Snapshots that are under way fail by the shutdown, which may be reported before the end.
#[test]
fn it_ends_with_a_failure_that_stops_the_system() {
    finishes(|| {
        for period in [Duration::ZERO, LONG] {
            let system = counted_keepers(OnFailure::Stop).0;
            let (monitor, events) = waiting(&system, period);
            tell(&system, SECOND, |_| panic!("the end of all"));
            monitor.join().unwrap();
            let failed = |event: &_| matches!(event, MonitorEvent::SnapshotFailed { .. });
            assert!(events.into_iter().all(|event| failed(&event)));
        }
    });
}

#[test]
fn one_that_starts_after_the_end_ends_at_once() {
    finishes(|| {
        let system = keepers();
        system.shutdown().unwrap();
        let monitor = hurried(&system).stable(at_least(1)).start().unwrap();
        let mut events = monitor.events();
        assert!(events.next().is_none());
        monitor.join().unwrap();
    });
}

/// The monitor ends in a pause of any length, and its system goes on.
#[test]
fn dropped_it_ends_and_leaves_the_system_alone() {
    finishes(|| {
        for period in [Duration::ZERO, LONG, Duration::MAX] {
            let system = keepers();
            let (monitor, mut events) = waiting(&system, period);
            drop(monitor);
            assert!(events.next().is_none());
            let asked = system.snapshot_counts().asked;
            system.snapshot().unwrap();
            assert_eq!(system.snapshot_counts().asked, asked + 1, "no monitor asks any more");
        }
    });
}

/// The values that the thread held are gone by then.
#[test]
fn dropped_it_has_joined_its_thread() {
    finishes(|| {
        let system = keepers();
        for _ in 0..50 {
            let held = Arc::new(());
            let by_callback = Arc::clone(&held);
            let watching = hurried(&system)
                .invariant(at_most(8))
                .on_event(move |_| drop(Arc::clone(&by_callback)))
                .start();
            let monitor = watching.unwrap();
            let events = monitor.events();
            drop(monitor);
            assert_eq!(Arc::strong_count(&held), 1);
            drop(events);
        }
    });
}

#[test]
fn dropped_it_cancels_the_snapshot_that_it_waits_for() {
    finishes(|| {
        let system = keepers();
        let gate = hold(&system, SECOND);
        let monitor = hurried(&system).stable(at_least(1)).start().unwrap();
        let mut events = monitor.events();
        let pending = await_snapshot(&system, 1);
        drop(monitor);
        assert!(events.next().is_none());
        assert!(matches!(pending.wait(), Err(SnapshotError::Cancelled { .. })));
        gate.open();
        system.snapshot().unwrap();
    });
}

/// A dropped monitor stops no system.
#[test]
fn its_own_callback_may_drop_it() {
    finishes(|| {
        let system = keepers();
        let (tx, rx) = bounded::<()>(0);
        let place = Arc::new(Mutex::new(None));
        let own = Arc::clone(&place);
        let watching = hurried(&system)
            .invariant(at_most(8))
            .on_found(OnFound::StopSystem)
            .on_event(move |_| {
                rx.recv().unwrap();
                drop(own.lock().take());
            })
            .start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        *place.lock() = Some(monitor);
        set(&system, 9);
        tx.send(()).unwrap();
        assert!(events.next().is_some());
        assert!(events.next().is_none());
        system.snapshot().unwrap();
    });
}

/// The monitor cannot wait for itself there, and goes on. Here it stops the system.
#[test]
fn its_own_callback_cannot_join_it_and_does_not_end_it() {
    finishes(|| {
        let system = keepers();
        let (tx, rx) = bounded::<Monitor<u64, Note>>(1);
        let watching = hurried(&system)
            .invariant(at_most(8))
            .on_found(OnFound::StopSystem)
            .on_event(move |_| {
                if let Ok(monitor) = rx.recv() {
                    assert_eq!(monitor.join(), Err(MonitorJoinError::InOwnCallback));
                }
            })
            .start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        tx.send(monitor).unwrap();
        drop(tx);
        set(&system, 9);
        assert!(matches!(events.next(), Some(MonitorEvent::Violated(_))));
        let last = events.next();
        assert!(matches!(last, Some(MonitorEvent::SystemStopped(Ok(_)))), "{last:?}");
        assert!(events.next().is_none());
        system.join().unwrap();
    });
}

/// Processes are dropped with the system, whatever a monitor holds.
#[test]
fn it_does_not_keep_the_system_alive() {
    finishes(|| {
        let (system, alive) = counted_keepers(OnFailure::Continue);
        let monitor = hurried(&system).invariant(at_most(8)).start().unwrap();
        let events = monitor.events();
        await_rounds(&monitor, 1);
        drop(system);
        assert_eq!(Arc::strong_count(&alive), 1);
        drop((monitor, events));
    });
}

#[test]
fn a_reader_that_lags_gets_the_newest_events_and_hears_how_many_it_has_missed() {
    finishes(|| {
        let system = keepers();
        let watching = (1..=3).fold(hurried(&system), |all, amount| all.stable(at_least(amount)));
        let monitor = watching.start().unwrap();
        let events = monitor.events();
        let mut events = events.newest(1);
        set(&system, 3);
        monitor.join().unwrap();
        assert_eq!(events.missed(), 2);
        let last = events.next().unwrap().to_string();
        assert!(last.starts_with("`at least 3` holds"), "{last}");
        assert!(events.next().is_none());
    });
}
