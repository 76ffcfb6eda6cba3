//! Events that count as activity, and events that do not. In this ring, nodes that hold nothing are
//! passive.

use consistent_cut::property::{Termination, Verdict, terminated};
use consistent_cut::simulation::Step;
use consistent_cut::{Detection, LinkId, StableProperty, TimerId};

use crate::heart;
use crate::ids::node;
use crate::ring::{Cue, Ring, ring, snapshot, tell};

fn property() -> StableProperty<i64, Cue> {
    terminated(|_, amount| *amount == 0)
}

/// The reason why the ring has not terminated.
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
    assert_eq!(sign_of_life(&mut ring), "timer 1 is pending at node 1");
    ring.step(Step::Fire(node(1))).expect("it is pending");
    assert!(has_terminated(&mut ring));
}

/// A stopped node in the middle of its work, with a timer, and with messages from a node and from
/// outside that it will not handle.
#[test]
fn what_is_left_at_a_stopped_node_is_none() {
    let mut ring = ring(&[5, 7, 0]);
    tell(&mut ring, node(1), Cue::SetTimer);
    tell(&mut ring, node(0), Cue::Pass(5));
    assert!(!has_terminated(&mut ring));
    ring.stop_node(node(1)).expect("it is there");
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

/// The reason given by a property that ignores some timers and messages.
fn reason(ring: &mut Ring, property: Termination<i64, Cue>) -> Verdict {
    property.property().into_predicate().evaluate(&snapshot(ring))
}

fn passive() -> Termination<i64, Cue> {
    Termination::new(|_, amount| *amount == 0)
}

#[test]
fn an_ignored_timer_is_no_sign_of_life_and_another_is() {
    let mut ring = ring(&[0, 0, 0]);
    tell(&mut ring, node(1), Cue::SetTimer);
    let of_node = |at| passive().ignoring_timers(move |node, _| node.index() == at);
    assert_eq!(
        reason(&mut ring, of_node(0)),
        Verdict::False("timer 1 is pending at node 1".to_owned())
    );
    assert!(reason(&mut ring, of_node(1)).is_true());
    let numbered =
        |number| passive().ignoring_timers(move |_, timer| timer == TimerId::new(number));
    assert!(!reason(&mut ring, numbered(2)).is_true());
    assert!(reason(&mut ring, numbered(2).ignoring_timers(|node, _| node.index() == 1)).is_true());
    assert_eq!(
        reason(&mut ring, numbered(1)),
        Verdict::True("every node is passive, and nothing that could wake one is under way, ignored timers and messages aside".to_owned())
    );
}

/// The message that counts stands behind one that does not.
#[test]
fn an_ignored_message_is_no_sign_of_life_and_another_is() {
    let mut ring = ring(&[7, 0, 0]);
    tell(&mut ring, node(0), Cue::Pass(0));
    let without_nothing =
        || passive().ignoring_messages(|_, cue| matches!(cue, Cue::Take(0) | Cue::Stop));
    let active = Verdict::False("node 0 is active".to_owned());
    assert_eq!(reason(&mut ring, without_nothing()), active, "states are not ignored");
    tell(&mut ring, node(0), Cue::Pass(7));
    let sign = Verdict::False("a message is in flight on link 0 from node 0 to node 1".to_owned());
    assert_eq!(reason(&mut ring, without_nothing()), sign);
    let of_link =
        |at| without_nothing().ignoring_messages(move |link, _| link.id == LinkId::new(at));
    assert_eq!(reason(&mut ring, of_link(1)), sign);
    assert!(reason(&mut ring, of_link(0)).is_true());
    ring.inject(node(2), Cue::Stop).expect("the node is up");
    assert!(reason(&mut ring, of_link(0)).is_true(), "from outside too");
}

/// The ring's heart beats without end, so without the property no run ends.
#[test]
fn a_simulation_with_heartbeats_runs_until_its_work_is_done() {
    let mut ring = heart::ring();
    let done = heart::property();
    assert_eq!(ring.run(10_000), 10_000, "there is always a beat");
    ring.inject(node(1), 4).expect("the node is up");
    let taken = ring.run_until_holds(&done, 100_000).expect("four hops are soon done");
    assert!((9..200).contains(&taken), "{taken}");
    assert_eq!(ring.run_until_holds(&done, 100_000), Some(0), "it is stable");
    ring.inject(node(1), u64::MAX).expect("the node is up");
    assert_eq!(ring.run_until_holds(&done, 1_000), None);
    let most = ring.now() + std::time::Duration::from_secs(1);
    ring.run_while(u64::MAX, |ring| ring.now() < most);
    assert!(ring.now() >= most);
}
