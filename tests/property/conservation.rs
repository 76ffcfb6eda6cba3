//! Quantities that are conserved: their places, and the error when some is missing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use consistent_cut::property::{Census, assert_conserved, conserved, token_lost};
use consistent_cut::{Check, Detection, LinkId};

use crate::ids::node;
use crate::ring::{Cue, Ring, brought, ring, snapshot, tell};

/// Node 0 has 6, node 1 has 4, and 5 are in flight from one to the other.
fn ring_with_some_in_flight() -> Ring {
    let mut ring = ring(&[11, 4, 0]);
    tell(&mut ring, node(0), Cue::Pass(5));
    ring
}

fn census(ring: &mut Ring) -> Census<i64> {
    Census::take(&snapshot(ring), |_, amount| *amount, brought)
}

#[test]
fn a_census_counts_nodes_and_links() {
    let census = census(&mut ring_with_some_in_flight());
    assert_eq!((census.total(), census.at_nodes(), census.on_links()), (15, 10, 5));
    let nodes: Vec<_> = census.nodes().collect();
    assert_eq!(nodes, [(node(0), &6), (node(1), &4), (node(2), &0)]);
    assert_eq!(census.links().collect::<Vec<_>>(), [(LinkId::new(0), &5)]);
    assert_eq!(
        (census.at(node(0)), census.at(node(2)), census.at(node(3))),
        (Some(&6), Some(&0), None)
    );
    assert_eq!((census.on(LinkId::new(0)), census.on(LinkId::new(1))), (Some(&5), None));
    assert_eq!(census.to_string(), "node 0: 6, node 1: 4, link 0 from node 0 to node 1: 5");
}

#[test]
fn a_census_prints_no_more_than_a_person_reads() {
    assert_eq!(census(&mut ring(&[0, 0])).to_string(), "nowhere");
    let text = census(&mut ring(&[1; 25])).to_string();
    assert!(text.starts_with("node 0: 1, ") && text.ends_with("node 19: 1 and 5 more places"));
}

#[test]
fn what_is_in_flight_belongs_to_the_total() {
    let total = conserved("total", 15, |_, amount: &i64| *amount, brought);
    let mut ring = ring_with_some_in_flight();
    assert!(matches!(total.check(&snapshot(&mut ring)), Check::Held(_)));
    ring.run(100);
    assert!(matches!(total.check(&snapshot(&mut ring)), Check::Held(_)));
    // A message from outside counts once it is on its link.
    ring.inject(node(1), Cue::Take(1)).expect("the node is up");
    let check = total.check(&snapshot(&mut ring));
    assert!(check.to_string().contains("there should be 15, and there is 16"), "{check}");
}

#[test]
fn a_node_that_goes_down_takes_away_what_it_had_and_what_was_on_its_way() {
    let mut ring = ring_with_some_in_flight();
    ring.fail(node(1)).expect("it is there");
    assert_eq!(census(&mut ring).to_string(), "node 0: 6");
}

#[test]
fn the_assertion_says_where_everything_is() {
    let snapshot = snapshot(&mut ring_with_some_in_flight());
    assert_conserved(&snapshot, 15, |_, amount| *amount, brought);
    let assertion = || assert_conserved(&snapshot, 16, |_, amount| *amount, brought);
    let panic = catch_unwind(AssertUnwindSafe(assertion)).expect_err("there are 15");
    assert_eq!(
        panic.downcast_ref::<String>().expect("a text"),
        "not conserved in snapshot 1: there should be 16, and there is 15 \
         (node 0: 6, node 1: 4, link 0 from node 0 to node 1: 5)"
    );
}

#[test]
fn any_type_that_adds_up_will_do() {
    let snapshot = snapshot(&mut ring_with_some_in_flight());
    let seconds = |amount: i64| Duration::from_secs(amount.unsigned_abs());
    let in_state = move |_, amount: &i64| seconds(*amount);
    assert_conserved(&snapshot, seconds(15), in_state, move |cue| seconds(brought(cue)));
    assert_conserved(&snapshot, 15_u128, |_, amount| *amount as u128, |cue| brought(cue) as u128);
    assert_conserved(&snapshot, 15.0, |_, amount| *amount as f64, |cue| brought(cue) as f64);
}

#[test]
fn tokens_are_lost_where_fewer_are_left() {
    let snapshot = snapshot(&mut ring_with_some_in_flight());
    let lost = |tokens| {
        let in_message = |cue: &Cue| brought(cue).unsigned_abs();
        token_lost(tokens, |_, amount: &i64| amount.unsigned_abs(), in_message).detect(&snapshot)
    };
    assert!(matches!(lost(15), Detection::DidNotHoldAtStart(_)));
    let Detection::HoldsNow(finding) = lost(16) else { panic!("one is missing") };
    assert!(
        finding.reason.starts_with("15 of 16 tokens are left (node 0: 6, "),
        "{}",
        finding.reason
    );
}
