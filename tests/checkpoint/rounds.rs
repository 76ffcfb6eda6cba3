//! The thread that saves checkpoints: when it saves, what it reports, and what does not end it.

use std::time::{Duration, SystemTime};

use consistent_cut::checkpoint::{
    CheckpointCounts, CheckpointEvent, Checkpointer, Reports, SaveError, Which,
};
use consistent_cut::{NodeFailure, OnFailure, SnapshotError, System};

use crate::doll::{
    Doll, FAILS_WHEN_WRITTEN, FIRST, PANICS_WHEN_WRITTEN, SECOND, Say, Strings, Sum, ring,
    stop_both, sum_at, tell,
};
use crate::support::watchdog::finishes;
use crate::tricks::{Log, TrickStore};

const NEVER: Duration = Duration::MAX;

/// A store, two dolls, and their strings.
fn stage() -> (TrickStore, System<Doll>, Strings) {
    let strings = Strings::new();
    let system = strings.spawn(ring());
    (TrickStore::new(&Log::default()), system, strings)
}

/// A checkpointer that begins the next checkpoint when the last is written.
fn eager(system: &System<Doll>, store: &TrickStore) -> Checkpointer<Sum, Say> {
    let checkpointer = system.checkpointer(&store.checkpoints()).period(Duration::ZERO);
    checkpointer.start().expect("a thread")
}

/// Reads reports up to the first for which `wanted` returns a value.
fn until<T>(
    events: &mut Reports<CheckpointEvent>,
    mut wanted: impl FnMut(CheckpointEvent) -> Option<T>,
) -> T {
    events.find_map(&mut wanted).expect("the checkpointer goes on")
}

#[expect(clippy::needless_pass_by_value, reason = "`until` takes a function of a report")]
fn is_saved(event: CheckpointEvent) -> Option<()> {
    matches!(event, CheckpointEvent::Saved(_)).then_some(())
}

#[test]
fn the_first_checkpoint_is_saved_at_once() {
    finishes(|| {
        let (store, system, _) = stage();
        tell(&system, FIRST, Say::Add(7));
        sum_at(&system, FIRST);
        let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>()).period(NEVER);
        let checkpointer = checkpointer.start().expect("a thread");
        until(&mut checkpointer.events(), is_saved);
        let loaded = store.checkpoints::<Sum, Say>().load(Which::Newest).expect("it is good");
        assert_eq!(loaded.snapshot.state(FIRST), &Sum(7));
    });
}

#[test]
fn a_commit_that_blocks_delays_the_next_checkpoint_and_not_the_application() {
    finishes(|| {
        let (store, system, _) = stage();
        let gate = store.hold();
        let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>());
        let checkpointer = checkpointer.period(Duration::from_nanos(1)).start().expect("a thread");
        gate.await_arrivals(1);
        for number in 1..=100 {
            tell(&system, FIRST, Say::Send(1));
            sum_at(&system, FIRST);
            tell(&system, SECOND, Say::Add(0));
            assert!(sum_at(&system, SECOND) <= number);
        }
        // Another caller's snapshot is complete too, so a second checkpoint would have had time.
        system.snapshot().expect("nothing holds up the nodes");
        assert_eq!(system.snapshot_counts().completed, 2, "one checkpoint is under way at a time");
        assert_eq!((store.saved(), checkpointer.counts().saved), (0, 0));
        gate.open();
        let skipped = until(&mut checkpointer.events(), |event| match event {
            CheckpointEvent::Skipped(skipped) => Some(skipped),
            _ => None,
        });
        assert!(skipped > 0);
        assert!(checkpointer.counts().skipped >= skipped);
    });
}

#[test]
fn a_write_that_fails_is_reported_and_tried_again() {
    finishes(|| {
        let (store, system, _) = stage();
        store.fail_commits(2);
        store.panic_commits(1);
        let checkpointer = eager(&system, &store);
        let mut events = checkpointer.events().filter(|event| {
            matches!(event, CheckpointEvent::SaveFailed { .. } | CheckpointEvent::Saved(_))
        });
        for number in 1..=3 {
            let Some(CheckpointEvent::SaveFailed { error, in_a_row }) = events.next() else {
                panic!("failure {number} is not reported");
            };
            assert_eq!(in_a_row, number);
            assert_eq!(matches!(*error, SaveError::Panicked(_)), number == 3, "{error}");
        }
        assert!(matches!(events.next(), Some(CheckpointEvent::Saved(_))));
        store.fail_commits(1);
        let in_a_row = events.find_map(|event| match event {
            CheckpointEvent::SaveFailed { in_a_row, .. } => Some(in_a_row),
            _ => None,
        });
        assert_eq!(in_a_row, Some(1), "a checkpoint that was saved ends the row");
        assert_eq!(checkpointer.counts().saves_failed, 4);
    });
}

#[test]
fn a_state_that_cannot_be_written_is_reported_and_ends_nothing() {
    finishes(|| {
        let (store, system, _) = stage();
        let checkpointer = eager(&system, &store);
        let mut events = checkpointer.events();
        until(&mut events, is_saved);
        tell(&system, FIRST, Say::Add(PANICS_WHEN_WRITTEN));
        until(&mut events, |event| match event {
            CheckpointEvent::SaveFailed { error, .. } => {
                let is_named = matches!(&*error, SaveError::Codec { part, .. } if part == "node 0");
                assert!(is_named, "{error}");
                assert!(error.to_string().contains("this sum cannot be written"), "{error}");
                Some(())
            }
            _ => None,
        });
        tell(&system, FIRST, Say::Add(FAILS_WHEN_WRITTEN - PANICS_WHEN_WRITTEN));
        until(&mut events, |event| match event {
            CheckpointEvent::SaveFailed { error, .. } => match &*error {
                SaveError::Codec { part, .. } => (part == "node 0").then_some(()),
                _ => None,
            },
            _ => None,
        });
        tell(&system, FIRST, Say::Add(1));
        until(&mut events, is_saved);
    });
}

#[test]
fn a_callback_that_panics_is_ignored() {
    finishes(|| {
        let (store, system, _) = stage();
        let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>());
        let checkpointer = checkpointer.period(Duration::ZERO).on_event(|_| panic!("a callback"));
        let checkpointer = checkpointer.start().expect("a thread");
        let mut events = checkpointer.events();
        (0..3).for_each(|_| until(&mut events, is_saved));
    });
}

#[test]
fn snapshots_that_fail_are_reported_with_their_row_and_the_next_is_tried() {
    finishes(|| {
        let strings = Strings::new();
        let system = strings.spawn(ring().snapshot_timeout(Duration::from_millis(20)));
        let store = TrickStore::new(&Log::default());
        tell(&system, SECOND, Say::Block);
        strings.gate().await_arrivals(1);
        let checkpointer = eager(&system, &store);
        let mut events = checkpointer.events();
        for number in 1..=2 {
            until(&mut events, |event| match event {
                CheckpointEvent::SnapshotFailed { error, in_a_row } => {
                    assert_eq!(in_a_row, number);
                    assert!(matches!(error, SnapshotError::TimedOut { .. }), "{error}");
                    assert!(error.to_string().contains("node 1"), "{error}");
                    Some(())
                }
                _ => None,
            });
        }
        assert_eq!(store.saved(), 0);
        assert!(checkpointer.counts().snapshots_failed >= 2);
        strings.gate().open();
        until(&mut events, is_saved);
    });
}

#[test]
fn no_checkpoint_is_saved_without_a_node_that_has_failed() {
    finishes(|| {
        let strings = Strings::new().panics(1);
        let system = strings.spawn(ring().on_failure(OnFailure::Continue));
        let store = TrickStore::new(&Log::default());
        tell(&system, FIRST, Say::Add(7));
        tell(&system, SECOND, Say::Add(8));
        assert_eq!((sum_at(&system, FIRST), sum_at(&system, SECOND)), (7, 8));
        let checkpointer = eager(&system, &store);
        let mut events = checkpointer.events();
        until(&mut events, is_saved);
        tell(&system, SECOND, Say::Panic);
        let node_failed = |event| match event {
            CheckpointEvent::NodeFailed(failure) => Some(failure),
            _ => None,
        };
        let failure: NodeFailure = until(&mut events, node_failed);
        assert_eq!(failure.node, SECOND);
        let saved = store.saved();
        // The first goes on, and is saved no more.
        tell(&system, FIRST, Say::Add(100));
        assert_eq!(sum_at(&system, FIRST), 107);
        (0..3).for_each(|_| drop(until(&mut events, node_failed)));
        assert_eq!(store.saved(), saved);
        drop(checkpointer);
        let again = ring()
            .restore_from(&store.checkpoints(), Which::Newest, |_| strings.doll())
            .expect("the last good one has all nodes");
        assert_eq!((sum_at(&again.system, FIRST), sum_at(&again.system, SECOND)), (7, 8));
    });
}

#[test]
fn it_ends_by_itself_after_the_final_states_are_durable() {
    finishes(|| {
        let (store, system, _) = stage();
        // Without the settling of the nodes there would be one checkpoint alone.
        let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>()).period(NEVER);
        let checkpointer = checkpointer.start().expect("a thread");
        let mut events = checkpointer.events();
        until(&mut events, is_saved);
        tell(&system, FIRST, Say::Add(41));
        stop_both(&system);
        checkpointer.join();
        assert!(events.all(|event| matches!(event, CheckpointEvent::Saved(_))), "the stream ends");
        let last = store.checkpoints::<Sum, Say>().load(Which::Newest).expect("it is good");
        assert_eq!(last.snapshot.state(FIRST), &Sum(41));
        assert!(last.snapshot.is_stopped(FIRST) && last.snapshot.is_stopped(SECOND));
    });
}

#[test]
fn it_does_not_end_before_the_final_states_are_durable() {
    finishes(|| {
        let (store, system, _) = stage();
        stop_both(&system);
        store.fail_commits(5);
        let checkpointer = eager(&system, &store);
        let events = checkpointer.events();
        checkpointer.join();
        let failed =
            events.filter(|event| matches!(event, CheckpointEvent::SaveFailed { .. })).count();
        assert_eq!(failed, 5);
        let last = store.checkpoints::<Sum, Say>().load(Which::Newest).expect("it is good");
        assert!(last.snapshot.is_stopped(FIRST) && last.snapshot.is_stopped(SECOND));
    });
}

/// However long the period is, the final states are tried again soon.
#[test]
fn a_failed_last_save_does_not_wait_for_a_period() {
    finishes(|| {
        let (store, system, _) = stage();
        stop_both(&system);
        store.fail_commits(2);
        let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>()).period(NEVER);
        checkpointer.start().expect("a thread").join();
        let last = store.checkpoints::<Sum, Say>().load(Which::Newest).expect("it is good");
        assert!(last.snapshot.is_stopped(FIRST) && last.snapshot.is_stopped(SECOND));
    });
}

#[test]
fn it_ends_at_a_shutdown_and_does_not_keep_the_system() {
    finishes(|| {
        for drops in [false, true] {
            let (store, system, _) = stage();
            let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>()).period(NEVER);
            let checkpointer = checkpointer.start().expect("a thread");
            let mut events = checkpointer.events();
            until(&mut events, is_saved);
            if !drops {
                system.shutdown().expect("no node has failed");
            }
            drop(system);
            assert!(events.next().is_none());
            checkpointer.join();
        }
    });
}

#[test]
fn the_counts_name_the_last_checkpoint_and_its_age() {
    finishes(|| {
        let (store, system, _) = stage();
        assert_eq!(CheckpointCounts::default().age(SystemTime::UNIX_EPOCH), None);
        let checkpointer = system.checkpointer(&store.checkpoints::<Sum, Say>()).period(NEVER);
        let checkpointer = checkpointer.start().expect("a thread");
        let record = until(&mut checkpointer.events(), |event| match event {
            CheckpointEvent::Saved(record) => Some(record),
            _ => None,
        });
        let counts = checkpointer.counts();
        assert_eq!((counts.saved, counts.last.as_ref()), (1, Some(&record)));
        assert_eq!(counts.new_bytes, record.counts.new_bytes);
        let hour = Duration::from_secs(3_600);
        assert_eq!(counts.age(record.written + hour), Some(hour));
        // A calendar that was set back.
        assert_eq!(counts.age(record.written - hour), Some(Duration::ZERO));
    });
}
