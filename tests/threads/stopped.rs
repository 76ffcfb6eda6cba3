//! A node that stops of its own accord takes part in later snapshots, with its final state and with
//! the unreceived messages on its in-links.

use consistent_cut::{LinkId, MarkerPolicy, SnapshotOptions, Topology};
use crossbeam_channel::bounded;

use crate::channel_law::{self, numbers};
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

const THERE: LinkId = LinkId::new(0);
const BACK: LinkId = LinkId::new(1);

/// Two nodes with a link each way; node 1 has stopped.
fn stopped(policy: MarkerPolicy) -> Stage {
    let stage = Stage::new(Topology::from_links(2, [(0, 1), (1, 0)]).unwrap(), policy);
    let (tx, rx) = bounded(1);
    stage.tell(node(1), move |puppet, ctx| {
        puppet.send_on(ctx, BACK);
        ctx.stop();
        puppet.send_on(ctx, BACK);
        tx.send(()).unwrap();
    });
    rx.recv().unwrap();
    stage
}

#[test]
fn what_comes_after_the_stop_stays_on_its_link() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stopped(policy);
            for sent in 1..=3 {
                stage.tell_to_send(node(0), THERE, 1);
                stage.settle(node(0));
                let snapshot = stage.checked_snapshot();
                assert_eq!(numbers(snapshot.channel(THERE)), (1..=sent).collect::<Vec<_>>());
                assert_eq!(snapshot.state(node(1)).counts.received, [0, 1]);
            }
        });
    });
}

#[test]
fn what_is_injected_after_the_stop_stays_on_the_environment_link() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stopped(policy);
            (0..3).for_each(|_| stage.give(node(1)).unwrap());
            let snapshot = stage.checked_snapshot();
            let environment = stage.topology().environment_link(node(1)).unwrap();
            assert_eq!(numbers(snapshot.channel(environment.id)), [2, 3, 4]);
        });
    });
}

#[test]
fn the_handler_that_stops_is_a_whole_step() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stopped(policy);
            while stage.checked_snapshot().state(node(0)).counts.received[0] < 2 {}
            let snapshot = stage.checked_snapshot();
            assert_eq!(snapshot.state(node(1)).counts.sent, [2]);
            assert!(numbers(snapshot.channel(BACK)).is_empty());
        });
    });
}

#[test]
fn a_stopped_node_initiates() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = stopped(policy);
            let snapshot = stage.snapshot_with(SnapshotOptions::at([node(1)])).unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.initiators(), [node(1)]);
        });
    });
}

/// Messages, markers of two snapshots, and more messages wait at the node when it stops.
#[test]
fn a_node_that_stops_with_messages_and_markers_waiting_completes_the_snapshots() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::from_links(2, [(0, 1), (1, 0)]).unwrap(), policy);
            let gate = stage.gate();
            let held = gate.clone();
            stage.tell(node(0), move |puppet, ctx| {
                let held = held.clone();
                puppet.send_action(ctx, THERE, move |_, ctx| {
                    held.pass();
                    ctx.stop();
                });
            });
            gate.await_arrivals(1);
            let mut begun = Vec::new();
            for _ in 0..2 {
                stage.tell_to_send(node(0), THERE, 2);
                stage.settle(node(0));
                begun.push(stage.begin_at(node(0)).unwrap());
            }
            stage.tell_to_send(node(0), THERE, 2);
            stage.settle(node(0));
            gate.open();
            for (pending, recorded) in begun.iter().zip([vec![2, 3], vec![2, 3, 4, 5]]) {
                let snapshot = pending.wait().unwrap();
                channel_law::check(&snapshot);
                assert_eq!(numbers(snapshot.channel(THERE)), recorded);
            }
            let later = stage.checked_snapshot();
            assert_eq!(numbers(later.channel(THERE)), [2, 3, 4, 5, 6, 7]);
        });
    });
}

#[test]
fn a_system_of_stopped_nodes_is_snapshot_and_shut_down() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(3).unwrap(), policy);
            for node in stage.topology().nodes() {
                stage.tell(node, |_, ctx| ctx.stop());
            }
            while stage.checked_snapshot().states().any(|(_, counts)| counts.counts.injected() == 0)
            {
            }
            assert_eq!(stage.shutdown().unwrap().len(), 3);
        });
    });
}
