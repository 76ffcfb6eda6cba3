//! A thousand messages stand before the marker.

use std::sync::Arc;

use consistent_cut::{LinkId, MarkerPolicy, Topology};

use crate::channel_law::{self, Snapshot, numbers};
use crate::gate::Gate;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

const BACKLOG: u64 = 1000;
const LINK: LinkId = LinkId::new(0);

/// Node 1 is in the handler of the first message of its link; the others wait behind it.
fn backlog(policy: MarkerPolicy) -> (Stage, Gate) {
    let stage = Stage::new(Topology::line(2).unwrap(), policy);
    let gate = stage.gate();
    let held = gate.clone();
    stage.tell(node(0), move |puppet, ctx| {
        let held = held.clone();
        puppet.send_action(ctx, LINK, move |_, _| held.pass());
        (1..BACKLOG).for_each(|_| puppet.send_on(ctx, LINK));
    });
    stage.settle(node(0));
    gate.await_arrivals(1);
    (stage, gate)
}

/// The snapshot whose marker was put on the link behind the backlog, before any message of the
/// backlog was handled.
fn snapshot_behind_backlog(stage: &Stage, gate: &Gate) -> Arc<Snapshot> {
    let pending = stage.begin_at(node(0)).unwrap();
    assert!(pending.result().is_none(), "complete while node 1 is in a handler");
    gate.open();
    let snapshot = pending.wait().unwrap();
    channel_law::check(&snapshot);
    snapshot
}

#[test]
fn an_overtaking_marker_waits_for_one_handler_and_leaves_the_backlog_on_its_link() {
    finishes(|| {
        let (stage, gate) = backlog(MarkerPolicy::Overtaking);
        let snapshot = snapshot_behind_backlog(&stage, &gate);
        assert_eq!(snapshot.state(node(1)).counts.received, [1, 0]);
        assert_eq!(numbers(snapshot.channel(LINK)), (2..=BACKLOG).collect::<Vec<_>>());
    });
}

#[test]
fn an_in_order_marker_waits_for_the_backlog_and_leaves_the_link_empty() {
    finishes(|| {
        let (stage, gate) = backlog(MarkerPolicy::InOrder);
        let snapshot = snapshot_behind_backlog(&stage, &gate);
        assert_eq!(snapshot.state(node(1)).counts.received, [BACKLOG, 0]);
        assert!(numbers(snapshot.channel(LINK)).is_empty());
    });
}

#[test]
fn recording_a_backlog_takes_nothing_of_it_away() {
    finishes(|| {
        on_both_policies(|policy| {
            let (stage, gate) = backlog(policy);
            snapshot_behind_backlog(&stage, &gate);
            while stage.checked_snapshot().state(node(1)).counts.received[0] < BACKLOG {}
            let processes = stage.shutdown().unwrap();
            assert_eq!(processes[1].record.counts.received, [BACKLOG, 0]);
        });
    });
}

#[test]
fn several_snapshots_behind_one_backlog_are_each_complete() {
    finishes(|| {
        on_both_policies(|policy| {
            let (stage, gate) = backlog(policy);
            let pending: Vec<_> = (0..8).map(|_| stage.begin_snapshot()).collect();
            gate.open();
            for pending in pending {
                channel_law::check(&pending.wait().unwrap());
            }
        });
    });
}

#[test]
fn a_backlog_from_outside_is_in_the_state_or_on_the_environment_link() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(1).unwrap(), policy);
            let gate = stage.hold(node(0));
            for _ in 0..BACKLOG {
                stage.give(node(0)).unwrap();
            }
            let pending = stage.begin_snapshot();
            gate.open();
            let snapshot = pending.wait().unwrap();
            channel_law::check(&snapshot);
            let environment = stage.topology().environment_link(node(0)).unwrap().id;
            assert_eq!(snapshot.channel(environment).sent(), BACKLOG + 1);
        });
    });
}
