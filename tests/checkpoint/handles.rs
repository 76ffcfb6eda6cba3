//! The handle of a checkpointer is dropped or joined: in a handler, the callback, or during a
//! commit.

use std::time::Duration;

use consistent_cut::System;
use consistent_cut::checkpoint::{CheckpointEvent, Checkpointer};
use crossbeam_channel::{Sender, bounded, unbounded};

use crate::doll::{Doll, FIRST, Say, Strings, Sum, ring, stop_both, sum_at, tell};
use crate::support::gate::Gate;
use crate::support::watchdog::finishes;
use crate::tricks::{Log, TrickStore};

type Handle = Checkpointer<Sum, Say>;

fn stage() -> (TrickStore, System<Doll>, Strings) {
    let strings = Strings::new();
    let system = strings.spawn(ring());
    (TrickStore::new(&Log::default()), system, strings)
}

fn start(system: &System<Doll>, store: &TrickStore, period: Duration) -> Handle {
    let checkpointer = system.checkpointer(&store.checkpoints()).period(period);
    checkpointer.start().expect("a thread")
}

/// Runs a call in a thread, and says when it has returned.
fn in_a_thread(call: impl FnOnce() + Send + 'static) -> crossbeam_channel::Receiver<()> {
    let (done, returned) = bounded(1);
    let thread = std::thread::Builder::new().spawn(move || {
        call();
        done.send(()).expect("the test waits");
    });
    thread.expect("a thread");
    returned
}

#[test]
fn a_drop_ends_a_pause_that_never_ends_by_itself() {
    finishes(|| {
        let (store, system, _) = stage();
        let checkpointer = start(&system, &store, Duration::MAX);
        let mut events = checkpointer.events();
        assert!(matches!(events.next(), Some(CheckpointEvent::Saved(_))));
        drop(checkpointer);
        assert!(events.next().is_none(), "the stream ends with the thread");
        assert_eq!(store.saved(), 1);
    });
}

#[test]
fn a_drop_ends_a_snapshot_that_waits_for_a_handler() {
    finishes(|| {
        let (store, system, strings) = stage();
        tell(&system, FIRST, Say::Block);
        strings.gate().await_arrivals(1);
        // The timeout of the snapshot is longer than the watchdog's patience would be with two.
        let checkpointer = start(&system, &store, Duration::ZERO);
        while system.snapshot_counts().asked == 0 {
            std::thread::yield_now();
        }
        drop(checkpointer);
        assert_eq!((store.saved(), system.snapshot_counts().cancelled), (0, 1));
        strings.gate().open();
    });
}

#[test]
fn a_drop_waits_for_a_commit_that_is_under_way() {
    finishes(|| {
        let (store, system, _) = stage();
        let gate = store.hold();
        let checkpointer = start(&system, &store, Duration::ZERO);
        let events = checkpointer.events();
        gate.await_arrivals(1);
        let saved = store.clone();
        let (seen, count) = bounded(1);
        let returned = in_a_thread(move || {
            drop(checkpointer);
            seen.send(saved.saved()).expect("the test waits");
        });
        // The nodes go on meanwhile.
        assert_eq!(sum_at(&system, FIRST), 0);
        gate.open();
        returned.recv().expect("the drop returns");
        let saved = count.recv().expect("it was sent");
        assert!(saved >= 1, "the commit was under way");
        assert!(events.filter(|event| matches!(event, CheckpointEvent::Saved(_))).count() == saved);
        assert_eq!(store.saved(), saved, "no other began");
    });
}

#[test]
fn a_join_waits_for_the_end_of_a_commit() {
    finishes(|| {
        let (store, system, _) = stage();
        stop_both(&system);
        let gate = store.hold();
        let checkpointer = start(&system, &store, Duration::ZERO);
        gate.await_arrivals(1);
        let saved = store.clone();
        let (seen, count) = bounded(1);
        let returned = in_a_thread(move || {
            checkpointer.join();
            seen.send(saved.saved()).expect("the test waits");
        });
        gate.open();
        returned.recv().expect("the join returns");
        assert!(count.recv().expect("it was sent") >= 1);
    });
}

#[test]
fn a_shutdown_does_not_wait_for_a_commit() {
    finishes(|| {
        let (store, system, _) = stage();
        let gate = store.hold();
        let checkpointer = start(&system, &store, Duration::ZERO);
        gate.await_arrivals(1);
        drop(system);
        gate.open();
        checkpointer.join();
        assert_eq!(store.saved(), 1);
    });
}

#[test]
fn in_a_handler_the_handle_is_dropped_and_joined_without_waiting() {
    finishes(|| {
        for joins in [false, true] {
            let (store, system, strings) = stage();
            let checkpointer = start(&system, &store, Duration::ZERO);
            let mut events = checkpointer.events();
            // The handler is the one that every snapshot waits for.
            strings.on_call(move || if joins { checkpointer.join() } else { drop(checkpointer) });
            tell(&system, FIRST, Say::Call);
            assert_eq!(sum_at(&system, FIRST), 0);
            if joins {
                // It goes on, up to its own end.
                let saved = store.saved();
                while store.saved() < saved + 3 {
                    assert!(events.next().is_some());
                }
                drop(system);
            }
            assert!(events.last().is_none_or(|event| matches!(event, CheckpointEvent::Saved(_))));
        }
    });
}

/// Starts a checkpointer whose callback gets its own handle.
fn with_handle_in_callback(
    system: &System<Doll>,
    store: &TrickStore,
    mut call: impl FnMut(Handle) + Send + 'static,
) -> (Sender<Handle>, consistent_cut::checkpoint::Reports<CheckpointEvent>) {
    let (give, handle) = unbounded();
    let got = Gate::new();
    let is_there = got.clone();
    let checkpointer = system.checkpointer(&store.checkpoints()).period(Duration::ZERO);
    let checkpointer = checkpointer.on_event(move |_| {
        is_there.pass();
        handle.try_iter().for_each(&mut call);
    });
    let checkpointer = checkpointer.start().expect("a thread");
    let events = checkpointer.events();
    give.send(checkpointer).expect("the callback has the other end");
    got.open();
    (give, events)
}

#[test]
fn in_its_own_callback_the_handle_is_dropped_and_joined_without_waiting() {
    finishes(|| {
        let (store, system, _) = stage();
        let (done, returned) = unbounded();
        let has_dropped = done.clone();
        let (_give, events) = with_handle_in_callback(&system, &store, move |handle| {
            drop(handle);
            has_dropped.send("dropped").expect("the test waits");
        });
        assert_eq!(events.count(), 1, "a drop ends the rounds");
        let (store, system, _) = stage();
        let (_give, mut events) = with_handle_in_callback(&system, &store, move |handle| {
            handle.join();
            done.send("joined").expect("the test waits");
        });
        assert_eq!(events.by_ref().take(4).count(), 4, "after a join they go on");
        // A thread that waits for itself would panic, and the callback's panics are ignored.
        assert_eq!(returned.try_iter().collect::<Vec<_>>(), ["dropped", "joined"]);
        drop(system);
        events.for_each(drop);
    });
}
