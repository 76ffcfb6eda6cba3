//! A monitor that stops its system when it has found something.

use consistent_cut::SnapshotError;
use consistent_cut::monitor::{MonitorEvent, OnFound};

use crate::gate::Gate;
use crate::keeper::{
    FIRST, SECOND, at_least, at_most, await_rounds, cancel, hold, hurried, keepers, note, set,
    tell, text,
};
use crate::watchdog::finishes;

#[test]
fn the_system_stops_with_a_last_snapshot_and_hands_back_its_processes() {
    finishes(|| {
        let system = keepers();
        let watching = hurried(&system).stable(at_least(7)).on_found(OnFound::StopSystem).start();
        let monitor = watching.unwrap();
        let events = monitor.events();
        await_rounds(&monitor, 1);
        set(&system, 7);
        assert_eq!(system.join().unwrap().len(), 2);
        let events: Vec<_> = events.collect();
        let [MonitorEvent::Detected(_), MonitorEvent::SystemStopped(Ok(last))] = &*events else {
            panic!("{events:?}")
        };
        assert_eq!(last.state(FIRST), &7);
        monitor.join().unwrap();
    });
}

/// Messages in flight at that moment are in the last snapshot.
#[test]
fn nothing_is_lost_that_was_injected() {
    finishes(|| {
        let system = keepers();
        set(&system, 9);
        let (gate, held) = (Gate::new(), Gate::new());
        let (passed, holding) = (gate.clone(), held.clone());
        let watching = hurried(&system)
            .invariant(at_most(8))
            .on_found(OnFound::StopSystem)
            .on_event(move |event| {
                if matches!(event, MonitorEvent::Violated(_)) {
                    passed.pass();
                }
            })
            .start();
        let _monitor = watching.unwrap();
        let events = _monitor.events();
        // The monitor is in its callback: it has found something, and not stopped the system yet.
        gate.await_arrivals(1);
        tell(&system, SECOND, move |_| holding.pass());
        held.await_arrivals(1);
        (0..3).for_each(|_| tell(&system, SECOND, |amount| *amount += 1));
        gate.open();
        while system.inject(FIRST, note(|_| {})).is_ok() {
            std::thread::yield_now();
        }
        held.open();
        let Some(MonitorEvent::SystemStopped(Ok(last))) = events.last() else {
            panic!("the last snapshot is complete")
        };
        let in_flight = last.in_flight().filter(|(link, _)| link.target == SECOND).count() as u64;
        assert_eq!(last.state(SECOND) + in_flight, 3);
    });
}

#[test]
fn a_system_that_ends_first_is_fine_too() {
    finishes(|| {
        let system = keepers();
        set(&system, 9);
        let gate = Gate::new();
        let passed = gate.clone();
        let watching = hurried(&system)
            .invariant(at_most(8))
            .on_found(OnFound::StopSystem)
            .on_event(move |_| passed.pass())
            .start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        gate.await_arrivals(1);
        system.shutdown().unwrap();
        gate.open();
        monitor.join().unwrap();
        assert_eq!(text(&events.next().unwrap()), "`at most 8` is violated in snapshot there is");
        let last = events.next();
        assert!(
            matches!(&last, Some(MonitorEvent::SystemStopped(Err(SnapshotError::ShutDown { .. })))),
            "{last:?}"
        );
        assert!(events.next().is_none());
    });
}

/// The last snapshot is given up while a node is in a handler: the system goes on, and the monitor
/// tries again.
#[test]
fn a_stop_that_fails_is_tried_again() {
    finishes(|| {
        let system = keepers();
        set(&system, 9);
        let gate = Gate::new();
        let passed = gate.clone();
        let watching = hurried(&system)
            .invariant(at_most(8))
            .on_found(OnFound::StopSystem)
            .on_event(move |event| {
                if matches!(event, MonitorEvent::Violated(_)) {
                    passed.pass();
                }
            })
            .start();
        let monitor = watching.unwrap();
        let events = monitor.events();
        gate.await_arrivals(1);
        let held = hold(&system, SECOND);
        let last = system.snapshot_counts().asked + 1;
        gate.open();
        cancel(&system, last);
        held.open();
        assert_eq!(system.join().unwrap().len(), 2);
        monitor.join().unwrap();
        let events: Vec<_> = events.collect();
        let [
            MonitorEvent::Violated(_),
            MonitorEvent::SnapshotFailed { error, in_a_row: 1 },
            MonitorEvent::SystemStopped(Ok(_)),
        ] = &*events
        else {
            panic!("{events:?}")
        };
        assert!(matches!(error, SnapshotError::Cancelled { .. }), "{error}");
    });
}
