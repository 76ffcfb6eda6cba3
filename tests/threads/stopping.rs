//! Nodes are stopped from outside, and the system is joined when no node handles anything more.

use std::thread;

use consistent_cut::property::deadlocked_on_full_links;
use consistent_cut::{LinkId, ShutdownError, StopError, SystemBuilder, Topology};
use crossbeam_channel::bounded;

use crate::channel_law::{self, numbers};
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

#[test]
fn a_node_that_was_stopped_handles_nothing_more_and_takes_part_in_snapshots() {
    finishes(|| {
        on_both_policies(|policy| {
            let (link, stage) = (LinkId::new(0), Stage::new(Topology::ring(2).unwrap(), policy));
            let gate = stage.hold(node(1));
            stage.tell_to_send(node(0), link, 3);
            stage.settle(node(0));
            stage.stop_node(node(1)).unwrap();
            stage.stop_node(node(1)).unwrap();
            gate.open();
            while !stage.checked_snapshot().is_stopped(node(1)) {}
            let sent = stage.checked_snapshot().channel(link).sent();
            stage.tell_to_send(node(0), link, 2);
            stage.settle(node(0));
            stage.give(node(1)).unwrap();
            let snapshot = stage.checked_snapshot();
            assert!(snapshot.is_stopped(node(1)) && !snapshot.is_stopped(node(0)));
            assert_eq!(numbers(snapshot.channel(link)), (1..=sent + 2).collect::<Vec<_>>());
            assert_eq!(
                snapshot.state(node(1)).counts.handled(),
                1,
                "(the handler that was running)"
            );
        });
    });
}

#[test]
fn a_node_is_stopped_between_two_handlers_of_a_backlog() {
    finishes(|| {
        on_both_policies(|policy| {
            for _ in 0..30 {
                let stage = Stage::new(Topology::line(2).unwrap(), policy);
                let link = LinkId::new(0);
                stage.tell_to_send(node(0), link, 500);
                stage.stop_node(node(1)).unwrap();
                stage.settle(node(0));
                while !stage.checked_snapshot().is_stopped(node(1)) {}
                let [first, second] = [stage.checked_snapshot(), stage.checked_snapshot()];
                assert_eq!(first.channel(link).received(), second.channel(link).received());
                assert_eq!(second.channel(link).sent(), 500);
            }
        });
    });
}

#[test]
fn a_stopped_node_fills_its_links_and_keeps_its_senders_waiting() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: consistent_cut::SystemBuilder<_>| {
                builder.marker_policy(policy).capacity(3)
            };
            let stage = Stage::set(Topology::line(2).unwrap(), settings, |_| {});
            let link = LinkId::new(0);
            stage.stop_node(node(1)).unwrap();
            while !stage.checked_snapshot().is_stopped(node(1)) {}
            stage.tell_to_send(node(0), link, 3);
            stage.settle(node(0));
            stage.tell_to_send(node(0), link, 1);
            stage.await_traffic(link, 4, 1);
            stage.give(node(0)).unwrap();
            for _ in 0..10 {
                assert_eq!(stage.checked_snapshot().state(node(0)).counts.injected(), 3);
            }
        });
    });
}

#[test]
fn a_node_that_is_not_there_or_has_ended_is_not_stopped() {
    finishes(|| {
        let topology = Topology::from_named_links([("client", "server")]).unwrap();
        let stage = Stage::set(topology, |builder| builder, |_| {});
        let unknown = StopError::UnknownNode { node: node(2), nodes: 2 };
        assert_eq!(stage.stop_node(node(2)), Err(unknown));
        stage.shutdown().unwrap();
        let text = stage.stop_node(node(1)).unwrap_err().to_string();
        assert!(text.starts_with("node 1 (server) cannot be stopped"), "{text}");
    });
}

/// Nodes stop from outside, from within, and at the end of a handler that was held.
#[test]
fn join_waits_for_every_node_to_stop_and_hands_back_the_processes() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(4).unwrap(), policy);
            let gate = stage.hold(node(3));
            let (tx, rx) = bounded(1);
            thread::scope(|scope| {
                let joined = scope.spawn(|| {
                    tx.send(()).unwrap();
                    stage.join().unwrap()
                });
                rx.recv().unwrap();
                stage.stop_node(node(0)).unwrap();
                stage.tell(node(1), |_, ctx| ctx.stop());
                stage.stop_node(node(3)).unwrap();
                // The system has not ended: node 2 is at work.
                (0..20).for_each(|_| stage.settle(node(2)));
                assert!(!joined.is_finished());
                stage.stop_node(node(2)).unwrap();
                gate.open();
                let ended = joined.join().unwrap();
                let handled: Vec<_> =
                    ended.iter().map(|puppet| puppet.record.counts.handled()).collect();
                assert_eq!(handled, [0, 1, 20, 1]);
            });
            assert_eq!(stage.join().err(), Some(ShutdownError::AlreadyShutDown));
        });
    });
}

#[test]
fn join_ends_with_a_shutdown_by_another_thread() {
    finishes(|| {
        let stage = Stage::set(Topology::ring(2).unwrap(), |builder| builder, |_| {});
        let (tx, rx) = bounded(2);
        thread::scope(|scope| {
            let join = || {
                tx.send(()).unwrap();
                stage.join()
            };
            let joined = [scope.spawn(join), scope.spawn(join)];
            (0..2).for_each(|_| rx.recv().unwrap());
            let ended = stage.shutdown().is_ok();
            let joined = joined.map(|joined| joined.join().unwrap().is_ok());
            // One of the three calls gets the processes.
            assert_eq!(usize::from(ended) + joined.iter().filter(|&&ok| ok).count(), 1);
        });
    });
}

#[test]
fn a_node_that_fails_need_not_stop_for_join_to_end() {
    finishes(|| {
        let stage = Stage::set(
            Topology::ring(3).unwrap(),
            |builder| builder.on_failure(consistent_cut::OnFailure::Continue),
            |_| {},
        );
        stage.stop_node(node(0)).unwrap();
        stage.tell(node(1), |_, _| panic!("no stop"));
        stage.await_failure(node(1));
        stage.settle(node(2));
        let snapshot = stage.snapshot().unwrap();
        snapshot.verify().unwrap();
        stage.stop_node(node(2)).unwrap();
        assert_eq!(stage.join().err().unwrap().to_string(), "node 1 panicked: no stop");
    });
}

#[test]
fn stopped_nodes_are_in_the_cut_of_random_moments() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(4).unwrap(), policy);
            thread::scope(|scope| {
                scope.spawn(|| (0..100).for_each(|_| drop(stage.checked_snapshot())));
                for index in 0..4 {
                    for link in stage.topology().links() {
                        stage.tell_to_send(link.source, link.id, 20);
                    }
                    stage.stop_node(node(index)).unwrap();
                }
            });
            let ended = stage.checked_snapshot();
            channel_law::check_order(&ended, &stage.checked_snapshot());
            stage.join().unwrap();
        });
    });
}

/// A pipeline whose last stage takes ten messages: its sender goes on, and the system can be
/// joined.
#[test]
fn a_node_that_drains_keeps_no_sender_waiting() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: SystemBuilder<_>| builder.marker_policy(policy).capacity(4);
            let stage = Stage::set(Topology::line(2).unwrap(), settings, |_| {});
            let link = LinkId::new(0);
            stage.tell(node(1), |_, ctx| ctx.stop_and_drain());
            for _ in 0..20 {
                stage.tell_to_send(node(0), link, 10);
            }
            stage.settle(node(0));
            stage.await_traffic(link, 200, 0);
            let snapshot = stage.snapshot().unwrap();
            snapshot.verify().unwrap();
            assert!(snapshot.is_draining(node(1)) && !snapshot.is_draining(node(0)));
            assert!(deadlocked_on_full_links().detect(&snapshot).to_string().contains("did not"));
            stage.tell(node(0), |_, ctx| ctx.stop());
            assert_eq!(stage.join().unwrap().len(), 2);
        });
    });
}

#[test]
fn a_stopped_node_is_told_to_drain_and_lets_its_senders_go() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: SystemBuilder<_>| builder.marker_policy(policy).capacity(1);
            let stage = Stage::set(Topology::line(2).unwrap(), settings, |_| {});
            stage.stop_node(node(1)).unwrap();
            stage.tell_to_send(node(0), LinkId::new(0), 3);
            stage.await_traffic(LinkId::new(0), 3, 2);
            stage.stop_node_and_drain(node(1)).unwrap();
            stage.settle(node(0));
            stage.await_traffic(LinkId::new(0), 3, 0);
        });
    });
}
