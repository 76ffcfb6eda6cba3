//! Both nodes of a ring are initiators of one snapshot, and each one's marker may reach the other
//! before its command does.

use consistent_cut::{MarkerPolicy, NodeId, SnapshotOptions, SystemBuilder, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, puppets, sends};

fn two_initiators(policy: MarkerPolicy, seen: &'static Sometimes<3>) {
    let explored = model::check(move || {
        let settings = |builder: SystemBuilder<_>| builder.marker_policy(policy);
        let system = puppets(Topology::ring(2), settings, |_| sends(1));
        let both = [NodeId::new(0), NodeId::new(1)];
        let snapshot = system.snapshot_with(SnapshotOptions::at(both)).expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        seen.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{policy:?}: {explored}; none, one or two messages in flight {seen}");
    seen.assert_all();
}

#[test]
fn two_initiators_take_one_snapshot_where_markers_overtake() {
    static SEEN: Sometimes<3> = Sometimes::new();
    two_initiators(MarkerPolicy::Overtaking, &SEEN);
}

#[test]
fn two_initiators_take_one_snapshot_where_markers_keep_their_order() {
    static SEEN: Sometimes<3> = Sometimes::new();
    two_initiators(MarkerPolicy::InOrder, &SEEN);
}
