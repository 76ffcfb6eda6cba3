//! A message is injected while a snapshot is taken: it is in the environment link's state, or
//! received, or was not there yet. A message injected before the snapshot was asked for is never
//! after the cut.

use consistent_cut::{NodeId, Topology, model};

use crate::explored::support::channel_law;
use crate::explored::{Sometimes, plain_puppets, send, sends, tell};

const SOURCE: NodeId = NodeId::new(0);

#[test]
fn an_injection_is_before_the_cut_or_after_it() {
    static SEEN: Sometimes<4> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::line(2), |_| sends(0));
        tell(&system, SOURCE, 1, send).expect("the node is there");
        let pending = system.begin_snapshot();
        tell(&system, SOURCE, 2, send).expect("the node is there");
        let snapshot = pending.wait().expect("no node fails");
        model::stop_exploring();
        channel_law::check(&snapshot);
        let environment = snapshot.topology().environment_link(SOURCE).expect("each node has one");
        let environment = snapshot.channel(environment.id);
        assert!(environment.sent() >= 1, "the first one was injected before: {snapshot}");
        assert_eq!(environment.received(), snapshot.state(SOURCE).counts.sent[0]);
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

/// The same at a node that a marker reaches: a message injected there before the snapshot was asked
/// for is before the cut.
#[test]
fn an_injection_before_a_snapshot_is_before_the_marker() {
    static SEEN: Sometimes<2> = Sometimes::new();
    let explored = model::check(|| {
        let system = plain_puppets(Topology::line(2), |_| sends(0));
        let reached = NodeId::new(1);
        tell(&system, reached, 1, send).expect("the node is there");
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
