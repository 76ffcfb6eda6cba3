//! Predicates, their combinations, and the texts of verdicts.

use std::sync::Arc;

use consistent_cut::property::{Predicate, StableProperty, Verdict};
use consistent_cut::{Check, Detection, Invariant, property::InvariantViolated};

use crate::ids::node;
use crate::ring::{Cue, Snapshot, ring, snapshot};

type OfRing = Predicate<i64, Cue>;

/// Whether node 0 holds this amount.
fn first_is(amount: i64) -> OfRing {
    Predicate::with_reason(format!("first is {amount}"), move |snapshot| {
        let first = snapshot.state(node(0));
        let reason = format!("first has {first}");
        Verdict::of(*first == amount, reason)
    })
}

fn constant(value: bool) -> OfRing {
    Predicate::new(value.to_string(), move |_| value)
}

fn any_snapshot() -> Snapshot {
    snapshot(&mut ring(&[3, 4]))
}

#[test]
fn and_or_and_not_are_what_they_are_in_logic() {
    let snapshot = any_snapshot();
    let is_true = |predicate: OfRing| predicate.evaluate(&snapshot).is_true();
    for one in [false, true] {
        assert_eq!(is_true(!constant(one)), !one);
        for other in [false, true] {
            assert_eq!(is_true(constant(one).and(constant(other))), one && other);
            assert_eq!(is_true(constant(one).or(constant(other))), one || other);
        }
    }
}

#[test]
fn names_show_how_a_predicate_is_made() {
    let (yes, no) = (constant(true), constant(false));
    let made = !(yes.clone().and(no.clone())).or(yes.clone()).and(!no);
    assert_eq!(made.name(), "not (((true and false) or true) and not false)");
    assert_eq!(made.named("odd").and(yes).name(), "odd and true");
}

#[test]
fn reasons_are_those_of_the_parts_that_decide() {
    let snapshot = any_snapshot();
    let reason = |predicate: OfRing| predicate.evaluate(&snapshot);
    let (is, is_not) = (|| first_is(3), || first_is(5));
    assert_eq!(reason(is()), Verdict::True("first has 3".into()));
    assert_eq!(reason(!is()), Verdict::False("first has 3".into()));
    assert_eq!(reason(is().and(constant(false))), Verdict::False("`false` is false".into()));
    assert_eq!(
        reason(is().and(constant(true))),
        Verdict::True("first has 3; `true` is true".into())
    );
    assert_eq!(reason(is_not().or(constant(true))), Verdict::True("`true` is true".into()));
    assert_eq!(
        reason(is_not().or(constant(false))),
        Verdict::False("first has 3; `false` is false".into())
    );
}

#[test]
fn a_stable_property_is_detected_with_its_snapshot_and_reason() {
    let snapshot = any_snapshot();
    let holds = StableProperty::promise(first_is(3));
    let detection = holds.clone().and(StableProperty::new("yes", |_| true)).detect(&snapshot);
    let Detection::HoldsNow(finding) = &detection else { panic!("{detection}") };
    assert!(Arc::ptr_eq(&finding.snapshot, &snapshot));
    assert_eq!(finding.property, "first is 3 and yes");
    let text = format!("`first is 3 and yes` in {}: {}", snapshot.id(), finding.reason);
    assert_eq!(finding.to_string(), text);
    assert_eq!(
        detection.to_string(),
        "`first is 3 and yes`: holds, since the end of snapshot 1 at the latest (first has 3; `yes` is true)"
    );
    let either = StableProperty::promise(first_is(4)).or(holds).named("either");
    assert!(either.detect(&snapshot).holds_now());
}

#[test]
fn one_that_is_not_says_that_nothing_is_known_of_now() {
    let detection = StableProperty::promise(first_is(4)).detect(&any_snapshot());
    assert!(matches!(detection, Detection::DidNotHoldAtStart(_)) && !detection.holds_now());
    assert_eq!(
        detection.to_string(),
        "`first is 4`: did not hold when snapshot 1 began, and nothing is known of now (first has 3)"
    );
}

#[test]
fn an_invariant_is_checked_with_its_snapshot_and_reason() {
    let snapshot = any_snapshot();
    let held = Invariant::from(!first_is(4)).or(Invariant::new("no", |_| false)).check(&snapshot);
    assert_eq!(
        held.to_string(),
        "`not first is 4 or no`: held in snapshot 1, which says nothing of other states"
    );
    assert!(held.into_result().is_ok());
    let broken = Invariant::with_reason("small", |snapshot| match snapshot.state(node(1)) {
        4 => Err("4 is not small".to_owned()),
        _ => Ok(()),
    });
    let check =
        broken.and(Invariant::new("yes", |_| true)).named("small and fine").check(&snapshot);
    let text = "`small and fine` is no invariant: snapshot 1, a state that the system can reach, breaks it (4 is not small)";
    assert_eq!(check.to_string(), text);
    assert!(matches!(check, Check::Violated(_)));
    let error: InvariantViolated<_, _> = check.into_result().expect_err("it is violated");
    assert_eq!(error.to_string(), text);
    assert!(Arc::ptr_eq(&error.0.snapshot, &snapshot));
}
