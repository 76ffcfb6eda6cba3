//! Three nodes: the markers of one snapshot reach a node by two ways.
#![cfg(loom)]

mod explored;

use std::env;

use consistent_cut::{Topology, model};
use explored::{Numbered, Sometimes, assert_channel_law, system};

/// One preemption if nothing else is asked for: each further one multiplies the executions by ninety.
fn explorer() -> model::Explorer {
    let explorer = model::Explorer::new();
    match env::var_os("LOOM_MAX_PREEMPTIONS") {
        None => explorer.preemptions(1),
        Some(_) => explorer,
    }
}

/// Node 0 sends to 1 and 2, and 1 to 2. At 2 either marker may be the first.
#[test]
fn two_ways_to_a_node() {
    static SEEN: Sometimes<4> = Sometimes::new();
    let explored = explorer().check(|| {
        let topology = Topology::from_links(3, [(0, 1), (0, 2), (1, 2)]);
        let builder = system(topology);
        let system = builder.spawn(|node| Numbered::sends(u64::from(node.index() == 0)));
        let system = system.expect("three nodes fit");
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        assert_channel_law(&snapshot);
        let in_flight = |link: usize| snapshot.channels()[link].messages().len();
        SEEN.see(in_flight(0) + 2 * in_flight(1));
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; in flight on neither link, the first, the second, both, {SEEN}");
    SEEN.assert_all();
}
