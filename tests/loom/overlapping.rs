//! Two snapshots under way at once: each obeys the channel law by itself. Their markers come in
//! either order, with a message between them. A snapshot that closed the other's links would be
//! found out.

use consistent_cut::{NodeId, SnapshotOptions, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, plain_puppets, send, sends, tell};

#[test]
fn snapshots_that_overlap_do_not_mix() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::ring(2), |_| sends(0));
        let begin = |node| system.begin_snapshot_with(SnapshotOptions::at([NodeId::new(node)]));
        let (first, second) = (begin(0), begin(1));
        tell(&system, NodeId::new(1), 1, send).expect("the node is there");
        channel_law::check(&second.wait().expect("no node fails"));
        SEEN.see(usize::from(first.result().is_none()));
        channel_law::check(&first.wait().expect("no node fails"));
        model::stop_exploring();
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; the first has ended by the end of the second, or has not, {SEEN}");
    SEEN.assert_all();
}
