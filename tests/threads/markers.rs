//! Markers of several initiators and several snapshots, on every link at once.

use consistent_cut::{MarkerPolicy, NodeId, SnapshotOptions, Topology};

use crate::channel_law;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

#[test]
fn every_node_as_initiator_records_once() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(5).unwrap(), policy);
            let all: Vec<NodeId> = stage.topology().nodes().collect();
            for _ in 0..100 {
                channel_law::check(&stage.snapshot_with(SnapshotOptions::at(&all)).unwrap());
                assert_eq!(stage.recordings(), all);
            }
        });
    });
}

#[test]
fn overlapping_snapshots_are_each_complete_and_differ_in_id() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::complete(4).unwrap(), policy);
            let gates: Vec<_> = stage.topology().nodes().map(|node| stage.hold(node)).collect();
            let from: Vec<NodeId> = stage.topology().nodes().cycle().take(40).collect();
            let begun: Vec<_> = from
                .iter()
                .map(|node| stage.begin_snapshot_with(SnapshotOptions::at([*node])))
                .collect();
            assert!(begun.iter().all(|pending| pending.result().is_none()));
            gates.iter().for_each(crate::gate::Gate::open);
            for (pending, initiator) in begun.iter().zip(&from) {
                let snapshot = pending.wait().unwrap();
                channel_law::check(&snapshot);
                assert_eq!(snapshot.id(), pending.id());
                assert_eq!(snapshot.initiators(), [*initiator]);
            }
            assert!(begun.windows(2).all(|pair| pair[0].id() < pair[1].id()));
        });
    });
}

/// Node 0 is held twice. At the first gate, the command to begin snapshot 1 and the marker of
/// snapshot 2 wait for it. At the second gate, node 0 has recorded both, and does not see the
/// marker that comes back for snapshot 1, because node 1 sends that marker no earlier.
#[test]
fn a_later_snapshot_can_complete_first() {
    finishes(|| {
        let stage = Stage::new(Topology::complete(2).unwrap(), MarkerPolicy::Overtaking);
        let outcomes = stage.subscribe();
        let first_gate = stage.hold(node(0));
        let first = stage.begin_snapshot_with(SnapshotOptions::at([node(0)]));
        // The coordinator keeps the order of calls, so node 0 has its command when node 1 records.
        let second = stage.begin_at(node(1)).unwrap();
        let second_gate = stage.gate();
        let held = second_gate.clone();
        stage.tell(node(0), move |_, _| held.pass());
        let third_gate = stage.hold(node(1));
        first_gate.open();
        second_gate.await_arrivals(1);
        third_gate.open();

        channel_law::check(&second.wait().unwrap());
        assert!(first.result().is_none(), "node 0 has not seen its marker come back");
        second_gate.open();
        channel_law::check(&first.wait().unwrap());

        let order = [second.id(), first.id()];
        assert_eq!(outcomes.take(2).map(|outcome| outcome.id).collect::<Vec<_>>(), order);
        let history = stage.history();
        assert_eq!(history.iter().map(|outcome| outcome.id).collect::<Vec<_>>(), order);
    });
}
