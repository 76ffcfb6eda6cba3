//! Each call that waits without a limit of its own, against each end of a system. The table in the
//! docs of `runtime` lists the calls.

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use consistent_cut::{OnFailure, StableProperty, SystemBuilder, Topology};
use crossbeam_channel::{Receiver, unbounded};

use crate::gate::Gate;
use crate::ids::node;
use crate::note::Note;
use crate::puppet::Record;
use crate::stage::Stage;
use crate::watchdog::finishes;

type Wait = (&'static str, fn(&Stage));

fn never() -> StableProperty<Record, Note> {
    StableProperty::new("never", |_| false)
}

const WAITS: [Wait; 12] = [
    ("snapshot", |stage| drop(stage.snapshot())),
    ("wait", |stage| drop(stage.begin_snapshot().wait())),
    ("wait_timeout", |stage| drop(stage.begin_snapshot().wait_timeout(Duration::MAX))),
    ("detect", |stage| drop(stage.detect(&never()))),
    ("every", |stage| stage.every(Duration::ZERO).for_each(drop)),
    ("every, at long intervals", |stage| stage.every(Duration::MAX).for_each(drop)),
    ("subscribe", |stage| stage.subscribe().for_each(drop)),
    ("outputs", |stage| stage.outputs().for_each(drop)),
    ("join", |stage| drop(stage.join())),
    ("wait_until", |stage| drop(stage.wait_until(&never(), Duration::MAX))),
    ("monitor's join", |stage| {
        let monitor = stage.monitor().stable(never()).start().unwrap();
        monitor.join().unwrap();
    }),
    ("monitor's events", |stage| {
        let _monitor = stage.monitor().stable(never()).start().unwrap();
        let events = _monitor.events();
        events.for_each(drop);
    }),
];

/// Makes a thread wait in each way, while node 1 is held in a handler so that no snapshot is
/// complete, and calls `end`.
fn all_wait(on_failure: OnFailure, end: impl FnOnce(&Stage, &Gate, &Receiver<&'static str>)) {
    let settings =
        |builder: SystemBuilder<_>| builder.on_failure(on_failure).snapshot_timeout(Duration::MAX);
    let stage = Stage::set(Topology::ring(2).unwrap(), settings, |_| {});
    let gate = stage.hold(node(1));
    let (returned, rx) = unbounded();
    thread::scope(|scope| {
        for (name, wait) in WAITS {
            let (stage, returned) = (&stage, returned.clone());
            scope.spawn(move || {
                wait(stage);
                returned.send(name).unwrap();
            });
        }
        // Nine of the twelve calls ask for a snapshot, and no snapshot is complete.
        while stage.snapshot_counts().asked < 9 {
            thread::yield_now();
        }
        end(&stage, &gate, &rx);
    });
}

fn await_all(rx: &Receiver<&'static str>, but: &[&'static str]) {
    let names = WAITS.map(|(name, _)| name).into_iter().filter(|name| !but.contains(name));
    let mut missing: BTreeSet<_> = names.collect();
    while !missing.is_empty() {
        let name = rx.recv_timeout(Duration::from_secs(60));
        assert!(name.is_ok_and(|name| missing.remove(name)), "{name:?} before {missing:?}");
    }
}

/// While the handler still runs. The handler may still emit something.
#[test]
fn a_shutdown_ends_every_wait() {
    finishes(|| {
        all_wait(OnFailure::Stop, |stage, gate, rx| {
            thread::scope(|scope| {
                scope.spawn(|| stage.shutdown().map(drop));
                await_all(rx, &["outputs"]);
                gate.open();
                assert_eq!(rx.recv(), Ok("outputs"));
            });
        });
    });
}

/// `join` waits for the handlers too, since it hands back the processes, and `outputs` waits for
/// what they emit.
#[test]
fn a_failure_that_stops_the_system_ends_every_wait() {
    finishes(|| {
        all_wait(OnFailure::Stop, |stage, gate, rx| {
            stage.tell(node(0), |_, _| panic!("on purpose"));
            await_all(rx, &["join", "outputs"]);
            gate.open();
            let last: BTreeSet<_> =
                [rx.recv(), rx.recv()].into_iter().map(Result::unwrap).collect();
            assert_eq!(last, BTreeSet::from(["join", "outputs"]));
        });
    });
}

#[test]
fn the_failure_of_every_node_ends_every_wait() {
    finishes(|| {
        all_wait(OnFailure::Continue, |stage, gate, rx| {
            [0, 1].into_iter().for_each(|at| stage.tell(node(at), |_, _| panic!("on purpose")));
            gate.open();
            await_all(rx, &[]);
        });
    });
}

#[test]
fn the_last_snapshot_ends_every_wait() {
    finishes(|| {
        all_wait(OnFailure::Stop, |stage, gate, rx| {
            thread::scope(|scope| {
                let last = scope.spawn(|| stage.snapshot_and_stop().map(drop));
                gate.open();
                await_all(rx, &[]);
                assert_eq!(last.join().unwrap(), Ok(()));
            });
        });
    });
}
