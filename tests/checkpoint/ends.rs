//! The end of a supervision: stop, drop and join, at any moment, from any thread.

use std::sync::Arc;
use std::time::Duration;

use consistent_cut::SnapshotError;
use consistent_cut::checkpoint::{
    CheckpointEvent, Supervised, SupervisionError, SupervisionEvent, Which,
};
use crossbeam_channel::{bounded, unbounded};
use parking_lot::Mutex;

use crate::doll::{Doll, FIRST, SECOND, Say, Strings, Sum, ring, stop_both, sum_at, tell};
use crate::lives::{Lives, eager, until, until_saved};
use crate::support::gate::Gate;
use crate::support::watchdog::finishes;
use crate::tricks::Fault;

type Result = std::result::Result<Vec<Doll>, SupervisionError>;

/// Runs a call in a thread. Its result comes by the channel.
fn in_a_thread<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
) -> crossbeam_channel::Receiver<T> {
    let (done, result) = bounded(1);
    let thread = std::thread::Builder::new().spawn(move || done.send(call()).is_ok());
    thread.expect("a thread");
    result
}

#[test]
fn a_stop_saves_the_messages_in_flight_and_a_later_supervision_goes_on() {
    finishes(|| {
        // Until a stop came before all messages were handled.
        while goes_on_after_a_stop() == 0 {}
    });
}

/// Stops a system that handles messages, and goes on. Returns how many messages were in flight.
fn goes_on_after_a_stop() -> usize {
    let lives = Lives::new(Strings::new());
    let supervised = lives.start();
    let system = supervised.system();
    tell(&system, FIRST, Say::Send(7));
    (0..1_000).for_each(|_| tell(&system, FIRST, Say::Emit(1)));
    let dolls = supervised.stop().expect("the checkpoint is saved");
    assert!(system.inject(FIRST, Say::Add(1)).is_err(), "the system has ended");
    let last = lives.store.checkpoints::<Sum, Say>().load(Which::Newest).expect("it is good");
    assert_eq!(last.snapshot.state(FIRST), &dolls[0].sum, "the states are the last");
    let in_flight = last.snapshot.in_flight().filter(|(link, _)| link.target == FIRST).count();
    assert_eq!(lives.sink.of(FIRST).len() as u64, dolls[0].sum.0, "released to the last");
    let supervised = lives.start();
    while sum_at(&supervised.system(), FIRST) < 1_000 {}
    assert_eq!(sum_at(&supervised.system(), SECOND), 7);
    stop_both(&supervised.system());
    let dolls = supervised.join().expect("it ends by itself");
    assert_eq!((dolls[0].sum.0, dolls[1].sum.0), (1_000, 7));
    assert_eq!(lives.sink.of(FIRST).len(), 1_000);
    in_flight
}

#[test]
fn a_stop_or_drop_ends_the_pause_before_a_restart() {
    finishes(|| {
        for stops in [true, false] {
            let lives = Lives::new(Strings::new().panics(1));
            let hour = Duration::from_secs(3_600);
            let supervised = lives.start_with(eager().back_off(hour, hour));
            let mut events = supervised.events();
            until_saved(&mut events);
            tell(&supervised.system(), FIRST, Say::Panic);
            until(&mut events, |event| match event {
                SupervisionEvent::Restarting { after, .. } => (after == hour).then_some(()),
                _ => None,
            });
            if stops {
                let error = supervised.stop().err().expect("there is no system to stop");
                assert!(matches!(error, SupervisionError::Down { .. }), "{error}");
                assert!(error.to_string().contains("told to panic"), "{error}");
            } else {
                drop(supervised);
            }
            assert!(matches!(events.last(), Some(SupervisionEvent::Over)));
            assert!(lives.store.checkpoints::<Sum, Say>().load(Which::Newest).is_ok());
        }
    });
}

#[test]
fn a_stop_or_drop_waits_for_a_commit_that_is_under_way() {
    finishes(|| {
        for stops in [true, false] {
            let lives = Lives::new(Strings::new());
            let commit = lives.store.hold();
            let supervised = lives.start();
            let system = supervised.system();
            commit.await_arrivals(1);
            let saved = lives.store.clone();
            let ended = in_a_thread(move || {
                if stops {
                    drop(supervised.stop().expect("the checkpoint is saved"));
                } else {
                    drop(supervised);
                }
                saved.saved()
            });
            // The nodes go on meanwhile.
            tell(&system, FIRST, Say::Add(7));
            assert_eq!(sum_at(&system, FIRST), 7);
            commit.open();
            let saved = ended.recv().expect("it ends");
            let newest = lives.store.checkpoints::<Sum, Say>().load(Which::Newest);
            let newest = newest.expect("it is good").snapshot;
            if stops {
                assert_eq!(newest.state(FIRST), &Sum(7), "the last checkpoint has all");
            }
            assert!(saved >= 1);
            assert_eq!(saved, lives.store.saved());
            assert!(system.snapshot().is_err(), "the system has ended");
        }
    });
}

#[test]
fn a_drop_saves_no_last_checkpoint_and_ends_the_system() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let supervised = lives.start_with(eager().period(Duration::MAX));
        let (system, mut events) = (supervised.system(), supervised.events());
        until(&mut events, |event| match event {
            SupervisionEvent::Checkpoint(CheckpointEvent::Saved(_)) => Some(()),
            _ => None,
        });
        drop(supervised);
        assert_eq!(lives.store.saved(), 1);
        assert!(system.snapshot().is_err());
        assert!(matches!(events.last(), Some(SupervisionEvent::Over)));
        // The nodes have stopped by themselves, and the test holds the system too.
        let supervised = lives.start();
        let (system, events) = (supervised.system(), supervised.events());
        stop_both(&system);
        assert!(matches!(events.last(), Some(SupervisionEvent::Over)));
        drop(supervised);
        assert!(system.snapshot().is_err());
    });
}

/// The calls that end a supervision and cannot wait in a thread of its own.
fn calls() -> [fn(Supervised<Doll>) -> Option<Result>; 3] {
    [
        |supervised| Some(supervised.stop()),
        |supervised| Some(supervised.join()),
        |supervised| {
            drop(supervised);
            None
        },
    ]
}

#[test]
fn in_a_handler_stop_drop_and_join_do_not_wait() {
    finishes(|| {
        for (at, call) in calls().into_iter().enumerate() {
            let lives = Lives::new(Strings::new());
            let supervised = lives.start();
            let (system, events) = (supervised.system(), supervised.events());
            let (done, result) = bounded(1);
            lives.strings.on_call(move || done.send(call(supervised)).expect("the test waits"));
            tell(&system, FIRST, Say::Call);
            let result = result.recv().expect("it returns");
            assert!(matches!(result, None | Some(Err(SupervisionError::InOwnThread))));
            if at == 1 {
                // A join only waits, so the supervision goes on.
                assert_eq!(sum_at(&system, FIRST), 0);
                stop_both(&system);
            }
            assert!(matches!(events.last(), Some(SupervisionEvent::Over)), "it ends by itself");
        }
    });
}

#[test]
fn in_the_callback_stop_drop_and_join_do_not_wait() {
    finishes(|| {
        for (at, call) in calls().into_iter().enumerate() {
            let lives = Lives::new(Strings::new());
            let (give, handle) = unbounded();
            let (done, result) = bounded(1);
            let is_there = Gate::new();
            let got = is_there.clone();
            let builder = lives.builder(ring()).on_event(move |event| {
                if let SupervisionEvent::Checkpoint(_) = event {
                    got.pass();
                    handle.try_iter().for_each(|supervised| {
                        done.send(call(supervised)).expect("the test waits");
                    });
                }
            });
            let supervised = builder.start().expect("it starts");
            let (system, events) = (supervised.system(), supervised.events());
            give.send(supervised).expect("the callback has the other end");
            is_there.open();
            let result = result.recv().expect("it returns");
            assert!(matches!(result, None | Some(Err(SupervisionError::InOwnThread))));
            if at == 1 {
                stop_both(&system);
            }
            assert!(matches!(events.last(), Some(SupervisionEvent::Over)), "it ends by itself");
        }
    });
}

#[test]
fn all_reports_come_in_the_thread_of_the_supervision() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sees = Arc::clone(&seen);
        let builder = lives.builder(ring()).on_event(move |event| {
            let is_start = matches!(event, SupervisionEvent::Started { .. });
            sees.lock().push((std::thread::current().id(), is_start));
        });
        builder.start().expect("it starts").stop().expect("it is saved");
        let seen = seen.lock();
        assert!(seen[0].1, "the start is reported first");
        assert!(seen.iter().all(|(thread, _)| *thread == seen[0].0));
        assert_ne!(seen[0].0, std::thread::current().id());
    });
}

#[test]
fn a_join_says_that_another_caller_has_shut_the_system_down() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let supervised = lives.start();
        let mut events = supervised.events();
        until_saved(&mut events);
        supervised.system().shutdown().expect("no node has failed");
        let error = supervised.join().err().expect("the processes went to the other caller");
        assert!(matches!(error, SupervisionError::ShutDown), "{error}");
        assert!(!events.any(|event| matches!(event, SupervisionEvent::Failed(_))));
    });
}

#[test]
fn a_stop_that_a_handler_holds_up_says_so_and_ends_the_system() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let builder = lives.builder(ring().snapshot_timeout(Duration::from_millis(20)));
        let builder = builder.policy(eager().failed_snapshots(u32::MAX));
        let supervised = builder.start().expect("it starts");
        let (system, mut events) = (supervised.system(), supervised.events());
        tell(&system, FIRST, Say::Block);
        lives.strings.gate().await_arrivals(1);
        let error = supervised.stop().err().expect("node 0 does not stop");
        let SupervisionError::NotSaved(Some(SnapshotError::TimedOut { .. })) = &error else {
            panic!("{error}")
        };
        assert!(error.to_string().contains("node 0"), "{error}");
        assert!(system.snapshot().is_err(), "the system has ended");
        assert!(events.any(|event| matches!(event, SupervisionEvent::GivenUp(_))));
        lives.strings.gate().open();
    });
}

#[test]
fn a_stop_whose_checkpoint_is_not_written_says_so() {
    finishes(|| {
        let lives = Lives::new(Strings::new());
        let supervised = lives.start();
        let mut events = supervised.events();
        until_saved(&mut events);
        lives.freeze(&mut events);
        let error = supervised.stop().err().expect("the store is full");
        assert!(matches!(error, SupervisionError::NotSaved(None)), "{error}");
        assert!(error.to_string().contains("not saved"), "{error}");
    });
}

#[test]
fn a_stop_loses_no_message_that_the_sink_has_not_taken() {
    finishes(|| {
        // A checkpoint covers the messages, and the sink takes none of them.
        let lives = Lives::new(Strings::new());
        let commit = lives.store.hold();
        let supervised = lives.start();
        commit.await_arrivals(1);
        (1..=9).for_each(|number| tell(&supervised.system(), FIRST, Say::Emit(number)));
        sum_at(&supervised.system(), FIRST);
        lives.sink.fail(1_000_000, Fault::After(0));
        commit.open();
        let mut events = supervised.events();
        until(&mut events, |event| match event {
            SupervisionEvent::Checkpoint(CheckpointEvent::ReleaseFailed { .. }) => Some(()),
            _ => None,
        });
        let error = supervised.stop().err().expect("no checkpoint may follow");
        assert!(matches!(error, SupervisionError::NotSaved(None)), "{error}");
        lives.sink.mend();
        let supervised = lives.start();
        stop_both(&supervised.system());
        supervised.join().expect("it ends by itself");
        let numbers: Vec<_> = lives.sink.of(FIRST).into_iter().map(|(number, _)| number).collect();
        assert_eq!(numbers, (1..=9).collect::<Vec<_>>());
    });
}
