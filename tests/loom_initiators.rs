//! Both nodes of a ring are initiators of one snapshot, and each one's marker may reach the other before its command does.
#![cfg(loom)]

mod explored;

use consistent_cut::{MarkerPolicy, NodeId, System, Topology, model};
use explored::{Numbered, Sometimes, assert_channel_law};

#[test]
fn two_initiators_take_one_snapshot() {
    static SEEN: Sometimes<3> = Sometimes::new();
    for policy in [MarkerPolicy::Overtaking, MarkerPolicy::InOrder] {
        let explored = model::Explorer::new().preemptions(2).check(move || {
            let topology = Topology::ring(2).expect("two nodes are a ring");
            let builder = System::builder(topology).marker_policy(policy);
            let system = builder.spawn(|_| Numbered::sends(1)).expect("two nodes fit");
            let both = [NodeId::new(0), NodeId::new(1)];
            let snapshot = system.snapshot_from(&both).expect("no node fails");
            model::stop_exploring();
            assert_channel_law(&snapshot);
            SEEN.see(snapshot.in_flight().count());
            system.shutdown().expect("no node fails");
        });
        println!("{policy:?}: {explored}; none, one or two messages in flight {SEEN}");
    }
    SEEN.assert_all();
}
