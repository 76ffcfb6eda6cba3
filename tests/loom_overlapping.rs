//! Two snapshots under way at once: each obeys the channel law by itself. Their markers come in either order, and a message between
//! them, so that one which closed the other's links would be found out.
#![cfg(loom)]

mod explored;

use consistent_cut::{NodeId, SnapshotOptions, Topology, model};
use explored::{Numbered, SEND, Sometimes, assert_channel_law, system};

#[test]
fn snapshots_that_overlap_do_not_mix() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system =
            system(Topology::ring(2)).spawn(|_| Numbered::sends(0)).expect("two nodes fit");
        let begin = |node| system.begin_snapshot_with(SnapshotOptions::at([NodeId::new(node)]));
        let (first, second) = (begin(0), begin(1));
        system.inject(NodeId::new(1), SEND).expect("the node is there");
        assert_channel_law(&second.wait().expect("no node fails"));
        SEEN.see(usize::from(first.result().is_none()));
        assert_channel_law(&first.wait().expect("no node fails"));
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; the first has ended by the end of the second, or has not, {SEEN}");
    SEEN.assert_all();
}
