//! The process panics outside its handlers: in `on_start`, in `state`, in the clone of a message.

use std::sync::Arc;

use consistent_cut::{LinkId, MarkerPolicy, ShutdownError, SnapshotError, Topology};
use crossbeam_channel::bounded;

use crate::ids::node;
use crate::note::Note;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// Panics unless this is the failure of that node.
fn assert_down(error: &SnapshotError, node: &str, panic: &str) {
    let SnapshotError::NodeFailed { failure, .. } = error else {
        panic!("another reason: {error}")
    };
    assert_eq!((&*failure.node.to_string(), failure.panic.as_str()), (node, panic));
}

#[test]
fn a_panic_in_on_start_fails_every_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            let bad = node(1);
            let stage = Stage::set(
                Topology::ring(3).unwrap(),
                |builder| builder.marker_policy(policy),
                |puppet| {
                    if puppet.node == bad {
                        puppet.at_start = Some(Arc::new(|_, _| panic!("cannot start")));
                    }
                },
            );
            for _ in 0..3 {
                assert_down(&stage.snapshot().unwrap_err(), "node 1", "cannot start");
            }
            let error = stage.shutdown().err().unwrap();
            assert!(
                matches!(error, ShutdownError::NodesFailed { failures } if failures.len() == 1)
            );
        });
    });
}

#[test]
fn a_panic_in_state_fails_the_snapshots_that_overlap() {
    finishes(|| {
        on_both_policies(|policy| {
            let bad = node(2);
            let stage = Stage::set(
                Topology::complete(3).unwrap(),
                |builder| builder.marker_policy(policy),
                |puppet| {
                    if puppet.node == bad {
                        puppet.at_state = Some(Arc::new(|| panic!("no state")));
                    }
                },
            );
            let gate = stage.hold(node(0));
            let begun: Vec<_> = (0..4).map(|_| stage.begin_snapshot()).collect();
            gate.open();
            for pending in begun {
                assert_down(&pending.wait().unwrap_err(), "node 2", "no state");
            }
        });
    });
}

/// Node 1 has recorded, by the marker of node 2, and its link from node 0 is open when the message
/// comes.
#[test]
fn a_panic_in_the_clone_of_a_message_fails_the_snapshot() {
    finishes(|| {
        let link = LinkId::new(0);
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::from_links(3, [(0, 1), (2, 1)]).unwrap(), policy);
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(0), move |puppet, ctx| {
                held.pass();
                let note = puppet.next(ctx.topology(), link);
                ctx.send_on(link, Note { fragile: true, ..note });
            });
            gate.await_arrivals(1);
            let pending = stage.begin_snapshot();
            stage.await_recording(node(1));
            gate.open();
            let error = pending.wait().unwrap_err();
            assert_down(&error, "node 1", "this note does not let itself be cloned");
        });
    });
}

#[test]
fn without_a_snapshot_no_message_is_cloned() {
    finishes(|| {
        let stage = Stage::new(Topology::line(2).unwrap(), MarkerPolicy::default());
        let link = LinkId::new(0);
        let (tx, rx) = bounded(1);
        stage.tell(node(0), move |puppet, ctx| {
            let note = puppet.next(ctx.topology(), link);
            ctx.send_on(link, Note { fragile: true, ..note });
            let tx = tx.clone();
            puppet.send_action(ctx, link, move |_, _| tx.send(()).unwrap());
        });
        rx.recv().unwrap();
        stage.checked_snapshot();
    });
}
