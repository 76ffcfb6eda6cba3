//! A process asks for a snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use consistent_cut::{LinkId, MarkerPolicy, NodeId, Topology};

use crate::oracle::{self, node};
use crate::puppet::{BOTH_POLICIES, Stage};
use crate::watchdog::finishes;

/// The handler is one step: the cut has both of its sends before it, or neither. It is asked for in the
/// handler, so it comes after.
#[test]
fn a_request_between_two_sends_cuts_after_the_handler() {
    finishes(|| {
        let link = LinkId::new(0);
        for policy in BOTH_POLICIES {
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
            oracle::check(&snapshot);
            assert_eq!(snapshot.state(node(0)).sent, [2, 0]);
            assert_eq!(snapshot.initiators(), [node(0)]);
        }
    });
}

#[test]
fn the_coordinator_adds_initiators_to_a_node_that_does_not_reach_all() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let stage = Stage::new(Topology::line(3).unwrap(), policy);
            let outcomes = stage.subscribe();
            stage.tell(node(2), |_, ctx| ctx.request_snapshot());
            let snapshot = outcomes.take(1).last().unwrap().result.unwrap();
            oracle::check(&snapshot);
            let initiators: BTreeSet<_> = snapshot.initiators().iter().copied().collect();
            assert_eq!(initiators, BTreeSet::from([node(0), node(2)]));
        }
    });
}

#[test]
fn each_request_is_one_snapshot() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let stage = Stage::new(Topology::ring(4).unwrap(), policy);
            let outcomes = stage.subscribe();
            for node in stage.topology().nodes() {
                stage.tell(node, |_, ctx| (0..5).for_each(|_| ctx.request_snapshot()));
            }
            let mut asked = vec![0; 4];
            let mut ids = BTreeSet::new();
            for outcome in outcomes.take(20) {
                let snapshot = outcome.result.unwrap();
                oracle::check(&snapshot);
                asked[snapshot.initiators()[0].index()] += 1;
                ids.insert(snapshot.id());
            }
            assert_eq!(asked, [5; 4]);
            assert_eq!(ids.len(), 20);
        }
    });
}

#[test]
fn a_request_in_on_start_is_answered() {
    finishes(|| {
        let asks = node(1);
        let stage = Stage::set(
            Topology::ring(3).unwrap(),
            |builder| builder,
            |puppet| {
                if puppet.node == asks {
                    puppet.at_start = Some(Arc::new(|_, ctx| ctx.request_snapshot()));
                }
            },
        );
        // It may end before anyone could subscribe; the history has it in any case.
        while stage.history().is_empty() {
            stage.settle(asks);
        }
        let snapshot = stage.history()[0].result.clone().unwrap();
        oracle::check(&snapshot);
        assert_eq!(snapshot.initiators(), [asks]);
    });
}

#[test]
fn requests_by_nodes_and_by_callers_mix() {
    finishes(|| {
        let stage = Stage::new(Topology::ring(3).unwrap(), MarkerPolicy::default());
        let outcomes = stage.subscribe();
        for _ in 0..20 {
            stage.tell(node(1), |puppet, ctx| {
                let link = ctx.out_links()[0].id;
                puppet.send_on(ctx, link);
                ctx.request_snapshot();
            });
            stage.checked_snapshot();
        }
        let ids: BTreeSet<_> = outcomes
            .take(40)
            .map(|outcome| {
                oracle::check(&outcome.result.unwrap());
                outcome.id
            })
            .collect();
        assert_eq!(ids.len(), 40);
    });
}

#[test]
fn a_handler_that_asks_and_stops_initiates_with_its_final_state() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let stage = Stage::new(Topology::line(2).unwrap(), policy);
            let outcomes = stage.subscribe();
            stage.tell(node(0), |puppet, ctx| {
                ctx.stop();
                ctx.request_snapshot();
                puppet.send_on(ctx, LinkId::new(0));
            });
            let snapshot = outcomes.take(1).last().unwrap().result.unwrap();
            oracle::check(&snapshot);
            assert_eq!(snapshot.initiators(), [NodeId::new(0)]);
            assert_eq!(snapshot.state(node(0)).sent, [1]);
        }
    });
}
