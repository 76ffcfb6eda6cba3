//! A snapshot asked for before every node has run `on_start`.

use std::sync::Arc;

use consistent_cut::Topology;

use crate::channel_law;
use crate::gate::Gate;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::puppet::Puppet;
use crate::stage::Stage;
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
        on_both_policies(|policy| {
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
                channel_law::check(&snapshot);
                for (_, counts) in snapshot.states() {
                    assert!(counts.started, "recorded before on_start had returned");
                    assert_eq!(counts.counts.sent, [1, 1, 1]);
                }
            }
        });
    });
}

/// The other nodes have started and go on. The markers wait at the node that has not started.
#[test]
fn one_node_that_has_not_started_holds_back_the_snapshot_and_nothing_else() {
    finishes(|| {
        on_both_policies(|policy| {
            let gate = Gate::new();
            let late = node(2);
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
            channel_law::check(&snapshot);
            assert_eq!(snapshot.state(late).counts.sent, [1, 1, 1]);
        });
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
        stage.tell(node(0), |puppet, _| assert!(puppet.record.started));
        gate.open();
        stage.settle(node(0));
        assert_eq!(stage.checked_snapshot().state(node(0)).counts.injected(), 2);
    });
}
