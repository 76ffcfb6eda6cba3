//! Unread events: the newest are kept, and the others are counted.

use consistent_cut::monitor::{MonitorEvent, MonitorEvents};
use consistent_cut::{Invariant, SnapshotId};

use crate::keeper::{Event, Note, await_rounds, hurried, keepers};
use crate::watchdog::finishes;

/// Violated in snapshots of odd numbers, and held in the others: each snapshot is an event.
fn even() -> Invariant<u64, Note> {
    Invariant::new("even", |snapshot| snapshot.id().number() % 2 == 0)
}

/// The events of a monitor that has taken at least this many snapshots, and has ended.
fn unread(keep: Option<usize>, snapshots: u64) -> MonitorEvents<u64, Note> {
    let system = keepers();
    let monitor = hurried(&system).invariant(even()).start().unwrap();
    let events = monitor.events();
    let events = match keep {
        Some(newest) => events.newest(newest),
        None => events,
    };
    await_rounds(&monitor, snapshots);
    system.shutdown().unwrap();
    monitor.join().unwrap();
    events
}

fn snapshot_of(event: &Event) -> SnapshotId {
    match event {
        MonitorEvent::Violated(finding) | MonitorEvent::HeldAgain(finding) => finding.snapshot.id(),
        event => panic!("{event}"),
    }
}

#[test]
fn the_newest_are_kept_and_the_others_counted() {
    finishes(|| {
        for keep in [1, 7] {
            let events = unread(Some(keep), 30);
            let dropped = events.missed();
            assert!(dropped >= 30 - keep as u64, "{dropped}");
            let kept: Vec<_> = events.map(|event| snapshot_of(&event).number()).collect();
            assert_eq!(kept, (dropped + 1..=dropped + keep as u64).collect::<Vec<_>>());
        }
    });
}

#[test]
fn a_monitor_that_is_told_nothing_keeps_a_thousand() {
    finishes(|| {
        let events = unread(None, 1500);
        assert!(events.missed() >= 1500 - 1024);
        assert_eq!(events.ready().count(), 1024);
        assert_eq!(events.ready().count(), 0);
    });
}

/// Events that are read make room, and are not counted.
#[test]
fn events_that_are_read_in_time_are_all_there() {
    finishes(|| {
        let system = keepers();
        let monitor = hurried(&system).invariant(even()).start().unwrap();
        let events = monitor.events();
        let mut events = events.newest(1_000_000);
        let seen = (&mut events).take(100).map(|event| snapshot_of(&event).number());
        assert_eq!(seen.collect::<Vec<_>>(), (1..=100).collect::<Vec<_>>());
        assert_eq!(events.missed(), 0);
        drop(monitor);
    });
}

/// The callback has had the events, so none is kept for a reader that may never come.
#[test]
fn with_a_callback_events_are_kept_from_the_first_call_for_them() {
    finishes(|| {
        let system = keepers();
        let watching = hurried(&system).invariant(even()).on_event(|_| {});
        let monitor = watching.start().unwrap();
        await_rounds(&monitor, 10);
        let mut events = monitor.events();
        let first = snapshot_of(&events.next().unwrap()).number();
        assert!(first > 10, "{first}");
        assert_eq!(snapshot_of(&monitor.events().next().unwrap()).number(), first + 1);
        assert_eq!(events.missed(), 0);
    });
}
