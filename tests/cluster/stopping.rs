//! Nodes stop, and clusters end: every wait ends too.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use consistent_cut::cluster::{Cluster, ClusterSettings, Placement};
use consistent_cut::{
    Ending, FindSnapshotError, InjectError, SnapshotError, SnapshotId, StopError, Topology,
};
use crossbeam_channel::unbounded;
use timely::Config;

use crate::ids::{link, node};
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
use crate::watchdog::finishes;
use crate::workers::Plan;

fn ring(workers: usize) -> Stage {
    Stage::new(Plan::new(workers, Topology::ring(3).unwrap()))
}

#[test]
fn a_node_that_stops_handles_nothing_more_and_is_in_snapshots() {
    finishes(|| {
        on_both_policies(|policy| {
            for by_handle in [false, true] {
                let settings = ClusterSettings::new().marker_policy(policy);
                let stage = Stage::new(Plan::new(2, Topology::ring(3).unwrap()).with(settings));
                if by_handle {
                    stage.settle(node(1));
                    stage.stop_node(node(1)).unwrap();
                } else {
                    stage.tell(node(1), |_, ctx| ctx.stop());
                }
                while !stage.checked_snapshot().is_stopped(node(1)) {}
                stage.tell_to_send(node(0), link(0), 4);
                stage.give(node(1)).unwrap();
                stage.settle(node(0));
                stage.settle(node(2));
                let snapshot = stage.checked_snapshot();
                assert_eq!(snapshot.state(node(1)).counts.received, [0, 1]);
                assert_eq!(snapshot.in_flight().count(), 5);
                assert!(!stage.wait_until_settled(Duration::ZERO));
            }
        });
    });
}

/// A sender waits for room at a stopped node, until that node drains its links.
#[test]
fn a_node_that_drains_frees_its_senders() {
    finishes(|| {
        on_both_policies(|policy| {
            for (workers, by_handle) in [(1, true), (2, false), (2, true)] {
                let settings = ClusterSettings::new().marker_policy(policy).capacity(1);
                let topology = Topology::line(2).unwrap();
                let stage = Stage::new(Plan::new(workers, topology).with(settings));
                stage.stop_node(node(1)).unwrap();
                stage.tell_to_send(node(0), link(0), 20);
                while stage.checked_snapshot().channel(link(0)).messages().len() < 20 {}
                // The sender has no room, and handles nothing.
                stage.give(node(0)).unwrap();
                let snapshot = stage.checked_snapshot();
                assert_eq!(snapshot.state(node(0)).counts.injected(), 1);
                stage.stop_node_and_drain(node(1)).unwrap();
                stage.settle(node(0));
                while stage.snapshot().unwrap().channel(link(0)).received() < 20 {}
                if by_handle {
                    stage.stop_node(node(0)).unwrap();
                } else {
                    stage.tell(node(0), |_, ctx| ctx.stop_and_drain());
                }
                assert!(stage.wait_until_settled(Duration::MAX));
                let ended = stage.end().all();
                assert_eq!(ended[1].record.counts.received, [0, 0], "what is drained is dropped");
            }
        });
    });
}

#[test]
fn when_all_nodes_have_stopped_the_cluster_has_settled_and_goes_on() {
    finishes(|| {
        let stage = ring(3);
        assert!(!stage.wait_until_settled(Duration::from_millis(1)));
        thread::scope(|scope| {
            let handle = &**stage;
            let waits = scope.spawn(|| handle.wait_until_settled(Duration::MAX));
            for index in 0..3 {
                stage.tell(node(index), |_, ctx| ctx.stop());
            }
            assert!(waits.join().unwrap());
        });
        let snapshot = stage.checked_snapshot();
        assert!(snapshot.topology().nodes().all(|node| snapshot.is_stopped(node)));
        let last = stage.snapshot_and_stop().unwrap();
        let ended = stage.join().all();
        assert!(last.states().zip(&ended).all(|((_, state), puppet)| *state == puppet.record));
    });
}

#[test]
fn a_shutdown_wakes_every_waiter() {
    finishes(|| {
        let settings = ClusterSettings::new().max_concurrent_snapshots(2);
        let stage = Stage::new(Plan::new(2, Topology::ring(3).unwrap()).with(settings));
        // The node is on the second worker, so the coordinator goes on.
        let gate = stage.hold(node(2));
        let pending: Vec<_> = (0..4).map(|_| stage.begin_snapshot()).collect();
        let outcomes = stage.subscribe();
        thread::scope(|scope| {
            let handle = &**stage;
            let waiters: Vec<_> = pending.iter().map(|one| scope.spawn(|| one.wait())).collect();
            let last = scope.spawn(|| handle.snapshot_and_stop());
            let settled = scope.spawn(|| handle.wait_until_settled(Duration::MAX));
            let heard = scope.spawn(|| outcomes.count());
            while handle.snapshot_counts().asked < 5 {
                thread::yield_now();
            }
            stage.shut_down();
            for waiter in waiters {
                let error = waiter.join().unwrap().unwrap_err();
                assert!(matches!(error, SnapshotError::ShutDown { .. }), "{error}");
            }
            let error = last.join().unwrap().unwrap_err();
            assert!(matches!(error, SnapshotError::ShutDown { .. }), "{error}");
            assert!(settled.join().unwrap());
            assert_eq!(heard.join().unwrap(), 5);
        });
        gate.open();
        assert_eq!(stage.join().all().len(), 3);
    });
}

#[test]
fn after_the_end_each_call_returns_its_error() {
    finishes(|| {
        let stage = ring(2);
        let first = stage.checked_snapshot();
        stage.shut_down();
        assert!(stage.wait_until_settled(Duration::MAX));
        let handle = (**stage).clone();
        let error = handle.snapshot().unwrap_err();
        assert!(matches!(error, SnapshotError::ShutDown { .. }), "{error}");
        assert!(matches!(handle.begin_snapshot().wait(), Err(SnapshotError::ShutDown { .. })));
        let error = stage.give(node(0)).unwrap_err();
        assert!(matches!(error, InjectError::Ended { why: Ending::ShutDown, .. }), "{error}");
        let note = Note::from_outside(handle.topology(), node(0), 7);
        assert_eq!(handle.inject(node(0), note).unwrap_err().into_message().number, 7);
        let error = handle.stop_node(node(0)).unwrap_err();
        assert!(matches!(error, StopError::Ended { why: Ending::ShutDown, .. }), "{error}");
        let error = handle.stop_node_and_drain(node(9)).unwrap_err();
        assert!(matches!(error, StopError::UnknownNode { nodes: 3, .. }), "{error}");
        let unknown = handle.find_snapshot(SnapshotId::new(99)).unwrap_err();
        assert!(matches!(unknown, FindSnapshotError::Unknown { .. }), "{unknown}");
        let counts = handle.snapshot_counts();
        assert_eq!((counts.asked, counts.completed, counts.shut_down), (3, 1, 2));
        assert_eq!(handle.history().len(), 3);
        assert_eq!(handle.subscribe().count(), 0);
        handle.shut_down();
        let ended = stage.join().all();
        assert!(first.states().zip(&ended).all(|((_, state), puppet)| *state == puppet.record));
        // The workers are gone.
        assert!(matches!(handle.snapshot(), Err(SnapshotError::ShutDown { .. })));
    });
}

#[test]
fn each_worker_hands_back_the_processes_of_its_nodes() {
    finishes(|| {
        let (tx, parts) = unbounded();
        let topology = Arc::new(Topology::ring(7).unwrap());
        let guards = timely::execute(Config::process(3), move |worker| {
            let (placement, settings) = (Placement::hashed(), ClusterSettings::new());
            let cluster = worker.dataflow::<u64, _, _>(|scope| {
                let puppet = |node| Puppet::new(node, &topology);
                Cluster::build(scope, &topology, &placement, &settings, puppet).unwrap().0
            });
            if let Some(handle) = cluster.handle() {
                handle.shut_down();
            }
            while !cluster.has_ended() {
                worker.step_or_park(None);
            }
            let of_node =
                topology.nodes().filter(|&n| cluster.worker_of(n) == Some(worker.index()));
            let expected: Vec<_> = of_node.collect();
            assert_eq!(cluster.worker_of(node(7)), None);
            let processes = cluster.into_processes();
            assert!(processes.iter().all(|(node, puppet)| puppet.node == *node));
            let nodes: Vec<_> = processes.into_iter().map(|(node, _)| node).collect();
            assert_eq!(nodes, expected);
            tx.send(nodes).unwrap();
        });
        assert!(guards.unwrap().join().iter().all(Result::is_ok));
        let mut all: Vec<_> = parts.iter().flatten().collect();
        all.sort_unstable();
        assert!(all.into_iter().eq((0..7).map(node)));
    });
}

/// The first worker takes its processes while the cluster runs. Without it no snapshot ends, so
/// this ends the cluster.
#[test]
fn a_first_worker_that_leaves_ends_the_cluster() {
    finishes(|| {
        for workers in [1, 3] {
            let (tx, handles) = unbounded();
            let topology = Arc::new(Topology::ring(3).unwrap());
            let (leave, may_leave) = unbounded::<()>();
            let guards = timely::execute(Config::process(workers), move |worker| {
                let (placement, settings) = (Placement::blocks(), ClusterSettings::new());
                let cluster = worker.dataflow::<u64, _, _>(|scope| {
                    let puppet = |node| Puppet::new(node, &topology);
                    Cluster::build(scope, &topology, &placement, &settings, puppet).unwrap().0
                });
                if let Some(handle) = cluster.handle() {
                    tx.send(handle.clone()).unwrap();
                    may_leave.recv().unwrap();
                    let _ = cluster.into_processes();
                    return;
                }
                while !cluster.has_ended() {
                    worker.step_or_park(None);
                }
            });
            let handle = handles.recv().unwrap();
            let pending = handle.begin_snapshot();
            leave.send(()).unwrap();
            assert!(matches!(pending.wait(), Err(SnapshotError::ShutDown { .. })));
            assert!(handle.wait_until_settled(Duration::MAX));
            assert!(guards.unwrap().join().iter().all(Result::is_ok));
        }
    });
}

/// A puppet holds the token of a value that must not outlive it.
#[test]
fn messages_in_flight_are_dropped_at_the_end() {
    finishes(|| {
        let token = Arc::new(());
        let stage = ring(2);
        let gate = stage.hold(node(2));
        for index in 0..3 {
            let kept = Arc::clone(&token);
            stage.tell(node(index), move |puppet, ctx| {
                let kept = Arc::clone(&kept);
                let out = ctx.out_links()[0].id;
                puppet.send_action(ctx, out, move |_, _| drop(Arc::clone(&kept)));
            });
        }
        stage.settle(node(0));
        stage.shut_down();
        gate.open();
        drop(stage.end());
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// The history keeps a snapshot with a message in flight, and the coordinator keeps the history.
#[test]
fn nothing_is_left_of_a_cluster_that_has_ended() {
    finishes(|| {
        for way in 0..3 {
            let token = Arc::new(());
            let settings = ClusterSettings::new().keep_snapshots(1);
            let stage = Stage::new(Plan::new(2, Topology::ring(3).unwrap()).with(settings));
            stage.stop_node(node(2)).unwrap();
            let kept = Arc::clone(&token);
            stage.tell(node(2), move |_, _| drop(Arc::clone(&kept)));
            while stage.snapshot().unwrap().in_flight().next().is_none() {}
            match way {
                0 => stage.shut_down(),
                1 => stage.tell(node(0), |_, _| panic!("the end")),
                _ => drop(stage.snapshot_and_stop().unwrap()),
            }
            drop(stage.join());
            while Arc::strong_count(&token) > 1 {
                thread::yield_now();
            }
        }
    });
}
