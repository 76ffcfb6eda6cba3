//! A thousand nodes on threads of their own.

use std::sync::Arc;

use consistent_cut::{NodeId, SnapshotOptions, System, Topology};

use crate::channel_law::{self, Snapshot, check_order};
use crate::policies::on_both_policies;
use crate::traffic::{Traffic, live};
use crate::watchdog::finishes;

const NODES: usize = 1000;
/// One node in this many starts a note. More traffic than the machine's cores can carry would only
/// make the markers wait for their turn.
const NODES_A_NOTE: usize = 50;

fn run(topology: &Topology) {
    on_both_policies(|policy| {
        let topology = Arc::new(topology.clone());
        let live = live(&topology);
        let system = System::builder(Arc::clone(&topology))
            .marker_policy(policy)
            .stack_size(64 * 1024)
            .spawn(|node| {
                let notes = u64::from(node.index() % NODES_A_NOTE == 0);
                Traffic::new(node, notes, 1, &live).puppet(&topology)
            })
            .unwrap();
        let everyone: Vec<NodeId> = topology.nodes().collect();
        let first = system.snapshot().unwrap();
        let others = [
            system.begin_snapshot(),
            system.begin_snapshot_with(SnapshotOptions::at(&everyone)),
            system.begin_snapshot_with(SnapshotOptions::at(&everyone[500..501])),
        ];
        for snapshot in others.map(|pending| pending.wait().unwrap()) {
            channel_law::check(&snapshot);
            check_order(&first, &snapshot);
            let notes = channel_law::held(&snapshot) as usize + snapshot.in_flight().count();
            assert_eq!(notes, NODES / NODES_A_NOTE);
        }
        let handled =
            |snapshot: &Snapshot| snapshot.states().map(|(_, s)| s.counts.handled()).sum::<u64>();
        while handled(&system.snapshot().unwrap()) == handled(&first) {}
        assert_eq!(system.shutdown().unwrap().len(), NODES);
    });
}

#[test]
fn a_ring_of_a_thousand_threads() {
    finishes(|| run(&Topology::ring(NODES).unwrap()));
}

#[test]
fn a_random_topology_of_a_thousand_threads() {
    finishes(|| run(&Topology::random_strongly_connected(NODES, 3 * NODES, 4).unwrap()));
}
