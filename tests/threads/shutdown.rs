//! The end of a system, with snapshots pending and without.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use consistent_cut::{
    InjectError, LinkId, MarkerPolicy, ShutdownError, SnapshotError, SnapshotOptions, Topology,
    WaitTimeoutError,
};
use crossbeam_channel::bounded;

use crate::gate::Gate;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn stage() -> Stage {
    Stage::new(Topology::ring(4).unwrap(), MarkerPolicy::default())
}

#[test]
fn processes_are_handed_back_by_node_in_their_last_state() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(4).unwrap(), policy);
            for (index, node) in (1..).zip(stage.topology().nodes()) {
                (0..index).for_each(|_| stage.settle(node));
            }
            let processes = stage.shutdown().unwrap();
            let nodes: Vec<_> = processes.iter().map(|puppet| puppet.node).collect();
            assert_eq!(nodes, stage.topology().nodes().collect::<Vec<_>>());
            let handled: Vec<_> =
                processes.iter().map(|puppet| puppet.record.counts.handled()).collect();
            assert_eq!(handled, [1, 2, 3, 4]);
        });
    });
}

/// Waiters wake although the handler that holds their snapshots back does not return before they
/// wake.
#[test]
fn shutdown_wakes_whoever_waits() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(4).unwrap(), policy);
            let gate = stage.hold(node(2));
            wake_by(&stage, &gate, || {
                stage.shutdown().unwrap();
            });
        });
    });
}

/// Makes three threads wait in three ways, ends the system by `end`, and opens the gate once they
/// have woken.
fn wake_by(stage: &Stage, gate: &Gate, end: impl FnOnce() + Send) {
    let begun: Vec<_> = (0..3).map(|_| stage.begin_snapshot()).collect();
    let (tx, rx) = bounded(3);
    thread::scope(|scope| {
        let waiters: Vec<_> = begun
            .iter()
            .zip([None, Some(Duration::MAX), Some(Duration::from_secs(3600))])
            .map(|(pending, patience)| {
                let about_to_wait = tx.clone();
                scope.spawn(move || {
                    about_to_wait.send(()).unwrap();
                    match patience {
                        None => pending.wait().map_err(WaitTimeoutError::from),
                        Some(patience) => pending.wait_timeout(patience),
                    }
                })
            })
            .collect();
        (0..3).for_each(|_| rx.recv().unwrap());
        let ended = scope.spawn(end);
        for (waiter, pending) in waiters.into_iter().zip(&begun) {
            let error = waiter.join().unwrap().unwrap_err();
            let ended = SnapshotError::ShutDown { snapshot: pending.id() };
            assert_eq!(pending.result().unwrap().unwrap_err(), ended);
            assert_eq!(error, WaitTimeoutError::Failed(ended));
        }
        gate.open();
        ended.join().unwrap();
    });
}

#[test]
fn dropping_the_handle_wakes_whoever_waits() {
    finishes(|| {
        let stage = stage();
        let gate = Gate::new();
        let (held, kept) = (gate.clone(), gate.clone());
        stage.tell(node(2), move |_, _| held.pass());
        gate.await_arrivals(1);
        let pending = stage.begin_snapshot();
        let (tx, rx) = bounded(1);
        let waiter = pending.clone();
        let waiter = thread::Builder::new().spawn(move || {
            tx.send(()).unwrap();
            waiter.wait()
        });
        rx.recv().unwrap();
        // The stage does not know this gate, so its drop waits for the waiter to open it.
        let dropper = thread::Builder::new().spawn(move || drop(stage));
        let error = waiter.unwrap().join().unwrap().unwrap_err();
        assert_eq!(error, SnapshotError::ShutDown { snapshot: pending.id() });
        kept.open();
        dropper.unwrap().join().unwrap();
    });
}

#[test]
fn dropping_the_handle_joins_every_thread() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(6).unwrap(), policy);
            let alive = stage.alive();
            let gate = Gate::new();
            let finished = Arc::new(AtomicUsize::new(0));
            for node in stage.topology().nodes() {
                let (held, finished) = (gate.clone(), Arc::clone(&finished));
                stage.tell(node, move |_, _| {
                    held.pass();
                    finished.fetch_add(1, Ordering::SeqCst);
                });
            }
            gate.await_arrivals(6);
            let dropper = thread::Builder::new().spawn(move || {
                drop(stage);
                (finished.load(Ordering::SeqCst), alive.count())
            });
            gate.open();
            assert_eq!(dropper.unwrap().join().unwrap(), (6, 0), "(handlers ended, puppets left)");
        });
    });
}

#[test]
fn a_system_ends_once() {
    finishes(|| {
        let stage = stage();
        stage.shutdown().unwrap();
        for _ in 0..2 {
            assert_eq!(stage.shutdown().err(), Some(ShutdownError::AlreadyShutDown));
        }
    });
}

#[test]
fn of_several_shutdowns_at_once_one_gets_the_processes() {
    finishes(|| {
        let stage = stage();
        let ends: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| stage.shutdown())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ends.iter().filter(|end| end.is_ok()).count(), 1);
        for end in ends.into_iter().filter_map(Result::err) {
            assert_eq!(end, ShutdownError::AlreadyShutDown);
        }
    });
}

#[test]
fn after_the_shutdown_every_call_says_so() {
    finishes(|| {
        let stage = Stage::set(Topology::ring(4).unwrap(), |b| b.keep_snapshots(1), |_| {});
        let before = stage.snapshot().unwrap();
        stage.shutdown().unwrap();

        let pending = stage.begin_snapshot();
        let snapshot = pending.id();
        assert!(snapshot > before.id());
        assert_eq!(pending.wait().unwrap_err(), SnapshotError::ShutDown { snapshot });
        // The same holds where the initiators could reach no node.
        for initiators in [vec![node(0)], vec![], vec![node(9)]] {
            let error = stage.snapshot_with(SnapshotOptions::at(initiators)).unwrap_err();
            assert!(matches!(error, SnapshotError::ShutDown { .. }), "{error}");
        }

        let refused = stage.give(node(1)).unwrap_err();
        assert!(matches!(&refused, InjectError::Ended { node: of, .. } if *of == node(1)));
        assert_eq!(refused.into_message().number, 1);
        assert_eq!(stage.find_snapshot(before.id()).unwrap().wait().unwrap().id(), before.id());
    });
}

/// Callers go on while the system ends. Each of their calls returns.
#[test]
fn calls_that_race_with_the_shutdown_all_return() {
    finishes(|| {
        for _ in 0..50 {
            let stage = stage();
            let (tx, rx) = bounded(0);
            thread::scope(|scope| {
                let callers: Vec<_> = (0..2)
                    .map(|_| {
                        let going = tx.clone();
                        let stage = &stage;
                        scope.spawn(move || {
                            going.send(()).unwrap();
                            loop {
                                let last = stage.snapshot().err();
                                let _ = stage.give(node(0));
                                if let Some(error) = last {
                                    return error;
                                }
                            }
                        })
                    })
                    .collect();
                (0..2).for_each(|_| rx.recv().unwrap());
                stage.shutdown().unwrap();
                for caller in callers {
                    let error = caller.join().unwrap();
                    assert!(matches!(error, SnapshotError::ShutDown { .. }), "{error}");
                }
            });
        }
    });
}

#[test]
fn messages_in_flight_do_not_hold_up_the_shutdown() {
    finishes(|| {
        let stage = stage();
        let gate = stage.hold(node(1));
        stage.tell_to_send(node(0), LinkId::new(0), 1000);
        stage.settle(node(0));
        gate.open();
        let processes = stage.shutdown().unwrap();
        assert_eq!(processes[0].record.counts.sent, [1000]);
        assert!(processes[1].record.counts.received[0] <= 1000);
    });
}
