//! The effect of a call that has returned is in every snapshot that begins later.

use std::time::Duration;

use consistent_cut::{SnapshotOptions, SystemBuilder, Topology};

use crate::channel_law;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// A marker reaches the node, and the node's command stands behind the marker.
#[test]
fn a_node_that_was_stopped_before_a_snapshot_began_is_stopped_in_it() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::star(3).unwrap(), policy);
            let gate = stage.hold(node(1));
            stage.stop_node(node(1)).unwrap();
            stage.give(node(1)).unwrap();
            let pending = stage.begin_at(node(0)).unwrap();
            gate.open();
            let snapshot = pending.wait().unwrap();
            channel_law::check(&snapshot);
            assert!(snapshot.is_stopped(node(1)));
            let environment = stage.topology().environment_link(node(1)).unwrap();
            assert_eq!(snapshot.channel(environment.id).messages().len(), 1);
        });
    });
}

/// A marker that comes back on a link with a capacity reaches the node.
#[test]
fn a_node_that_a_marker_comes_back_to_obeys_before_it_records() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: SystemBuilder<_>| builder.marker_policy(policy).capacity(1);
            let stage = Stage::set(Topology::line(2).unwrap(), settings, |_| {});
            let gate = stage.hold(node(0));
            stage.stop_node(node(0)).unwrap();
            let pending = stage.begin_at(node(1)).unwrap();
            gate.open();
            let snapshot = pending.wait().unwrap();
            channel_law::check(&snapshot);
            assert!(snapshot.is_stopped(node(0)));
        });
    });
}

#[test]
fn a_node_that_returns_records_for_no_snapshot_that_has_died_meanwhile() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::ring(2).unwrap(), policy);
            let gate = stage.hold(node(1));
            for _ in 0..20 {
                let pending = stage.begin_at(node(0)).unwrap();
                pending.cancel();
                pending.wait().unwrap_err();
            }
            // Commands are in one order: when node 1 hears of this one, it has heard of all
            // cancelled ones.
            let long = SnapshotOptions::new().timeout(Duration::from_secs(100));
            let last = stage.begin_snapshot_with(long.initiators([node(1)]));
            gate.open();
            channel_law::check(&last.wait().unwrap());
            let recordings = stage.recordings();
            let of_1 = recordings.iter().filter(|&&at| at == node(1)).count();
            assert_eq!(of_1, 1, "{recordings:?}");
        });
    });
}
