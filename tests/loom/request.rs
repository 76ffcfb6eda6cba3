//! A handler asks for a snapshot, and a subscriber gets it. The handler's own event is before the
//! cut.

use consistent_cut::{NodeId, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{plain_puppets, send, sends, tell};

#[test]
fn a_node_that_asks_is_before_the_cut() {
    let explored = model::check(|| {
        let system = plain_puppets(Topology::line(2), |_| sends(0).asks_at(1));
        let mut outcomes = system.subscribe();
        tell(&system, NodeId::new(0), 1, send).expect("the node is there");
        let outcome = outcomes.next().expect("node 1 asks for it");
        model::stop_exploring();
        let snapshot = outcome.result.expect("no node fails");
        channel_law::check(&snapshot);
        assert_eq!(snapshot.state(NodeId::new(1)).counts.received_from_nodes(), 1);
        system.shutdown().expect("no node fails");
    });
    println!("{explored}");
}
