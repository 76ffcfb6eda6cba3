//! Termination over random runs of computations that spread by messages and timers, with nodes that
//! stop and fail.

use std::collections::BTreeSet;

use consistent_cut::Topology;
use consistent_cut::property::terminated;
use consistent_cut::simulation::{Algorithm, AtRandom, Simulation, SimulationBuilder};

use crate::chance::Chance;
use crate::look::Wrong;
use crate::runs::{all_are_right, wrong_with};
use crate::skew::nodes_without_patience;
use crate::subject::{State, Subject, any_links, any_node, seen};
use crate::worker::{Recorded, Worker};

/// The only thing to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Termination;

impl Subject for Worker {
    type Thing = Termination;

    fn topology(chance: &mut Chance) -> Topology {
        if chance.one_in(2) {
            return Topology::ring(2 + chance.below(3)).expect("enough nodes");
        }
        any_links(chance, 5, 0)
    }

    /// All messages from outside come before the first snapshot: after the end, a message would
    /// start the work again.
    fn start(
        builder: SimulationBuilder<Self>,
        _: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        let mut simulation = builder.start(|_| Worker::new(chance)).expect("no setting is wrong");
        for _ in 0..chance.below(6) {
            begin_with(&mut simulation, chance);
        }
        simulation
    }

    fn disturb(_: &mut Simulation<Self>, _: &mut Chance, _: bool) {}

    fn find(state: &State<Self>) -> BTreeSet<Termination> {
        let property = terminated(|_, recorded: &Recorded| recorded.jobs == 0).into_predicate();
        property.evaluate(state).is_true().then_some(Termination).into_iter().collect()
    }

    fn find_naively(state: &State<Self>) -> BTreeSet<Termination> {
        all_are_passive(state).then_some(Termination).into_iter().collect()
    }

    /// If the work had terminated, no handler would have run after that.
    fn truth(state: &State<Self>, at_the_end: &State<Self>) -> BTreeSet<Termination> {
        let is_the_last = handled(state) == handled(at_the_end);
        is_the_last.then_some(Termination).into_iter().collect()
    }

    fn are_as_they_were(then: &State<Self>, now: &State<Self>, _: &BTreeSet<Termination>) -> bool {
        handled(then) == handled(now)
    }

    fn at_rest(_: &State<Self>) -> BTreeSet<Termination> {
        BTreeSet::from([Termination])
    }

    fn progress(state: &Recorded) -> u64 {
        state.handled
    }

    fn sights(state: &State<Self>) -> Vec<&'static str> {
        let is_found = !Self::find(state).is_empty();
        let is_in_flight = state.in_flight().next().is_some();
        let comes_from_outside = state.in_flight().all(|(link, _)| link.is_environment());
        let is_at_work = state.states().any(|(_, recorded)| recorded.jobs > 0);
        let alone = !is_found && all_are_passive(state);
        seen([
            (alone && is_in_flight && !comes_from_outside, "a message alone"),
            (alone && is_in_flight && comes_from_outside, "a message from outside alone"),
            (alone && !is_in_flight, "a timer alone"),
            (is_found && is_at_work, "a node had stopped at work"),
            (is_found && is_in_flight, "a message to a node that had stopped"),
            (is_found && !state.failures().is_empty(), "found without a node"),
        ])
    }
}

/// A node stops, fails or gets a job, or some of the work is done.
fn begin_with(simulation: &mut Simulation<Worker>, chance: &mut Chance) {
    let node = any_node(simulation, chance);
    match chance.below(8) {
        0 => drop(simulation.stop_node(node).expect("it is there")),
        1 => simulation.fail(node).expect("it is there"),
        2..=4 => {
            // A node that has failed accepts no message.
            let _ = simulation.inject(node, 5);
        }
        _ => {
            let most = chance.below(12) as u64;
            let mut at_random = AtRandom::new(chance.number());
            simulation.run_by(&mut at_random, most).expect("each step is possible");
        }
    }
}

/// The number of handlers that have run, by the counts of the nodes. The detector is not told these
/// counts.
fn handled(state: &State<Worker>) -> u64 {
    state.states().map(|(_, recorded)| recorded.handled).sum()
}

fn all_are_passive(state: &State<Worker>) -> bool {
    state.states().all(|(_, recorded)| recorded.jobs == 0)
}

const EXPECTED: [&str; 7] = [
    "a node had failed",
    "a message alone",
    "a message from outside alone",
    "a timer alone",
    "a node had stopped at work",
    "a message to a node that had stopped",
    "found without a node",
];

#[test]
fn termination_is_found_and_never_before_it_is_there() {
    all_are_right::<Worker>(&EXPECTED);
}

/// The algorithm forgets messages in flight.
#[test]
fn the_better_algorithm_sees_false_terminations() {
    let wrong = wrong_with::<Worker>(|_, _| Algorithm::MarkersOnly);
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}

/// The nodes miss late messages.
#[test]
fn nodes_without_patience_see_false_terminations() {
    let wrong = wrong_with::<Worker>(nodes_without_patience);
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}
