//! Snapshots that fail, properties and callbacks that panic: a monitor reports them, and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use consistent_cut::monitor::MonitorEvent;
use consistent_cut::{Invariant, SnapshotError};

use crate::keeper::{
    SECOND, at_least, at_most, await_rounds, await_snapshot, cancel, hold, hurried, keepers, set,
    tell, text,
};
use crate::watchdog::finishes;

#[test]
fn failed_snapshots_are_reported_and_followed_by_others() {
    finishes(|| {
        let system = keepers();
        set(&system, 9);
        let gate = hold(&system, SECOND);
        let watching = hurried(&system).invariant(at_most(8)).start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        for failures in 1..=3 {
            cancel(&system, failures);
            let event = events.next().unwrap();
            let MonitorEvent::SnapshotFailed { error, in_a_row } = event else { panic!("{event}") };
            assert!(matches!(error, SnapshotError::Cancelled { .. }), "{error}");
            assert_eq!(u64::from(in_a_row), failures);
        }
        gate.open();
        assert_eq!(text(&events.next().unwrap()), "`at most 8` is violated in snapshot there is");
        assert_eq!(monitor.effort().failed, 3);
    });
}

#[test]
fn a_node_that_fails_costs_its_snapshot_and_no_more() {
    finishes(|| {
        let system = keepers();
        let gate = hold(&system, SECOND);
        tell(&system, SECOND, |_| panic!("at work"));
        let monitor = hurried(&system).stable(at_least(1)).start().unwrap();
        let mut events = monitor.events();
        await_snapshot(&system, 1);
        gate.open();
        // The first snapshot may come before the panic. No snapshot hangs, and later snapshots are
        // without the node.
        while system.failures().is_empty() {
            std::thread::yield_now();
        }
        await_rounds(&monitor, 2);
        set(&system, 1);
        let rest: Vec<_> = events.by_ref().collect();
        let Some(MonitorEvent::Detected(finding)) = rest.last() else { panic!("{rest:?}") };
        assert_eq!(finding.snapshot.failures().len(), 1);
        let failed = |event: &_| matches!(event, MonitorEvent::SnapshotFailed { .. });
        assert!(rest[..rest.len() - 1].iter().all(failed), "{rest:?}");
    });
}

#[test]
fn a_property_that_panics_is_reported_once_and_the_others_are_watched() {
    finishes(|| {
        let system = keepers();
        let mood = Arc::new(AtomicU8::new(PANICS));
        let at = Arc::clone(&mood);
        let fragile = Invariant::new("fragile", move |_| match at.load(Ordering::SeqCst) {
            PANICS => panic!("broken"),
            mood => mood == HOLDS,
        });
        let watching = hurried(&system).invariant(fragile).invariant(at_most(8)).start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        let MonitorEvent::PropertyPanicked { property, panic, snapshot } = events.next().unwrap()
        else {
            panic!("it panics at once")
        };
        assert_eq!(
            (property.as_str(), panic.as_str(), snapshot.id().get()),
            ("fragile", "broken", 1)
        );
        await_rounds(&monitor, 2);
        assert_eq!(events.ready().count(), 0, "it panics all the time");
        set(&system, 9);
        assert_eq!(text(&events.next().unwrap()), "`at most 8` is violated in snapshot there is");
        mood.store(HOLDS, Ordering::SeqCst);
        await_rounds(&monitor, 2);
        assert_eq!(events.ready().count(), 0, "it has never been violated");
        mood.store(VIOLATED, Ordering::SeqCst);
        assert!(matches!(events.next(), Some(MonitorEvent::Violated(_))));
        mood.store(PANICS, Ordering::SeqCst);
        assert!(matches!(events.next(), Some(MonitorEvent::PropertyPanicked { .. })));
        mood.store(HOLDS, Ordering::SeqCst);
        assert_eq!(text(&events.next().unwrap()), "`fragile` held again in snapshot");
    });
}

const PANICS: u8 = 0;
const HOLDS: u8 = 1;
const VIOLATED: u8 = 2;

/// The round in which a monitor ends is a part of what it has cost.
#[test]
fn the_last_round_counts() {
    finishes(|| {
        let system = keepers();
        let monitor = hurried(&system).stable(at_least(0)).start().unwrap();
        let events = monitor.events();
        assert_eq!(events.count(), 1);
        let effort = monitor.effort();
        assert!(effort.snapshots == 1 && effort.busy > Duration::ZERO, "{effort:?}");
        assert!(effort.watched >= effort.busy && effort.share().is_some(), "{effort:?}");
    });
}

#[test]
fn a_callback_that_panics_is_reported_and_called_again() {
    finishes(|| {
        let system = keepers();
        let watching = hurried(&system)
            .stable(at_least(1))
            .stable(at_least(2))
            .on_event(|event| panic!("cannot bear it: {event}"))
            .start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        for amount in 1..=2 {
            set(&system, amount);
            assert!(matches!(events.next(), Some(MonitorEvent::Detected(_))));
            let Some(MonitorEvent::CallbackPanicked(panic)) = events.next() else {
                panic!("the callback panics")
            };
            assert!(panic.starts_with(&format!("cannot bear it: `at least {amount}` holds")));
        }
        assert!(events.next().is_none());
        monitor.join().unwrap();
    });
}
