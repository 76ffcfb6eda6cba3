//! The reported events, and their number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use consistent_cut::StableProperty;
use crossbeam_channel::unbounded;

use crate::keeper::{FIRST, at_least, at_most, await_rounds, hurried, keepers, set, text};
use crate::watchdog::finishes;

#[test]
fn an_invariant_is_reported_when_it_changes_and_not_between() {
    finishes(|| {
        let system = keepers();
        let monitor = hurried(&system).invariant(at_most(10)).start().unwrap();
        let mut events = monitor.events();
        await_rounds(&monitor, 2);
        for (amount, event) in [
            (12, "`at most 10` is violated in snapshot there is"),
            (5, "`at most 10` held again in snapshot"),
            (11, "`at most 10` is violated in snapshot there is"),
        ] {
            assert_eq!(events.ready().count(), 0, "nothing has changed");
            set(&system, amount);
            assert_eq!(text(&events.next().unwrap()), event);
            await_rounds(&monitor, 2);
        }
        assert_eq!(events.ready().count(), 0);
    });
}

#[test]
fn a_stable_property_that_was_found_is_not_looked_at_again() {
    finishes(|| {
        let system = keepers();
        let looks = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&looks);
        let property = StableProperty::new("full", move |snapshot| {
            counter.fetch_add(1, Ordering::Relaxed);
            *snapshot.state(FIRST) >= 3
        });
        let watching = hurried(&system).stable(property).invariant(at_most(10)).start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        await_rounds(&monitor, 2);
        set(&system, 3);
        assert_eq!(
            text(&events.next().unwrap()),
            "`full` holds, as snapshot shows: `full` is true"
        );
        let looked = looks.load(Ordering::Relaxed);
        await_rounds(&monitor, 3);
        assert_eq!(looks.load(Ordering::Relaxed), looked);
        assert_eq!(events.ready().count(), 0);
    });
}

#[test]
fn a_monitor_ends_when_all_is_found() {
    finishes(|| {
        let system = keepers();
        let watching = hurried(&system).stable(at_least(1)).stable(at_least(2)).start();
        let monitor = watching.unwrap();
        let mut events = monitor.events();
        set(&system, 1);
        assert_eq!(
            text(&events.next().unwrap()),
            "`at least 1` holds, as snapshot shows: there is"
        );
        set(&system, 2);
        assert_eq!(events.by_ref().count(), 1);
        monitor.join().unwrap();
        assert!(events.next().is_none());
        assert!(system.snapshot().is_ok(), "the system goes on");
    });
}

#[test]
fn the_callback_hears_what_the_stream_tells() {
    finishes(|| {
        let system = keepers();
        set(&system, 9);
        let (tx, rx) = unbounded();
        let watching = hurried(&system)
            .invariant(at_most(8))
            .stable(at_least(1))
            .stable(at_least(9))
            .on_event(move |event| tx.send(event.to_string()).unwrap())
            .start();
        let monitor = watching.unwrap();
        let events = monitor.events();
        await_rounds(&monitor, 1);
        drop(monitor);
        let told: Vec<_> = events.map(|event| event.to_string()).collect();
        assert_eq!(
            told,
            [
                "`at most 8` is violated in snapshot 1: there is 9",
                "`at least 1` holds, as snapshot 1 shows: there is 9",
                "`at least 9` holds, as snapshot 1 shows: there is 9",
            ]
        );
        assert_eq!(rx.iter().collect::<Vec<_>>(), told);
    });
}

/// No reader takes the events, so none is kept.
#[test]
fn events_that_nobody_wants_can_be_dropped() {
    finishes(|| {
        let system = keepers();
        let monitor = hurried(&system).invariant(at_most(8)).start().unwrap();
        let events = monitor.events();
        drop(events);
        set(&system, 9);
        await_rounds(&monitor, 2);
    });
}
