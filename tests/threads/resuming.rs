//! A last snapshot that fails: the nodes go on, and messages are let in again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, yield_now};
use std::time::Duration;

use consistent_cut::{
    LinkId, OnFailure, SnapshotError, SnapshotId, SnapshotOptions, SystemBuilder, TimerId, Topology,
};

use crate::channel_law::{self, Snapshot};
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;

fn ring(settings: impl FnOnce(SystemBuilder<Puppet>) -> SystemBuilder<Puppet>) -> Stage {
    Stage::set(Topology::ring(3).unwrap(), settings, |_| {})
}

/// A snapshot that has all the time that it needs.
fn patient(stage: &Stage) -> Arc<Snapshot> {
    let snapshot = stage.snapshot_with(SnapshotOptions::new().timeout(Duration::MAX)).unwrap();
    channel_law::check(&snapshot);
    snapshot
}

/// Calls `snapshot_and_stop` and gives its snapshot up once the coordinator has told the nodes to
/// halt.
fn give_up_the_last(stage: &Stage, id: u64) -> Result<Arc<Snapshot>, SnapshotError> {
    thread::scope(|scope| {
        let call = scope.spawn(|| stage.snapshot_and_stop());
        let id = SnapshotId::new(id);
        while stage.snapshot_counts().asked < id.get() {
            yield_now();
        }
        // The snapshot may be complete by now.
        if let Ok(pending) = stage.find_snapshot(id) {
            pending.cancel();
        }
        call.join().unwrap()
    })
}

/// The same, with a node in a handler.
fn try_in_vain(stage: &Stage, id: u64) {
    let given_up = give_up_the_last(stage, id);
    assert!(matches!(given_up, Err(SnapshotError::Cancelled { .. })), "{given_up:?}");
}

#[test]
fn after_a_failed_last_snapshot_the_nodes_go_on() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage =
                ring(|b| b.marker_policy(policy).snapshot_timeout(Duration::from_millis(3)));
            let gate = stage.hold(node(1));
            let error = stage.snapshot_and_stop().unwrap_err();
            assert!(matches!(error, SnapshotError::TimedOut { .. }), "{error}");
            // The node that was halted handles messages from outside and from its own links, and
            // its timers.
            stage.tell(node(0), |puppet, ctx| {
                puppet.send_on(ctx, LinkId::new(0));
                ctx.set_timer(TimerId::new(1), Duration::ZERO);
            });
            stage.settle(node(0));
            stage.settle(node(2));
            gate.open();
            stage.settle(node(1));
            while patient(&stage).state(node(0)).fired.is_empty() {}
            let between = patient(&stage);
            assert_eq!(
                between.state(node(1)).counts.handled(),
                3,
                "two orders, and a note of node 0"
            );
            let last = loop {
                if let Ok(last) = stage.snapshot_and_stop() {
                    break last;
                }
            };
            channel_law::check(&last);
            assert!(stage.give(node(0)).is_err());
            assert_eq!(stage.join().unwrap().len(), 3);
        });
    });
}

/// When its handler returns, the node finds the commands halt, go on, halt, go on, halt. Its
/// answers to the first two halts must not count for the third. A last snapshot that began too
/// early would miss the messages handled meanwhile.
#[test]
fn a_busy_node_that_is_told_to_halt_again_and_again_halts_for_the_last_call() {
    finishes(|| {
        on_both_policies(|policy| {
            for _ in 0..30 {
                let stage = ring(|builder| builder.marker_policy(policy));
                let gate = stage.hold(node(1));
                for link in stage.topology().links() {
                    if link.source != node(1) {
                        stage.tell_to_send(link.source, link.id, 20);
                        stage.settle(link.source);
                    }
                }
                (1..=2).for_each(|id| try_in_vain(&stage, id));
                let last = thread::scope(|scope| {
                    let last = scope.spawn(|| stage.snapshot_and_stop().unwrap());
                    while stage.snapshot_counts().asked < 3 {
                        yield_now();
                    }
                    gate.open();
                    last.join().unwrap()
                });
                channel_law::check(&last);
                let ended = stage.join().unwrap();
                for (puppet, (_, recorded)) in ended.iter().zip(last.states()) {
                    assert_eq!(puppet.record, *recorded, "something was handled after the last");
                }
            }
        });
    });
}

/// Calls fail, and one succeeds, while other threads inject. All accepted messages are received or
/// in flight in the last snapshot.
#[test]
fn no_message_is_lost_that_was_accepted_between_two_calls() {
    finishes(|| {
        for _ in 0..10 {
            let stage = ring(|builder| builder);
            let accepted = AtomicU64::new(0);
            let last = thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        while stage.snapshot_counts().completed == 0 {
                            if stage.try_give(node(1)) {
                                accepted.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                }
                let mut calls = (1..5).map(|id| give_up_the_last(&stage, id));
                let complete = calls.find_map(Result::ok);
                complete.unwrap_or_else(|| stage.snapshot_and_stop().unwrap())
            });
            channel_law::check(&last);
            let environment = stage.topology().environment_link(node(1)).unwrap().id;
            assert_eq!(last.channel(environment).sent(), accepted.into_inner());
        }
    });
}

#[test]
fn when_all_of_several_calls_are_given_up_the_nodes_go_on() {
    finishes(|| {
        let stage = ring(|builder| builder);
        let gate = stage.hold(node(1));
        thread::scope(|scope| {
            let calls = [(); 3].map(|()| scope.spawn(|| stage.snapshot_and_stop()));
            while stage.snapshot_counts().asked < 3 {
                yield_now();
            }
            for id in [2, 1, 3].map(SnapshotId::new) {
                assert!(!stage.try_give(node(0)), "a call still waits");
                let pending = stage.find_snapshot(id).unwrap();
                pending.cancel();
                pending.wait().unwrap_err();
            }
            assert!(calls.into_iter().all(|call| call.join().unwrap().is_err()));
        });
        stage.settle(node(0));
        gate.open();
        stage.settle(node(1));
        channel_law::check(&stage.snapshot_and_stop().unwrap());
    });
}

#[test]
fn a_system_that_is_shut_down_meanwhile_stays_closed() {
    finishes(|| {
        let stage = ring(|builder| builder);
        let gate = stage.hold(node(1));
        thread::scope(|scope| {
            let call = scope.spawn(|| stage.snapshot_and_stop());
            while stage.try_give(node(0)) {}
            let ended = scope.spawn(|| stage.shutdown().unwrap());
            assert!(matches!(call.join().unwrap(), Err(SnapshotError::ShutDown { .. })));
            let refused = stage.give(node(0)).unwrap_err();
            assert!(refused.to_string().contains("the system is shut down"), "{refused}");
            gate.open();
            assert_eq!(ended.join().unwrap().len(), 3);
        });
    });
}

/// The node's state panics, so the node has failed when all have halted.
#[test]
fn a_node_that_fails_in_the_last_snapshot_leaves_the_others_at_work() {
    finishes(|| {
        let bad = |puppet: &mut Puppet| {
            if puppet.node == node(2) {
                puppet.at_state = Some(Arc::new(|| panic!("no last state")));
            }
        };
        let settings = |b: SystemBuilder<_>| b.on_failure(OnFailure::Continue);
        let stage = Stage::set(Topology::ring(3).unwrap(), settings, bad);
        let error = stage.snapshot_and_stop().unwrap_err();
        assert!(matches!(error, SnapshotError::NodeFailed { .. }), "{error}");
        stage.settle(node(0));
        stage.settle(node(1));
        let last = stage.snapshot_and_stop().unwrap();
        assert_eq!(last.failures()[0].panic, "no last state");
        assert!(stage.join().is_err());
    });
}

/// All nodes have stopped by then. A wait for that ends, though the last snapshot has failed.
#[test]
fn a_wait_for_the_end_goes_on_until_the_nodes_stop_by_themselves() {
    finishes(|| {
        let stage = ring(|builder| builder);
        let gate = stage.hold(node(1));
        try_in_vain(&stage, 1);
        thread::scope(|scope| {
            let joined = scope.spawn(|| stage.join().unwrap());
            for node in stage.topology().nodes() {
                stage.stop_node(node).unwrap();
            }
            gate.open();
            assert_eq!(joined.join().unwrap().len(), 3);
        });
    });
}
