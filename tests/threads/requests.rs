//! A process asks for a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::{self, yield_now};

use consistent_cut::{
    LinkId, MarkerPolicy, NodeId, PendingSnapshot, SnapshotError, SystemBuilder, Topology,
};

use crate::channel_law;
use crate::effort::scaled;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// The handler is one step: both of its sends are before the cut, or neither is. The handler asks
/// for the snapshot, so the cut comes after the handler.
#[test]
fn a_request_between_two_sends_cuts_after_the_handler() {
    finishes(|| {
        let link = LinkId::new(0);
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(3).unwrap(), policy);
            let outcomes = stage.subscribe();
            // The receiver is held, so that both messages are on the link or behind the cut.
            let gate = stage.hold(node(1));
            stage.tell(node(0), move |puppet, ctx| {
                puppet.send_on(ctx, link);
                ctx.request_snapshot();
                puppet.send_on(ctx, link);
            });
            stage.settle(node(0));
            gate.open();
            let snapshot = outcomes.take(1).last().unwrap().result.unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.state(node(0)).counts.sent, [2, 0]);
            assert_eq!(snapshot.initiators(), [node(0)]);
        });
    });
}

#[test]
fn the_coordinator_adds_initiators_to_a_node_that_does_not_reach_all() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::line(3).unwrap(), policy);
            let outcomes = stage.subscribe();
            stage.tell(node(2), |_, ctx| ctx.request_snapshot());
            let snapshot = outcomes.take(1).last().unwrap().result.unwrap();
            channel_law::check(&snapshot);
            let initiators: BTreeSet<_> = snapshot.initiators().iter().copied().collect();
            assert_eq!(initiators, BTreeSet::from([node(0), node(2)]));
        });
    });
}

/// Waits until the coordinator has received all requests of nodes and callers so far.
fn sync(stage: &Stage) {
    let probe = stage.begin_snapshot();
    probe.cancel();
    let _ = probe.wait();
}

/// Node 3 is held, so that the first request's snapshot stays under way.
#[test]
fn requests_join_the_one_that_waits() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(4).unwrap(), policy);
            let gate = stage.hold(node(3));
            let outcomes = stage.subscribe();
            stage.tell(node(0), |_, ctx| ctx.request_snapshot());
            while stage.snapshot_counts().asked == 0 {
                yield_now();
            }
            for node in [1, 2, 0].map(node) {
                for _ in 0..5 {
                    stage.tell(node, |_, ctx| (0..5).for_each(|_| ctx.request_snapshot()));
                }
                stage.settle(node);
            }
            sync(&stage);
            assert_eq!(stage.snapshot_counts().asked, 2, "one under way, and the probe");
            gate.open();
            let complete: Vec<_> =
                outcomes.filter_map(|outcome| outcome.result.ok()).take(2).collect();
            complete.iter().for_each(|snapshot| channel_law::check(snapshot));
            assert_eq!(complete[0].initiators(), [node(0)]);
            let together: BTreeSet<_> = complete[1].initiators().iter().copied().collect();
            assert_eq!(together, [0, 1, 2].map(node).into());
            stage.settle(node(3));
            sync(&stage);
            let counts = stage.snapshot_counts();
            assert_eq!((counts.asked, counts.completed, counts.cancelled), (4, 2, 2), "{counts:?}");
        });
    });
}

/// Each handler asks, and its own event is before the cut of some later snapshot.
#[test]
fn every_request_is_before_the_cut_of_a_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(2).unwrap(), policy);
            let mut outcomes = stage.subscribe();
            for round in 1..=300 {
                stage.tell(node(1), |_, ctx| ctx.request_snapshot());
                let sees = |snapshot: &channel_law::Snapshot| {
                    snapshot.state(node(1)).counts.handled() >= round
                };
                while !sees(&outcomes.next().unwrap().result.unwrap()) {}
            }
        });
    });
}

#[test]
fn callers_go_before_a_request_that_waits() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: SystemBuilder<_>| {
                builder.marker_policy(policy).max_concurrent_snapshots(1)
            };
            let stage = Stage::set(Topology::ring(3).unwrap(), settings, |_| {});
            let gate = stage.hold(node(2));
            let outcomes = stage.subscribe();
            let under_way = stage.begin_snapshot();
            stage.tell(node(0), |_, ctx| ctx.request_snapshot());
            stage.settle(node(0));
            sync(&stage);
            let callers: Vec<_> = (0..3).map(|_| stage.begin_snapshot()).collect();
            gate.open();
            let complete = outcomes.filter_map(|outcome| outcome.result.ok());
            let order: Vec<_> = complete.take(5).collect();
            let ids = order.iter().take(4).map(|snapshot| snapshot.id());
            assert!(ids.eq([&under_way].into_iter().chain(&callers).map(PendingSnapshot::id)));
            assert_eq!(order[4].initiators()[0], node(0));
        });
    });
}

/// A node asks with every message. The queue does not grow with that, and a shutdown has little to
/// end.
#[test]
fn a_request_with_every_message_piles_up_nothing() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        let gate = stage.hold(node(2));
        for _ in 0..scaled(2_000) {
            stage.tell(node(0), |_, ctx| ctx.request_snapshot());
        }
        stage.settle(node(0));
        sync(&stage);
        assert!(stage.snapshot_counts().under_way() <= 1, "{:?}", stage.snapshot_counts());
        thread::scope(|scope| {
            let ended = scope.spawn(|| stage.shutdown().unwrap());
            gate.open();
            ended.join().unwrap();
        });
        let counts = stage.snapshot_counts();
        assert!(counts.asked <= 3 && counts.under_way() == 0, "{counts:?}");
    });
}

/// A system that ends tells subscribers of a waiting request, as it tells them of callers'
/// snapshots.
#[test]
fn a_request_that_waits_fails_once_with_the_system() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        let gate = stage.hold(node(2));
        let outcomes = stage.subscribe();
        stage.tell(node(0), |_, ctx| ctx.request_snapshot());
        // Two requests that meet at the coordinator would be answered together.
        while stage.snapshot_counts().asked == 0 {
            yield_now();
        }
        stage.tell(node(1), |_, ctx| ctx.request_snapshot());
        stage.settle(node(1));
        sync(&stage);
        thread::scope(|scope| {
            let ended = scope.spawn(|| stage.shutdown().unwrap());
            let errors: Vec<_> = outcomes.map(|outcome| outcome.result.unwrap_err()).collect();
            let is_over = |error: &&SnapshotError| matches!(error, SnapshotError::ShutDown { .. });
            assert_eq!(errors.iter().filter(is_over).count(), 2, "{errors:?}");
            assert_eq!(errors.len(), 3, "and the probe: {errors:?}");
            gate.open();
            ended.join().unwrap();
        });
        assert_eq!(stage.snapshot_counts().under_way(), 0);
    });
}

#[test]
fn a_request_in_on_start_is_answered() {
    finishes(|| {
        let asks = node(1);
        let stage = Stage::set(
            Topology::ring(3).unwrap(),
            |builder| builder.keep_snapshots(1),
            |puppet| {
                if puppet.node == asks {
                    puppet.at_start = Some(Arc::new(|_, ctx| ctx.request_snapshot()));
                }
            },
        );
        // The snapshot may end before a caller can subscribe. The history has it in any case.
        while stage.history().is_empty() {
            stage.settle(asks);
        }
        let snapshot = stage.history()[0].snapshot.clone().unwrap();
        channel_law::check(&snapshot);
        assert_eq!(snapshot.initiators(), [asks]);
    });
}

#[test]
fn requests_by_nodes_and_by_callers_mix() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        let mut outcomes = stage.subscribe();
        let mut ids = BTreeSet::new();
        for round in 1..=20 {
            stage.tell(node(1), |puppet, ctx| {
                let link = ctx.out_links()[0].id;
                puppet.send_on(ctx, link);
                ctx.request_snapshot();
            });
            let callers = stage.checked_snapshot().id();
            let mut is_answered = false;
            while !(ids.contains(&callers) && is_answered) {
                let snapshot = outcomes.next().unwrap().result.unwrap();
                channel_law::check(&snapshot);
                assert!(ids.insert(snapshot.id()));
                let sees_it = snapshot.state(node(1)).counts.sent[0] >= round;
                is_answered |= sees_it && snapshot.initiators()[0] == node(1);
            }
        }
    });
}

#[test]
fn a_handler_that_asks_and_stops_initiates_with_its_final_state() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::line(2).unwrap(), policy);
            let outcomes = stage.subscribe();
            stage.tell(node(0), |puppet, ctx| {
                ctx.stop();
                ctx.request_snapshot();
                puppet.send_on(ctx, LinkId::new(0));
            });
            let snapshot = outcomes.take(1).last().unwrap().result.unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.initiators(), [NodeId::new(0)]);
            assert_eq!(snapshot.state(node(0)).counts.sent, [1]);
        });
    });
}
