//! Links from one node to another: each closes with its own marker, and later messages on it are
//! after the cut, even where another link is still open.

use consistent_cut::{NodeId, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, plain_puppets, send, sends, tell};

#[test]
fn each_link_has_its_own_marker() {
    static SEEN: Sometimes<3> = Sometimes::new();
    let explored = model::check(|| {
        let topology = Topology::from_links(2, [(0, 1), (0, 1)]);
        let system = plain_puppets(topology, |_| sends(0));
        let pending = system.begin_snapshot();
        // The message is sent before the cut or after it.
        tell(&system, NodeId::new(0), 1, send).expect("the node is there");
        let snapshot = pending.wait().expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        SEEN.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; none, one or two messages in flight {SEEN}");
    SEEN.assert_all();
}

/// With three links, senders mark the links that a node has to look at. Messages on each of the
/// links are received.
#[test]
fn each_of_three_links_is_looked_at() {
    let explored = model::check(|| {
        let topology = Topology::from_links(2, [(0, 1), (0, 1), (0, 1)]);
        let system = plain_puppets(topology, |node| match node.index() {
            0 => sends(1).stops_at(0),
            _ => sends(0).stops_at(3),
        });
        // A marker comes on each link as well, before the messages or behind them.
        let snapshot = system.snapshot().expect("no node fails");
        channel_law::check(&snapshot);
        let nodes = system.join().expect("no node fails");
        assert_eq!(nodes[1].record.counts.received_from_nodes(), 3);
    });
    println!("{explored}");
}
