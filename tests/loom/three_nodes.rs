//! Three nodes: the markers of one snapshot reach a node by two ways.

use std::env;

use consistent_cut::{MarkerPolicy, SystemBuilder, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, puppets, sends};

/// The bound is one preemption if nothing else is asked for. Each further one multiplies the
/// executions by ninety.
fn explorer() -> model::Explorer {
    let explorer = model::Explorer::new();
    match env::var_os("LOOM_MAX_PREEMPTIONS") {
        None => explorer.preemptions(1),
        Some(_) => explorer,
    }
}

/// Node 0 sends to 1 and 2, and 1 to 2. Where markers keep their order, a message of node 0 is in
/// flight to 2 only if 2 has recorded by the marker of node 1.
#[test]
fn two_ways_to_a_node() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = explorer().check(|| {
        let topology = Topology::from_links(3, [(0, 1), (1, 2), (0, 2)]);
        let in_order = |builder: SystemBuilder<_>| builder.marker_policy(MarkerPolicy::InOrder);
        let system = puppets(topology, in_order, |node| sends(u64::from(node.index() == 0)));
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        SEEN.see(snapshot.channels()[2].messages().len());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; the first marker came straight, or by way of node 1, {SEEN}");
    SEEN.assert_all();
}
