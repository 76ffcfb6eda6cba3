//! `snapshot_and_stop` loses nothing, and ends in every case.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use consistent_cut::{
    InjectError, LinkId, OnFailure, SnapshotError, SystemBuilder, TimerId, Topology,
};
use crossbeam_channel::bounded;

use crate::channel_law;
use crate::effort::scaled;
use crate::ids::node;
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn ring(settings: impl FnOnce(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>) -> Stage {
    Stage::set(Topology::ring(3).unwrap(), settings, |_| {})
}

/// Each thread counts its accepted notes. Each refused note comes back.
#[test]
fn every_message_that_was_accepted_is_received_or_in_flight() {
    finishes(|| {
        on_both_policies(|policy| {
            for capacity in [1, 1000] {
                for _ in 0..scaled(2) {
                    let stage = ring(|b| b.marker_policy(policy).capacity(capacity));
                    let accepted = AtomicU64::new(2);
                    // Some traffic among the nodes, by two orders to each node.
                    for link in stage.topology().links() {
                        stage.tell_to_send(link.source, link.id, 1);
                        stage.tell_to_send(link.source, link.id, 1);
                    }
                    let (tx, rx) = bounded(0);
                    let last = thread::scope(|scope| {
                        for _ in 0..3 {
                            let (tx, accepted, stage) = (tx.clone(), &accepted, &stage);
                            scope.spawn(move || {
                                for number in 0.. {
                                    if number == 50 {
                                        tx.send(()).unwrap();
                                    }
                                    match stage.give(node(1)) {
                                        Ok(()) => accepted.fetch_add(1, Ordering::Relaxed),
                                        Err(refused) => return assert_refused(refused),
                                    };
                                }
                            });
                        }
                        (0..3).for_each(|_| rx.recv().unwrap());
                        stage.snapshot_and_stop().unwrap()
                    });
                    channel_law::check(&last);
                    let environment = stage.topology().environment_link(node(1)).unwrap().id;
                    assert_eq!(last.channel(environment).sent(), accepted.into_inner());
                    let ended = stage.join().unwrap();
                    for (puppet, (_, recorded)) in ended.iter().zip(last.states()) {
                        assert_eq!(
                            puppet.record, *recorded,
                            "something was handled after the last"
                        );
                    }
                }
            }
        });
    });
}

fn assert_refused(refused: InjectError<Note>) {
    assert!(matches!(refused, InjectError::Ended { .. }));
    assert!(refused.into_message().number > 0);
}

#[test]
fn pending_timers_are_in_the_last_snapshot_and_fire_no_more() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = ring(|builder| builder.marker_policy(policy));
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(0), move |_, ctx| {
                ctx.set_timer(TimerId::new(1), Duration::ZERO);
                ctx.set_timer(TimerId::new(2), Duration::from_secs(100_000));
                held.pass();
            });
            gate.await_arrivals(1);
            let last = thread::scope(|scope| {
                let last = scope.spawn(|| stage.snapshot_and_stop().unwrap());
                // From here on the node has been told to halt: the call tells it before it waits.
                while stage.snapshot_counts().asked == 0 || stage.give(node(0)).is_ok() {}
                gate.open();
                last.join().unwrap()
            });
            channel_law::check(&last);
            let pending = last.timers(node(0)).len();
            let fired = last.state(node(0)).fired.len();
            assert_eq!(pending + fired, 2, "each is pending or has fired");
            assert!(last.topology().nodes().all(|node| !last.is_stopped(node)));
            assert_eq!(stage.join().unwrap()[0].record.fired.len(), fired);
        });
    });
}

#[test]
fn a_second_call_finds_a_system_that_has_ended() {
    finishes(|| {
        let stage = ring(|builder| builder.keep_snapshots(1));
        let last = stage.snapshot_and_stop().unwrap();
        for _ in 0..2 {
            let error = stage.snapshot_and_stop().unwrap_err();
            assert!(matches!(error, SnapshotError::ShutDown { .. }), "{error}");
            assert!(matches!(stage.snapshot(), Err(SnapshotError::ShutDown { .. })));
        }
        assert_eq!(stage.find_snapshot(last.id()).unwrap().wait().unwrap().id(), last.id());
        assert_eq!(stage.shutdown().unwrap().len(), 3);
    });
}

#[test]
fn of_several_calls_at_once_one_gets_the_snapshot() {
    finishes(|| {
        for _ in 0..50 {
            let stage = ring(|builder| builder);
            let lasts: Vec<_> = thread::scope(|scope| {
                let joined = scope.spawn(|| stage.join().unwrap());
                let calls: Vec<_> =
                    (0..3).map(|_| scope.spawn(|| stage.snapshot_and_stop())).collect();
                let lasts = calls.into_iter().map(|call| call.join().unwrap()).collect();
                assert_eq!(joined.join().unwrap().len(), 3);
                lasts
            });
            assert_eq!(lasts.iter().filter(|last| last.is_ok()).count(), 1);
            let is_over = |error: &SnapshotError| matches!(error, SnapshotError::ShutDown { .. });
            assert!(lasts.iter().filter_map(|last| last.as_ref().err()).all(is_over));
        }
    });
}

/// Two callers wait for the last snapshot. The snapshot of the first is given up.
#[test]
fn when_the_first_of_two_calls_is_cancelled_the_second_gets_the_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = ring(|b| b.marker_policy(policy).snapshot_timeout(Duration::MAX));
            let gate = stage.hold(node(1));
            thread::scope(|scope| {
                let calls = [(); 2].map(|()| scope.spawn(|| stage.snapshot_and_stop()));
                while stage.snapshot_counts().asked < 2 {
                    thread::yield_now();
                }
                // This call stands behind both, so the coordinator has heard of them.
                let probe = stage.begin_snapshot();
                probe.cancel();
                let _ = probe.wait();
                let first = consistent_cut::SnapshotId::new(1);
                stage.find_snapshot(first).unwrap().cancel();
                let _ = stage.find_snapshot(first).unwrap().wait();
                gate.open();
                let ended = calls.map(|call| call.join().unwrap());
                assert_eq!(ended.iter().filter(|last| last.is_ok()).count(), 1, "{ended:?}");
            });
            assert_eq!(stage.join().unwrap().len(), 3);
        });
    });
}

#[test]
fn a_node_that_does_not_halt_is_named_when_the_time_is_up_and_a_later_call_works() {
    finishes(|| {
        on_both_policies(|policy| {
            let topology = Topology::from_named_links([("a", "b"), ("b", "a")]).unwrap();
            let settings = |builder: SystemBuilder<_>| {
                builder.marker_policy(policy).snapshot_timeout(Duration::from_millis(3))
            };
            let stage = Stage::set(topology, settings, |_| {});
            let gate = stage.hold(node(1));
            let error = loop {
                // Node a halts, on a slow machine perhaps after the first timeout.
                let error = stage.snapshot_and_stop().unwrap_err();
                let SnapshotError::TimedOut { missing, .. } = &error else {
                    panic!("{error}");
                };
                assert!(missing.nodes.contains(&node(1)));
                if missing.nodes.len() == 1 {
                    break error;
                }
            };
            assert!(error.to_string().contains("node 1 (b) has not halted;"), "{error}");
            assert!(stage.give(node(0)).is_ok(), "the call has failed, and the system goes on");
            gate.open();
            let patient = consistent_cut::SnapshotOptions::new().timeout(Duration::MAX);
            let between = stage.snapshot_with(patient).unwrap();
            channel_law::check(&between);
            let last = loop {
                if let Ok(last) = stage.snapshot_and_stop() {
                    break last;
                }
            };
            channel_law::check(&last);
            assert_eq!(last.state(node(1)).counts.handled(), 1);
            stage.join().unwrap();
        });
    });
}

/// The node is held while the others halt, and then panics.
fn when_a_node_fails_on_the_way(
    on_failure: OnFailure,
    check: impl Fn(&Stage, Result<Vec<usize>, SnapshotError>),
) {
    let stage = ring(|builder| builder.on_failure(on_failure));
    let gate = stage.gate();
    let held = gate.clone();
    stage.tell(node(1), move |_, _| {
        held.pass();
        panic!("at the very end");
    });
    gate.await_arrivals(1);
    let last = thread::scope(|scope| {
        let last = scope.spawn(|| stage.snapshot_and_stop());
        while stage.snapshot_counts().asked == 0 {
            thread::yield_now();
        }
        gate.open();
        last.join().unwrap()
    });
    check(
        &stage,
        last.map(|last| last.failures().iter().map(|down| down.node.id.index()).collect()),
    );
    assert_eq!(stage.join().err().unwrap().to_string(), "node 1 panicked: at the very end");
}

#[test]
fn a_node_that_fails_before_it_halts_is_left_out_or_ends_the_call() {
    finishes(|| {
        for _ in 0..20 {
            when_a_node_fails_on_the_way(OnFailure::Continue, |_, down| {
                assert_eq!(down.unwrap(), [1]);
            });
            when_a_node_fails_on_the_way(OnFailure::Stop, |stage, down| {
                assert!(
                    matches!(down, Err(SnapshotError::NodeFailed { failure, .. }) if failure.node == node(1))
                );
                assert!(stage.snapshot().is_err());
            });
        }
    });
}

/// The node's state panics, so the node has failed when it has halted.
#[test]
fn a_node_that_fails_in_the_last_snapshot_ends_the_call_and_another_goes_without_it() {
    finishes(|| {
        let bad = |puppet: &mut Puppet| {
            if puppet.node == node(2) {
                puppet.at_state = Some(std::sync::Arc::new(|| panic!("no last state")));
            }
        };
        let settings = |b: SystemBuilder<_>| b.on_failure(OnFailure::Continue);
        let stage = Stage::set(Topology::ring(3).unwrap(), settings, bad);
        stage.tell_to_send(node(0), LinkId::new(0), 3);
        let error = stage.snapshot_and_stop().unwrap_err();
        assert!(matches!(error, SnapshotError::NodeFailed { .. }), "{error}");
        let last = stage.snapshot_and_stop().unwrap();
        last.verify().unwrap();
        assert_eq!(last.failures()[0].panic, "no last state");
        assert!(stage.join().is_err());
    });
}

#[test]
fn snapshots_under_way_end_with_the_last_one() {
    finishes(|| {
        for _ in 0..30 {
            let stage = ring(|builder| builder.max_concurrent_snapshots(2));
            let others: Vec<_> = (0..6).map(|_| stage.begin_snapshot()).collect();
            channel_law::check(&stage.snapshot_and_stop().unwrap());
            for other in others {
                match other.wait() {
                    Ok(complete) => channel_law::check(&complete),
                    Err(error) => assert!(matches!(error, SnapshotError::ShutDown { .. })),
                }
            }
        }
    });
}
