//! Handlers that block, or take long, hold up their own node and no other.

use std::thread;

use consistent_cut::{LinkId, MarkerPolicy, SnapshotOptions, Topology};
use crossbeam_channel::unbounded;

use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// Node 0 handles one message that makes it send, and right after it one that blocks.
#[test]
fn what_a_handler_has_sent_arrives_while_the_next_one_blocks() {
    finishes(|| {
        let link = LinkId::new(0);
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::line(2).unwrap(), policy);
            let (tx, rx) = unbounded();
            for _ in 0..300 {
                let first = stage.hold(node(0));
                let tx = tx.clone();
                stage.tell(node(0), move |puppet, ctx| {
                    let tx = tx.clone();
                    puppet.send_action(ctx, link, move |_, _| tx.send(()).unwrap());
                });
                let second = stage.gate();
                let held = second.clone();
                stage.tell(node(0), move |_, _| held.pass());
                first.open();
                rx.recv().unwrap();
                second.open();
            }
        });
    });
}

#[test]
fn a_blocked_node_holds_up_no_message_between_others() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(3).unwrap(), policy);
            let gate = stage.hold(node(0));
            let pending = stage.begin_snapshot_with(SnapshotOptions::at([node(1)]));
            let link = stage.topology().link_between(node(1), node(2)).unwrap().id;
            let (tx, rx) = unbounded();
            for _ in 0..100 {
                let tx = tx.clone();
                stage.tell(node(1), move |puppet, ctx| {
                    let tx = tx.clone();
                    puppet.send_action(ctx, link, move |_, _| tx.send(()).unwrap());
                });
                rx.recv().unwrap();
            }
            assert!(pending.result().is_none());
            gate.open();
            crate::channel_law::check(&pending.wait().unwrap());
        });
    });
}

/// An application that waits across nodes inside its handlers is not kept from going on.
#[test]
fn a_handler_may_wait_for_the_handler_of_another_node() {
    finishes(|| {
        let link = LinkId::new(0);
        let stage = Stage::new(Topology::line(2).unwrap(), MarkerPolicy::default());
        let (tx, rx) = unbounded();
        thread::scope(|scope| {
            let snapshots = scope.spawn(|| (0..20).for_each(|_| drop(stage.checked_snapshot())));
            for _ in 0..300 {
                let (tx, rx) = (tx.clone(), rx.clone());
                stage.tell(node(0), move |puppet, ctx| {
                    let tx = tx.clone();
                    puppet.send_action(ctx, link, move |_, _| tx.send(()).unwrap());
                });
                stage.tell(node(0), move |_, _| rx.recv().unwrap());
            }
            stage.settle(node(0));
            snapshots.join().unwrap();
        });
        assert!(rx.is_empty());
    });
}
