//! A link with room for one message, and a sender of two: a marker needs no room, the one that waits is in the channel state,
//! and the sender wakes when there is room.
#![cfg(loom)]

mod explored;

use consistent_cut::{NodeId, System, Topology, model};
use explored::{Numbered, Sometimes, assert_channel_law};

#[test]
fn a_full_link_holds_up_neither_marker_nor_sender() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::Explorer::new().preemptions(2).check(|| {
        let topology = Topology::line(2).expect("two nodes are a line");
        let builder = System::builder(topology).capacity(1);
        let system = builder.spawn(|node| Numbered::sends(2 * u64::from(node.index() == 0)));
        let system = system.expect("two nodes fit");
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        assert_channel_law(&snapshot);
        SEEN.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages in flight {SEEN}");
    SEEN.assert_all();
}

/// The receiver asks for a snapshot when it has received what its sender could send only once it had room again.
#[test]
fn a_sender_that_was_blocked_goes_on() {
    let explored = model::Explorer::new().preemptions(2).check(|| {
        let topology = Topology::line(2).expect("two nodes are a line");
        let system = System::builder(topology).capacity(1).spawn(|node| match node.index() {
            0 => Numbered::sends(2),
            _ => Numbered::asks_at(3),
        });
        let system = system.expect("two nodes fit");
        let mut outcomes = system.subscribe();
        // Handled once there is room; its message is received in its turn.
        system.inject(NodeId::new(0), 0).expect("the node is there");
        let outcome = outcomes.next().expect("the receiver asks for it");
        model::stop_exploring();
        assert_channel_law(&outcome.result.expect("no node fails"));
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
