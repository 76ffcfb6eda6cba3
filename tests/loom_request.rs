//! A handler asks for a snapshot, and whoever has subscribed gets it: with that handler's own event before the cut.
#![cfg(loom)]

mod explored;

use consistent_cut::{NodeId, Topology, model};
use explored::{Numbered, SEND, assert_channel_law, system};

#[test]
fn a_node_that_asks_is_before_the_cut() {
    let explored = model::check(|| {
        let system = system(Topology::line(2)).spawn(|_| Numbered::sends(0).asks_at(1));
        let system = system.expect("two nodes fit");
        let mut outcomes = system.subscribe();
        system.inject(NodeId::new(0), SEND).expect("the node is there");
        let outcome = outcomes.next().expect("node 1 asks for it");
        model::stop_exploring();
        let snapshot = outcome.result.expect("no node fails");
        assert_channel_law(&snapshot);
        assert_eq!(snapshot.state(NodeId::new(1)).received(), 1);
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
