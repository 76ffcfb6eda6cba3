//! One node and its self-link, with coordinator and caller: a message, a marker and every wake-up, in each execution that there is.
#![cfg(loom)]

mod explored;

use consistent_cut::{Topology, model};
use explored::{Numbered, Sometimes, assert_channel_law, system};

#[test]
fn a_link_a_message_and_a_marker() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::Explorer::new().exhaustive().check(|| {
        let system = system(Topology::ring(1)).spawn(|_| Numbered::sends(1)).expect("one node");
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        assert_channel_law(&snapshot);
        SEEN.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; the message received or in flight {SEEN}");
    assert!(explored.is_exhaustive());
    SEEN.assert_all();
}
