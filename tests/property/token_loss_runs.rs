//! Token loss over random runs of tokens that go round, rest for a while, and now and then are
//! dropped.

use std::collections::BTreeSet;

use consistent_cut::Topology;
use consistent_cut::property::{Check, assert_conserved, conserved, token_lost};
use consistent_cut::simulation::{Algorithm, Simulation, SimulationBuilder};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;
use crate::holder::{Holder, Recorded};
use crate::look::{Look, Wrong};
use crate::runs::{DrawAlgorithm, GOING_WRONG, Run, all_are_right};
use crate::skew::{clocks_that_differ, nodes_without_patience};
use crate::subject::{State, Subject, any_links, any_node, seen};

/// The first loss, the second, and so on. The nth loss is there if at least n tokens are lost.
type Loss = u64;

impl Subject for Holder {
    type Thing = Loss;

    fn topology(chance: &mut Chance) -> Topology {
        if chance.one_in(2) {
            return Topology::complete(2 + chance.below(3)).expect("enough nodes");
        }
        any_links(chance, 5, 0)
    }

    fn start(
        builder: SimulationBuilder<Self>,
        _: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        builder.start(|_| Holder::new(chance)).expect("no setting is wrong")
    }

    /// No node fails: with its tokens, the count of the tokens that it dropped would be gone.
    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, _: bool) {
        let node = any_node(simulation, chance);
        simulation.stop_node(node).expect("it is there");
    }

    fn find(state: &State<Self>) -> BTreeSet<Loss> {
        losses(state, |tokens| {
            let property = token_lost(tokens, |_, recorded: &Recorded| recorded.resting, |_| 1);
            property.into_predicate().evaluate(state).is_true()
        })
    }

    fn find_naively(state: &State<Self>) -> BTreeSet<Loss> {
        let resting = sum(state, |recorded| recorded.resting);
        losses(state, |tokens| resting < tokens)
    }

    /// The losses, by the counts of the nodes that dropped tokens.
    fn truth(state: &State<Self>, _: &State<Self>) -> BTreeSet<Loss> {
        (1..=sum(state, |recorded| recorded.dropped)).collect()
    }

    fn are_as_they_were(_: &State<Self>, now: &State<Self>, losses: &BTreeSet<Loss>) -> bool {
        losses.is_subset(&Self::truth(now, now))
    }

    fn at_rest(state: &State<Self>) -> BTreeSet<Loss> {
        Self::truth(state, state)
    }

    fn progress(state: &Recorded) -> u64 {
        state.handled
    }

    fn assert_right(look: &Look<Self>) {
        if let Some(left) = left_throughout(look) {
            assert_conserved(&look.snapshot, left, |_, recorded| recorded.resting, |_| 1);
        }
    }

    fn sights(state: &State<Self>) -> Vec<&'static str> {
        let none_is_lost = Self::find(state).is_empty();
        let mut stopped = state.states().filter(|(node, _)| state.is_stopped(*node));
        let is_stranded = stopped.any(|(_, recorded)| recorded.resting > 0);
        seen([
            (none_is_lost && state.in_flight().next().is_some(), "none is lost, some in flight"),
            (none_is_lost && is_stranded, "none is lost, some where a node had stopped"),
        ])
    }
}

/// The losses, by a function that tells whether fewer tokens are left than its argument.
fn losses(state: &State<Holder>, are_fewer_left: impl Fn(u64) -> bool) -> BTreeSet<Loss> {
    let given = sum(state, |recorded| recorded.given);
    (1..=given).take_while(|nth| are_fewer_left(given + 1 - nth)).collect()
}

fn sum(state: &State<Holder>, of: impl Fn(&Recorded) -> u64) -> u64 {
    state.states().map(|(_, recorded)| of(recorded)).sum()
}

/// The number of tokens during the whole of a snapshot. `None` if a token was lost meanwhile.
fn left_throughout(look: &Look<Holder>) -> Option<u64> {
    let dropped = |state| sum(state, |recorded| recorded.dropped);
    let given = sum(&look.ended, |recorded| recorded.given);
    (dropped(&look.began) == dropped(&look.ended)).then(|| given - dropped(&look.ended))
}

/// The errors with another algorithm, about the losses and about the sum of all tokens. Runs are in
/// the order of time: without that order no clock is of use, however long a node waits.
fn wrong_with(algorithm: DrawAlgorithm) -> (BTreeSet<Wrong>, bool) {
    let (mut wrong, mut are_conserved) = (BTreeSet::new(), true);
    for_each_seed(0..scaled(GOING_WRONG), |seed| {
        let mut run = Run::<Holder>::draw(seed, algorithm);
        if !run.is_by_time {
            return;
        }
        run.go_to_the_end();
        are_conserved &= run.looks.iter().all(is_conserved);
        wrong.extend(run.wrong);
    });
    (wrong, are_conserved)
}

fn is_conserved(look: &Look<Holder>) -> bool {
    left_throughout(look).is_none_or(|left| {
        let total = conserved("tokens", left, |_, recorded: &Recorded| recorded.resting, |_| 1);
        matches!(total.check(&look.snapshot), Check::Held(_))
    })
}

const EXPECTED: [&str; 2] =
    ["none is lost, some in flight", "none is lost, some where a node had stopped"];

#[test]
fn every_loss_is_found_and_none_that_is_none() {
    all_are_right::<Holder>(&EXPECTED);
}

/// The algorithm takes tokens in flight for lost.
#[test]
fn the_better_algorithm_sees_losses_that_are_none() {
    let wrong = wrong_with(|_, _| Algorithm::MarkersOnly);
    assert_eq!(wrong, (BTreeSet::from([Wrong::FalseAlarm]), false));
}

/// The algorithm misses tokens that come late.
#[test]
fn nodes_without_patience_see_losses_that_are_none() {
    let (wrong, are_conserved) = wrong_with(nodes_without_patience);
    assert!(wrong.contains(&Wrong::FalseAlarm) && !are_conserved, "{wrong:?}");
}

/// The algorithm sees a token twice, which makes up for a lost token.
#[test]
fn clocks_that_differ_miss_losses() {
    let (wrong, are_conserved) = wrong_with(clocks_that_differ);
    assert_eq!((wrong, are_conserved), (BTreeSet::from([Wrong::Missed]), false));
}
