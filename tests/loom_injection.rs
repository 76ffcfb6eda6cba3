//! A message is injected while a snapshot is taken: it is in the environment link's state, or received, or was not there yet; and
//! what was injected before the snapshot was asked for is never after the cut.
#![cfg(loom)]

mod explored;

use consistent_cut::{NodeId, Topology, model};
use explored::{Numbered, SEND, Sometimes, assert_channel_law, system};

const SOURCE: NodeId = NodeId::new(0);

#[test]
fn an_injection_is_before_the_cut_or_after_it() {
    static SEEN: Sometimes<4> = Sometimes::new();
    let explored = model::check(|| {
        let system =
            system(Topology::line(2)).spawn(|_| Numbered::sends(0)).expect("two nodes fit");
        system.inject(SOURCE, SEND).expect("the node is there");
        let pending = system.begin_snapshot();
        system.inject(SOURCE, SEND).expect("the node is there");
        let snapshot = pending.wait().expect("no node fails");
        model::stop_exploring();
        assert_channel_law(&snapshot);
        let environment = snapshot.topology().environment_link(SOURCE).expect("each node has one");
        let environment = snapshot.channel(environment.id);
        assert!(environment.sent() >= 1, "the first one was injected before: {snapshot}");
        assert_eq!(environment.received(), snapshot.state(SOURCE).sent);
        SEEN.see(match (environment.sent(), environment.received()) {
            (1, 0) => 0,
            (1, _) => 1,
            (_, 0) => 2,
            _ => 3,
        });
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; one or two injected, none or some received, {SEEN}");
    SEEN.assert_all();
}

/// The same at a node that a marker reaches: what was injected there before the snapshot was asked for is before the cut.
#[test]
fn an_injection_before_a_snapshot_is_before_the_marker() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system =
            system(Topology::line(2)).spawn(|_| Numbered::sends(0)).expect("two nodes fit");
        let reached = NodeId::new(1);
        system.inject(reached, SEND).expect("the node is there");
        let snapshot = system.snapshot().expect("no node fails");
        model::stop_exploring();
        let environment = snapshot.topology().environment_link(reached).expect("each node has one");
        let environment = snapshot.channel(environment.id);
        assert_eq!(environment.sent(), 1, "it was injected before: {snapshot}");
        SEEN.see(environment.received() as usize);
        system.shutdown().expect("no node fails");
    });
    println!("{explored}; on its link, or received, {SEEN}");
    SEEN.assert_all();
}
