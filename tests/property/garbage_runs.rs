//! Distributed garbage over random runs of processes that make it, pass it on and delete it.

use std::collections::{BTreeMap, BTreeSet};

use consistent_cut::property::{Heap, find_garbage};
use consistent_cut::simulation::{Algorithm, Simulation, SimulationBuilder};
use consistent_cut::{NodeId, Topology};

use crate::by_hand::n;
use crate::chance::Chance;
use crate::look::{Look, Wrong};
use crate::mutator::{Id, Mutator, Recorded, Word};
use crate::runs::{all_are_right, wrong_with};
use crate::skew::clocks_that_differ;
use crate::subject::{State, Subject, pairs, seen};

impl Subject for Mutator {
    type Thing = Id;

    fn topology(chance: &mut Chance) -> Topology {
        pairs(chance, 2, 4)
    }

    fn start(
        builder: SimulationBuilder<Self>,
        _: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        builder.start(|_| Mutator::new(chance)).expect("no setting is wrong")
    }

    fn find(state: &State<Self>) -> BTreeSet<Id> {
        let found = find_garbage(state, tell, |_, word| word.references());
        found.objects().iter().map(|(id, _)| *id).collect()
    }

    /// Checks references that dangle in a snapshot, while their objects' nodes are up, against the
    /// real states. Such references are so rare here that [`dangling`](crate::dangling) has runs of
    /// its own.
    fn assert_right(look: &Look<Self>) {
        for id in dangling(&look.snapshot) {
            let began = look.began.state(n(id.0));
            let was_in_use = began.objects.contains_key(&id)
                && !Self::truth(&look.began, &look.began).contains(&id);
            assert!(was_in_use || id.1 >= began.made, "{id:?} was garbage or deleted before");
            assert!(!Self::is_there(&look.ended, id), "{id:?} is there in the end");
        }
        for real in [&look.began, &look.ended] {
            assert_eq!(dangling(real), [], "no deletion is wrong");
        }
    }

    fn find_naively(state: &State<Self>) -> BTreeSet<Id> {
        let found = find_garbage(state, tell, |_, _| []);
        found.objects().iter().map(|(id, _)| *id).collect()
    }

    /// The objects that are left when all objects in use are crossed out, step by step.
    fn truth(state: &State<Self>, _: &State<Self>) -> BTreeSet<Id> {
        let objects: BTreeMap<&Id, &Vec<Id>> =
            state.states().flat_map(|(_, state)| &state.objects).collect();
        let mut used: BTreeSet<Id> =
            state.states().flat_map(|(_, state)| state.held.iter().copied()).collect();
        used.extend(state.in_flight().flat_map(|(_, word)| word.references()));
        loop {
            let known = used.len();
            let inner = objects.iter().filter(|(id, _)| used.contains(**id));
            let more: Vec<Id> = inner.flat_map(|(_, inner)| inner.iter().copied()).collect();
            used.extend(more);
            if used.len() == known {
                return objects.into_keys().copied().filter(|id| !used.contains(id)).collect();
            }
        }
    }

    fn is_there(state: &State<Self>, id: Id) -> bool {
        let maker = state.find_state(n(id.0));
        maker.is_some_and(|maker| maker.objects.contains_key(&id))
    }

    fn are_as_they_were(_: &State<Self>, now: &State<Self>, ids: &BTreeSet<Id>) -> bool {
        ids.is_subset(&Self::truth(now, now))
    }

    /// Includes the objects that were deleted as garbage and then wanted. There must be none of
    /// these.
    fn at_rest(state: &State<Self>) -> BTreeSet<Id> {
        let missed = state.states().flat_map(|(_, state)| state.missed.iter().copied());
        Self::truth(state, state).into_iter().chain(missed).collect()
    }

    fn progress(state: &Recorded) -> u64 {
        state.handled
    }

    /// The finding is deleted.
    fn use_finding(simulation: &mut Simulation<Self>, chance: &mut Chance, found: &BTreeSet<Id>) {
        if chance.one_in(2) {
            return;
        }
        for node in simulation.topology().clone().nodes() {
            let here: Vec<_> =
                found.iter().copied().filter(|id| id.0 == node.index() as u32).collect();
            if !here.is_empty() {
                // A node that has failed takes none.
                let _ = simulation.inject(node, Word::Delete(here));
            }
        }
    }

    fn sights(state: &State<Self>) -> Vec<&'static str> {
        let found = Self::find(state);
        let objects = |id: &Id| &state.state(n(id.0)).objects[id];
        let crosses =
            |id: &Id| objects(id).iter().any(|inner| inner.0 != id.0 && found.contains(inner));
        let remote = state
            .states()
            .any(|(node, recorded)| recorded.held.iter().any(|id| id.0 != node.index() as u32));
        seen([
            (found.iter().any(crosses), "garbage refers to garbage elsewhere"),
            (remote, "a node holds what is elsewhere"),
            (state.topology().nodes().any(|node| state.is_stopped(node)), "a node had stopped"),
        ])
    }
}

fn tell(_: NodeId, state: &Recorded, heap: &mut Heap<Id>) {
    state.held.iter().for_each(|&reference| heap.root(reference));
    for (&id, references) in &state.objects {
        heap.object(id, references.iter().copied());
    }
}

/// The references that dangle though the nodes of their objects have not failed.
fn dangling(state: &State<Mutator>) -> Vec<Id> {
    let found = find_garbage(state, tell, |_, word| word.references());
    let is_up = |id: &&Id| state.find_state(n(id.0)).is_some();
    found.dangling().iter().filter(is_up).copied().collect()
}

const EXPECTED: [&str; 5] = [
    "between beginning and end",
    "a node had failed",
    "garbage refers to garbage elsewhere",
    "a node holds what is elsewhere",
    "a node had stopped",
];

#[test]
fn all_garbage_is_found_and_nothing_in_use() {
    all_are_right::<Mutator>(&EXPECTED);
}

/// The only reference was in flight.
#[test]
fn the_better_algorithm_calls_garbage_what_is_in_use() {
    let wrong = wrong_with::<Mutator>(|_, _| Algorithm::MarkersOnly);
    assert!(wrong.contains(&Wrong::FalseAlarm), "{wrong:?}");
}

/// In the cut, the reference was not yet made, or its sender no longer held it and its receiver did
/// not yet hold it.
#[test]
fn physical_time_calls_garbage_what_is_in_use() {
    let wrong = wrong_with::<Mutator>(clocks_that_differ);
    assert!(wrong.contains(&Wrong::FalseAlarm), "{wrong:?}");
}
