//! Termination of work beside heartbeats, over random runs; and the oracle's verdict where the
//! promise about ignored timers and messages is broken.

use std::collections::BTreeSet;

use consistent_cut::property::{Termination, terminated};
use consistent_cut::simulation::{Algorithm, AtRandom, Simulation, SimulationBuilder};
use consistent_cut::{GlobalSnapshot, StableProperty, Topology};

use crate::beating::{
    BEAT, BEAT_TIMER, BEATS_MAKE_WORK, Beating, RIGHT, Recorded, TOO_MUCH_IS_IGNORED,
};
use crate::chance::Chance;
use crate::look::Wrong;
use crate::runs::{all_are_right, wrong_with};
use crate::subject::{State, Subject, any_links, any_node, seen};
use crate::termination_runs::Termination as Thing;
use crate::worker::AFTERTHOUGHT;

impl<const KIND: u8> Subject for Beating<KIND> {
    type Thing = Thing;

    fn topology(chance: &mut Chance) -> Topology {
        any_links(chance, 4, 0)
    }

    /// Jobs from outside come before the first snapshot.
    fn start(
        builder: SimulationBuilder<Self>,
        _: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        let mut simulation = builder.start(|_| Beating::new(chance)).expect("no setting is wrong");
        for _ in 0..chance.below(5) {
            begin_with(&mut simulation, chance);
        }
        simulation
    }

    /// Beats come from outside at any time.
    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, _: bool) {
        let node = any_node(simulation, chance);
        // A node that has failed accepts no message.
        let _ = simulation.inject(node, BEAT);
    }

    fn find(state: &State<Self>) -> BTreeSet<Thing> {
        found(property(KIND == TOO_MUCH_IS_IGNORED), state)
    }

    fn find_naively(state: &State<Self>) -> BTreeSet<Thing> {
        all_are_passive(state).then_some(Thing).into_iter().collect()
    }

    /// If the work had terminated, no work would have been done after that.
    fn truth(state: &State<Self>, at_the_end: &State<Self>) -> BTreeSet<Thing> {
        (work_done(state) == work_done(at_the_end)).then_some(Thing).into_iter().collect()
    }

    fn are_as_they_were(then: &State<Self>, now: &State<Self>, _: &BTreeSet<Thing>) -> bool {
        work_done(then) == work_done(now)
    }

    fn at_rest(_: &State<Self>) -> BTreeSet<Thing> {
        BTreeSet::from([Thing])
    }

    fn progress(state: &Recorded) -> u64 {
        state.work.handled + state.beats
    }

    fn sights(state: &State<Self>) -> Vec<&'static str> {
        let is_found = !Self::find(state).is_empty();
        let is_all_found = !found(terminated(|_, _| true), state).is_empty();
        let beats = state.in_flight().any(|(_, message)| *message == BEAT);
        let waits_to_beat = state
            .states()
            .any(|(node, _)| state.timers(node).iter().any(|t| t.timer == BEAT_TIMER));
        let is_at_work = state.in_flight().any(|(_, message)| *message != BEAT);
        seen([
            (is_found && !is_all_found && beats, "work ended, and a beat was on its way"),
            (is_found && !is_all_found && waits_to_beat, "work ended, and a beat was due"),
            (!is_found && is_at_work && all_are_passive(state), "a job among passive nodes"),
        ])
    }
}

fn property(ignores_too_much: bool) -> StableProperty<Recorded, u64> {
    let property = Termination::new(|_, recorded: &Recorded| recorded.work.jobs == 0)
        .ignoring_timers(|_, timer| timer == BEAT_TIMER)
        .ignoring_messages(|_, message| *message == BEAT);
    if ignores_too_much {
        return property.ignoring_timers(|_, timer| timer == AFTERTHOUGHT).property();
    }
    property.property()
}

fn found(
    property: StableProperty<Recorded, u64>,
    state: &GlobalSnapshot<Recorded, u64>,
) -> BTreeSet<Thing> {
    property.into_predicate().evaluate(state).is_true().then_some(Thing).into_iter().collect()
}

/// A node stops, fails or gets a job, or some of the work is done.
fn begin_with<const KIND: u8>(simulation: &mut Simulation<Beating<KIND>>, chance: &mut Chance) {
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

/// The number of handlers of jobs that have run. The detector is not told this number.
fn work_done(state: &GlobalSnapshot<Recorded, u64>) -> u64 {
    state.states().map(|(_, recorded)| recorded.work.handled).sum()
}

fn all_are_passive(state: &GlobalSnapshot<Recorded, u64>) -> bool {
    state.states().all(|(_, recorded)| recorded.work.jobs == 0)
}

const EXPECTED: [&str; 3] = [
    "work ended, and a beat was on its way",
    "work ended, and a beat was due",
    "a job among passive nodes",
];

#[test]
fn the_end_of_the_work_is_found_while_hearts_beat() {
    all_are_right::<Beating<RIGHT>>(&EXPECTED);
}

#[test]
#[should_panic(expected = "in the real state")]
fn a_beat_that_makes_work_breaks_the_promise() {
    all_are_right::<Beating<BEATS_MAKE_WORK>>(&[]);
}

#[test]
#[should_panic(expected = "in the real state")]
fn a_timer_that_makes_work_must_not_be_ignored() {
    all_are_right::<Beating<TOO_MUCH_IS_IGNORED>>(&[]);
}

/// The algorithm forgets the jobs that are in flight.
#[test]
fn the_better_algorithm_sees_false_terminations_beside_beats() {
    let wrong = wrong_with::<Beating<RIGHT>>(|_, _| Algorithm::MarkersOnly);
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}
