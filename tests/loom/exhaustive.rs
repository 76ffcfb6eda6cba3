//! One node and its self-link, with coordinator and caller: a message, a marker and every wake-up,
//! in all executions.

use consistent_cut::{Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, plain_puppets, sends};

#[test]
fn a_link_a_message_and_a_marker() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::Explorer::new().exhaustive().check(|| {
        let system = plain_puppets(Topology::ring(1), |_| sends(1));
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        SEEN.see(snapshot.in_flight().count());
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; the message received or in flight {SEEN}");
    assert!(explored.is_exhaustive());
    SEEN.assert_all();
}
