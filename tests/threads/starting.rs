//! A snapshot asked for before every node has run `on_start`.

use std::sync::Arc;

use consistent_cut::Topology;

use crate::gate::Gate;
use crate::oracle;
use crate::puppet::{BOTH_POLICIES, Puppet, Stage};
use crate::watchdog::finishes;

/// Holds the puppet in `on_start`, and lets it send one note on each link there.
fn send_behind(gate: &Gate, puppet: &mut Puppet) {
    let gate = gate.clone();
    puppet.at_start = Some(Arc::new(move |puppet, ctx| {
        gate.pass();
        for link in ctx.out_links() {
            puppet.send_on(ctx, link.id);
        }
    }));
}

#[test]
fn a_snapshot_waits_for_every_on_start() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let gate = Gate::new();
            let stage = Stage::set(
                Topology::complete(4).unwrap(),
                |builder| builder.marker_policy(policy),
                |puppet| send_behind(&gate, puppet),
            );
            stage.keep(&gate);
            let begun: Vec<_> = (0..3).map(|_| stage.begin_snapshot()).collect();
            gate.await_arrivals(4);
            assert!(begun.iter().all(|pending| pending.result().is_none()));
            gate.open();
            for pending in begun {
                let snapshot = pending.wait().unwrap();
                oracle::check(&snapshot);
                for (_, counts) in snapshot.states() {
                    assert!(counts.started, "recorded before on_start had returned");
                    assert_eq!(counts.sent, [1, 1, 1]);
                }
            }
        }
    });
}

/// The others have started and go on; the markers wait at the one that has not.
#[test]
fn one_node_that_has_not_started_holds_back_the_snapshot_and_nothing_else() {
    finishes(|| {
        for policy in BOTH_POLICIES {
            let gate = Gate::new();
            let late = oracle::node(2);
            let stage = Stage::set(
                Topology::complete(4).unwrap(),
                |builder| builder.marker_policy(policy),
                |puppet| {
                    if puppet.node == late {
                        send_behind(&gate, puppet);
                    }
                },
            );
            stage.keep(&gate);
            let pending = stage.begin_snapshot();
            gate.await_arrivals(1);
            for node in stage.topology().nodes().filter(|node| *node != late) {
                stage.settle(node);
            }
            assert!(pending.result().is_none());
            gate.open();
            let snapshot = pending.wait().unwrap();
            oracle::check(&snapshot);
            assert_eq!(snapshot.state(late).sent, [1, 1, 1]);
        }
    });
}

#[test]
fn what_is_injected_before_on_start_is_handled_after_it() {
    finishes(|| {
        let gate = Gate::new();
        let stage = Stage::set(
            Topology::line(1).unwrap(),
            |builder| builder,
            |puppet| send_behind(&gate, puppet),
        );
        stage.keep(&gate);
        stage.tell(oracle::node(0), |puppet, _| assert!(puppet.counts.started));
        gate.open();
        stage.settle(oracle::node(0));
        assert_eq!(stage.checked_snapshot().state(oracle::node(0)).injected(), 2);
    });
}
