//! What counts as activity, and what does not. In a ring of which nodes are passive that hold nothing.

use consistent_cut::property::terminated;
use consistent_cut::simulation::Step;
use consistent_cut::{Detection, LinkId, StableProperty};

use crate::ring::{Cue, Ring, node, ring, snapshot, tell};

fn property() -> StableProperty<i64, Cue> {
    terminated(|_, amount| *amount == 0)
}

/// Why the ring has not terminated.
fn sign_of_life(ring: &mut Ring) -> String {
    match property().detect(&snapshot(ring)) {
        Detection::DidNotHoldAtStart(finding) => finding.reason,
        Detection::HoldsNow(finding) => panic!("{}", finding.reason),
    }
}

fn has_terminated(ring: &mut Ring) -> bool {
    matches!(property().detect(&snapshot(ring)), Detection::HoldsNow(_))
}

#[test]
fn a_ring_at_rest_has_terminated() {
    assert!(has_terminated(&mut ring(&[0, 0, 0])));
}

#[test]
fn an_active_node_is_a_sign_of_life() {
    assert_eq!(sign_of_life(&mut ring(&[0, 7, 0])), "node 1 is active");
}

#[test]
fn a_message_between_nodes_is_a_sign_of_life_on_the_way_and_waiting() {
    let mut ring = ring(&[5, 0, 0]);
    tell(&mut ring, node(0), Cue::Pass(5));
    let sign = "a message is in flight on link 0 from node 0 to node 1";
    assert_eq!(sign_of_life(&mut ring), sign);
    // The snapshot's markers have come behind it.
    assert!(!ring.enabled().contains(&Step::Deliver(LinkId::new(0))));
    assert_eq!(sign_of_life(&mut ring), sign);
    ring.step(Step::Handle(node(1))).expect("it waits there");
    assert_eq!(sign_of_life(&mut ring), "node 1 is active");
}

#[test]
fn a_message_from_outside_is_a_sign_of_life() {
    let mut ring = ring(&[0, 0, 0]);
    ring.inject(node(2), Cue::Take(0)).expect("the node is up");
    let sign = "a message is in flight on environment link of node 2";
    assert_eq!(sign_of_life(&mut ring), sign);
}

#[test]
fn a_pending_timer_is_a_sign_of_life() {
    let mut ring = ring(&[0, 0, 0]);
    tell(&mut ring, node(1), Cue::SetTimer);
    assert_eq!(sign_of_life(&mut ring), "a timer is pending at node 1");
    ring.step(Step::Fire(node(1))).expect("it is pending");
    assert!(has_terminated(&mut ring));
}

/// A stopped node in the middle of its work, with a timer, and with messages from a node and from outside that it will not handle.
#[test]
fn what_is_left_at_a_stopped_node_is_none() {
    let mut ring = ring(&[5, 7, 0]);
    tell(&mut ring, node(1), Cue::SetTimer);
    tell(&mut ring, node(0), Cue::Pass(5));
    assert!(!has_terminated(&mut ring));
    ring.stop(node(1)).expect("it is there");
    ring.inject(node(1), Cue::Take(1)).expect("it is up");
    let seen = snapshot(&mut ring);
    assert_eq!((seen.in_flight().count(), seen.timers(node(1)).len()), (2, 1));
    assert!(has_terminated(&mut ring));
}

#[test]
fn what_a_stopped_node_has_sent_is_one() {
    let mut ring = ring(&[5, 0, 0]);
    tell(&mut ring, node(0), Cue::Pass(5));
    tell(&mut ring, node(0), Cue::Stop);
    let sign = "a message is in flight on link 0 from node 0 to node 1";
    assert_eq!(sign_of_life(&mut ring), sign);
}

#[test]
fn what_is_left_at_a_node_that_is_down_is_none() {
    let mut ring = ring(&[5, 7, 0]);
    tell(&mut ring, node(0), Cue::Pass(5));
    ring.fail(node(1)).expect("it is there");
    assert!(has_terminated(&mut ring));
}
