//! When a supervised system is restarted, from which checkpoint, how often, and after which pauses.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use consistent_cut::SnapshotError;
use consistent_cut::checkpoint::{
    Cause, LoadError, RestartPolicy, ResumeError, SupervisionError, SupervisionEvent,
};

use crate::doll::{FIRST, SECOND, Say, Strings, ring, stop_both, sum_at, tell};
use crate::lives::{Lives, eager, pauses, until, until_failed, until_saved, until_started};
use crate::support::watchdog::finishes;

#[test]
fn a_system_whose_node_panics_goes_on_from_the_last_checkpoint() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(1));
        let supervised = lives.start();
        let mut events = supervised.events();
        assert!(matches!(until_started(&mut events), (None, _)), "it has started anew");
        let old = supervised.system();
        tell(&old, FIRST, Say::Emit(7));
        sum_at(&old, FIRST);
        until_saved(&mut events);
        tell(&old, SECOND, Say::Panic);
        let cause = until_failed(&mut events);
        let Cause::NodesFailed(failures) = &cause else { panic!("{cause}") };
        assert_eq!(failures[0].node, SECOND);
        let (from, damaged) = until_started(&mut events);
        assert!(from.is_some() && damaged.is_empty());
        let system = supervised.system();
        assert!(!Arc::ptr_eq(&old, &system));
        assert_eq!(sum_at(&system, FIRST), 7);
        stop_both(&system);
        let dolls = supervised.join().expect("it ends by itself");
        assert_eq!((dolls[0].sum.0, dolls[1].sum.0), (7, 0));
        assert_eq!(lives.sink.of(FIRST), [(1, "7".to_owned())], "it was released once");
        assert!(matches!(events.last(), Some(SupervisionEvent::Over)));
    });
}

#[test]
fn a_handler_that_never_returns_is_given_up_and_its_late_return_changes_nothing() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let system = ring().snapshot_timeout(Duration::from_millis(150));
        let supervised = lives.builder(system).start().expect("it starts");
        let mut events = supervised.events();
        until_started(&mut events);
        let old = supervised.system();
        tell(&old, FIRST, Say::Emit(7));
        sum_at(&old, FIRST);
        until_saved(&mut events);
        // No checkpoint has the message that blocks: a commit is under way until it is handled.
        let commit = lives.store.hold();
        commit.await_arrivals(1);
        tell(&old, FIRST, Say::Block);
        lives.strings.gate().await_arrivals(1);
        commit.open();
        let cause = until_failed(&mut events);
        let Cause::Stuck(error) = &cause else { panic!("{cause}") };
        assert!(matches!(error, SnapshotError::TimedOut { .. }), "{error}");
        assert!(cause.to_string().contains("node 0"), "{cause}");
        let given_up = until(&mut events, |event| match event {
            SupervisionEvent::GivenUp(nodes) => Some(nodes),
            _ => None,
        });
        assert_eq!(given_up.iter().map(|node| node.id).collect::<Vec<_>>(), [FIRST]);
        until_started(&mut events);
        let system = supervised.system();
        assert_eq!(sum_at(&system, FIRST), 7);
        drop(old);
        assert_eq!(lives.strings.dropped(), 1, "the thread that was given up has its process");
        lives.strings.gate().open();
        while lives.strings.dropped() < 2 {
            std::thread::yield_now();
        }
        assert_eq!((sum_at(&system, FIRST), sum_at(&system, SECOND)), (7, 0));
        stop_both(&system);
        let dolls = supervised.join().expect("it ends by itself");
        assert_eq!((dolls[0].sum.0, dolls[1].sum.0), (7, 0));
        assert_eq!(lives.sink.of(FIRST), [(1, "7".to_owned())]);
    });
}

#[test]
fn snapshots_that_fail_less_often_than_allowed_bring_nothing_back() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let system = ring().snapshot_timeout(Duration::from_millis(20));
        let policy = eager().failed_snapshots(u32::MAX);
        let supervised = lives.builder(system).policy(policy).start().expect("it starts");
        let mut events = supervised.events();
        until_saved(&mut events);
        let old = supervised.system();
        tell(&old, FIRST, Say::Block);
        lives.strings.gate().await_arrivals(1);
        until(&mut events, |event| match event {
            SupervisionEvent::Checkpoint(event) => {
                event.to_string().contains("no snapshot, 2 in a row").then_some(())
            }
            _ => None,
        });
        lives.strings.gate().open();
        until_saved(&mut events);
        assert!(Arc::ptr_eq(&old, &supervised.system()));
        assert_eq!(sum_at(&old, FIRST), 1_000);
    });
}

/// The policy of the tests of pauses. Restarts count against the budget for the whole test.
fn growing(restarts: u32) -> RestartPolicy {
    let ms = Duration::from_millis;
    eager().restarts(restarts, Duration::MAX).back_off(ms(1), ms(4))
}

#[test]
fn the_budget_ends_the_supervision_after_pauses_that_grow() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(1).restore_panics(i64::MAX));
        let supervised = lives.start_with(growing(5));
        let mut events = supervised.events();
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        let error = supervised.join().err().expect("it is given up");
        let SupervisionError::BudgetUsed { cause, restarts: 5 } = &error else { panic!("{error}") };
        assert!(matches!(cause, Cause::NodesFailed(_)), "{cause}");
        assert!(error.to_string().contains("told to panic at the restore"), "{error}");
        assert_eq!(pauses(events), [(1, 1), (2, 2), (3, 4), (4, 4), (5, 4)]);
    });
}

#[test]
fn a_checkpoint_that_is_saved_begins_the_pauses_anew() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(2).restore_panics(2));
        let supervised = lives.start_with(growing(u32::MAX));
        let mut events = supervised.events();
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        // The third restart succeeds.
        let third = until(&mut events, |event| match event {
            SupervisionEvent::Restarting { restart: 3, after } => Some(after),
            _ => None,
        });
        assert_eq!(third, Duration::from_millis(4));
        until_started(&mut events);
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        let fourth = until(&mut events, |event| match event {
            SupervisionEvent::Restarting { restart: 4, after } => Some(after),
            _ => None,
        });
        assert_eq!(fourth, Duration::from_millis(1));
    });
}

#[test]
fn restarts_before_the_window_do_not_count() {
    finishes(|| {
        let panics = 6;
        let lives = Lives::new(Strings::new().panics(1).restore_panics(panics));
        // Every restart is before a window of no length.
        let supervised = lives.start_with(eager().restarts(1, Duration::ZERO));
        let mut events = supervised.events();
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        for _ in 0..=panics {
            until_started(&mut events);
        }
        until_saved(&mut events);
        supervised.stop().expect("it goes on");
        let lives = Lives::new(Strings::new().panics(1).restore_panics(1));
        let supervised = lives.start_with(eager().restarts(1, Duration::MAX));
        until_saved(&mut supervised.events());
        tell(&supervised.system(), FIRST, Say::Panic);
        let error = supervised.join().err();
        assert!(matches!(error, Some(SupervisionError::BudgetUsed { restarts: 1, .. })));
    });
}

#[test]
fn a_damaged_newest_checkpoint_is_reported_and_the_one_before_is_used() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(1));
        let supervised = lives.start();
        let mut events = supervised.events();
        tell(&supervised.system(), FIRST, Say::Add(7));
        sum_at(&supervised.system(), FIRST);
        (0..3).for_each(|_| until_saved(&mut events));
        let newest = lives.freeze(&mut events);
        lives.store.damage(newest);
        tell(&supervised.system(), FIRST, Say::Panic);
        let (from, damaged) = until_started(&mut events);
        assert_eq!(damaged, [newest]);
        assert_eq!(from.expect("the one before").id.get(), newest.get() - 1);
        assert_eq!(sum_at(&supervised.system(), FIRST), 7);
    });
}

#[test]
fn a_store_that_cannot_be_read_at_a_restart_makes_a_failed_restart() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(1));
        let store = lives.store.clone();
        let fails = move |event: &SupervisionEvent| {
            if let SupervisionEvent::Restarting { restart: 1 | 2, .. } = event {
                store.fail_views(1);
            }
        };
        let supervised = lives
            .builder(ring())
            .policy(growing(u32::MAX))
            .on_event(fails)
            .start()
            .expect("it starts");
        let mut events = supervised.events();
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        assert!(matches!(until_failed(&mut events), Cause::NodesFailed(_)));
        for _ in 0..2 {
            let cause = until_failed(&mut events);
            let Cause::NotResumed(error) = &cause else { panic!("{cause}") };
            assert!(matches!(**error, ResumeError::Load(LoadError::Store(_))), "{error}");
        }
        let third = until(&mut events, |event| match event {
            SupervisionEvent::Restarting { restart, after } => Some((restart, after)),
            _ => None,
        });
        assert_eq!(third, (3, Duration::from_millis(4)));
        until_started(&mut events);
        assert_eq!(sum_at(&supervised.system(), FIRST), 0);
    });
}

#[test]
fn code_that_panics_as_it_makes_a_process_makes_a_failed_restart() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(1));
        let (strings, made) = (lives.strings.clone(), AtomicU32::new(0));
        // The second process of the first restart is not made.
        let process = move |_| match made.fetch_add(1, Ordering::SeqCst) {
            3 => panic!("no process can be made"),
            _ => strings.doll(),
        };
        let supervised = ring().supervise(&lives.store.checkpoints(), process).policy(eager());
        let supervised = supervised.start().expect("it starts");
        let mut events = supervised.events();
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        assert!(matches!(until_failed(&mut events), Cause::NodesFailed(_)));
        let cause = until_failed(&mut events);
        let Cause::NotResumed(error) = &cause else { panic!("{cause}") };
        assert!(matches!(**error, ResumeError::Panicked(_)), "{error}");
        assert!(cause.to_string().contains("no process can be made"), "{cause}");
        until_started(&mut events);
        assert_eq!(sum_at(&supervised.system(), FIRST), 0);
    });
}

#[test]
fn a_callback_that_panics_is_ignored() {
    finishes(|| {
        let lives = Lives::new(Strings::new().panics(1));
        let builder = lives.builder(ring()).on_event(|_| panic!("a callback"));
        let supervised = builder.start().expect("it starts");
        let mut events = supervised.events();
        until_saved(&mut events);
        tell(&supervised.system(), FIRST, Say::Panic);
        until_started(&mut events);
        until_saved(&mut events);
        supervised.stop().expect("it runs");
    });
}
