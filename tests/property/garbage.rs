//! Distributed garbage: case by case, and over random runs of a mutator.

use std::collections::{BTreeMap, BTreeSet};

use consistent_cut::property::{Garbage, find_garbage};
use consistent_cut::simulation::{Algorithm, Simulation};
use consistent_cut::{NodeId, Topology};

use crate::by_hand::{ByHand, n};
use crate::chance::Chance;
use crate::mutator::{Id, Mutator, Recorded, Word};
use crate::runs::{
    RUNS, State, Subject, Wrong, all_are_right, latency, pairs, policy, wrong_clocks, wrong_with,
};

/// The references that a node holds, and its objects with theirs.
type Node = (Vec<u32>, Vec<(u32, Vec<u32>)>);

fn node(held: &[u32], objects: &[(u32, &[u32])]) -> Node {
    (held.to_vec(), objects.iter().map(|(id, inner)| (*id, inner.to_vec())).collect())
}

fn ring<const N: usize>(nodes: [Node; N]) -> ByHand<Node, u32> {
    ByHand::new(Topology::ring(N).expect("a few nodes"), nodes)
}

fn find(state: &ByHand<Node, u32>) -> Garbage<u32> {
    find_garbage(
        &state.record(),
        |_, (held, objects), heap| {
            held.iter().for_each(|&reference| heap.root(reference));
            for (id, references) in objects {
                heap.object(*id, references.iter().copied());
            }
        },
        |_, &reference| [reference],
    )
}

fn ids(state: &ByHand<Node, u32>) -> Vec<u32> {
    find(state).objects().iter().map(|(id, _)| *id).collect()
}

#[test]
fn what_a_node_holds_is_in_use_wherever_it_is() {
    let state = ring([node(&[2], &[(1, &[])]), node(&[], &[(2, &[3])]), node(&[], &[(3, &[])])]);
    let found = find(&state);
    assert_eq!((found.objects(), found.live()), (&[(1, n(0))][..], 2));
    assert_eq!(found.to_string(), "1 of 3 objects are garbage: 1 at node 0");
    assert!(!found.is_empty());
}

#[test]
fn a_cycle_across_nodes_is_garbage_when_nothing_leads_there() {
    let cycle =
        [node(&[], &[(1, &[2])]), node(&[], &[(2, &[3])]), node(&[], &[(3, &[1, 9]), (9, &[])])];
    assert_eq!(find(&ring(cycle.clone())).objects(), [(1, n(0)), (2, n(1)), (3, n(2)), (9, n(2))]);
    let mut held = cycle;
    held[0].0.push(3);
    assert!(find(&ring(held)).is_empty());
}

#[test]
fn what_a_message_carries_is_in_use() {
    let state = ring([node(&[], &[(1, &[2])]), node(&[], &[(2, &[])])]);
    assert_eq!(ids(&state), [1, 2]);
    assert_eq!(ids(&state.clone().in_flight(1, [2])), [1]);
    assert_eq!(ids(&state.clone().in_flight(0, [1, 1])), [0; 0]);
    assert_eq!(ids(&state.injected(1, [1])), [0; 0], "from outside too");
}

#[test]
fn references_that_lead_nowhere_are_told() {
    let state = ring([node(&[7, 1], &[(1, &[8, 7]), (2, &[9])]), node(&[], &[(3, &[])])]);
    let found = find(&state.clone().in_flight(0, [5]));
    assert_eq!(found.dangling(), [5, 7, 8], "9 is referred to by garbage alone");
    assert_eq!(ids(&state), [2, 3]);
}

#[test]
fn a_node_that_is_down_has_neither_objects_nor_references() {
    let state = ring([node(&[3], &[(1, &[2])]), node(&[1], &[(2, &[])]), node(&[], &[(3, &[])])]);
    assert_eq!(ids(&state), [0; 0]);
    let found = find(&state.clone().down(0));
    assert_eq!((found.objects(), found.dangling()), (&[(2, n(1)), (3, n(2))][..], &[1][..]));
    assert_eq!(ids(&state.stopped(0)), [0; 0], "one that has stopped has");
}

/// As a wrong cut may show it.
#[test]
fn an_object_told_of_twice_is_one() {
    let twice = |held: &[u32]| {
        ring([node(held, &[(1, &[2])]), node(&[], &[(1, &[3]), (2, &[]), (3, &[])])])
    };
    assert!(find(&twice(&[1])).is_empty());
    assert_eq!(ids(&twice(&[2])), [1, 1, 3]);
}

#[test]
fn only_the_first_are_named() {
    let objects: Vec<_> = (0..12).map(|id| (id, &[][..])).collect();
    let text = find(&ring([node(&[], &objects)])).to_string();
    assert!(text.starts_with("12 of 12 objects are garbage: 0 at node 0, 1 at node 0, "), "{text}");
    assert!(text.ends_with("9 at node 0 and 2 more"), "{text}");
    assert_eq!(find(&ring([node(&[], &[])])).to_string(), "0 of 0 objects are garbage");
}

/// Recursion would not get there.
#[test]
fn a_list_of_a_million_objects_is_followed_to_its_end() {
    let last = 1_000_000;
    let objects: Vec<_> = (0..=last).map(|id| (id, vec![id + 1])).collect();
    let found = find(&ring([(vec![5], objects)]));
    assert_eq!(
        (found.objects().len(), found.live(), found.dangling()),
        (5, 999_996, &[last + 1][..])
    );
}

impl Subject for Mutator {
    type Thing = Id;

    fn draw(chance: &mut Chance, algorithm: Algorithm) -> Simulation<Self> {
        let topology = pairs(chance, 2, 4);
        let builder = Simulation::builder(topology).algorithm(algorithm).seed(chance.number());
        let builder = builder.marker_policy(policy(chance)).latency(latency(chance));
        builder.without_schedule().start(|_| Mutator::new(chance)).expect("no setting is wrong")
    }

    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, _: bool) {
        let node = n(chance.below(simulation.topology().node_count()) as u32);
        let disturbed =
            if chance.one_in(2) { simulation.stop(node) } else { simulation.fail(node) };
        disturbed.expect("it is there");
    }

    fn find(state: &State<Self>) -> BTreeSet<Id> {
        let found = find_garbage(state, tell, |_, word| word.references());
        found.objects().iter().map(|(id, _)| *id).collect()
    }

    fn find_naively(state: &State<Self>) -> BTreeSet<Id> {
        let found = find_garbage(state, tell, |_, _| []);
        found.objects().iter().map(|(id, _)| *id).collect()
    }

    /// Those that are left when everything is crossed out that somebody refers to who is not crossed out, again and again.
    fn truth(state: &State<Self>) -> BTreeSet<Id> {
        let objects: BTreeMap<&Id, &Vec<Id>> =
            state.states().flat_map(|(_, state)| &state.objects).collect();
        let mut used: BTreeSet<Id> =
            state.states().flat_map(|(_, state)| state.held.clone()).collect();
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

    fn is_as_it_was(_: &State<Self>, now: &State<Self>, id: Id) -> bool {
        Self::truth(now).contains(&id)
    }

    /// With what was called garbage and deleted, and then wanted by somebody: there must be none of that.
    fn at_rest(state: &State<Self>) -> BTreeSet<Id> {
        let missed = state.states().flat_map(|(_, state)| state.missed.iter().copied());
        Self::truth(state).into_iter().chain(missed).collect()
    }

    fn progress(&self) -> u64 {
        self.recorded.handled
    }

    fn recorded_progress(state: &Recorded) -> u64 {
        state.handled
    }

    /// It is deleted.
    fn use_finding(simulation: &mut Simulation<Self>, chance: &mut Chance, found: &BTreeSet<Id>) {
        if chance.one_in(2) {
            return;
        }
        for node in simulation.topology().clone().nodes() {
            let here: Vec<_> =
                found.iter().copied().filter(|id| id.0 == node.index() as u32).collect();
            if !here.is_empty() {
                // A node that is down takes none.
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
        let cases = [
            (found.iter().any(crosses), "garbage refers to garbage elsewhere"),
            (remote, "a node holds what is elsewhere"),
            (state.topology().nodes().any(|node| state.is_stopped(node)), "a node had stopped"),
        ];
        cases.into_iter().filter_map(|(is_so, sight)| is_so.then_some(sight)).collect()
    }
}

fn tell(_: NodeId, state: &Recorded, heap: &mut consistent_cut::property::Heap<Id>) {
    state.held.iter().for_each(|&reference| heap.root(reference));
    for (&id, references) in &state.objects {
        heap.object(id, references.iter().copied());
    }
}

const EXPECTED: [&str; 12] = [
    "found",
    "nothing found",
    "between beginning and end",
    "found early",
    "not yet found",
    "never occurred",
    "overlap",
    "a node was down",
    "the naive way is wrong",
    "garbage refers to garbage elsewhere",
    "a node holds what is elsewhere",
    "a node had stopped",
];

#[test]
fn all_garbage_is_found_and_nothing_in_use() {
    all_are_right::<Mutator>(RUNS, &EXPECTED);
}

/// The only reference was in flight.
#[test]
fn the_better_algorithm_calls_garbage_what_is_in_use() {
    let wrong = wrong_with::<Mutator>(2_000, |_, _| Algorithm::Better);
    assert!(wrong.contains(&Wrong::FalseAlarm), "{wrong:?}");
}

/// It was not yet made in the cut, or no longer held by its sender and not yet by its receiver.
#[test]
fn physical_time_calls_garbage_what_is_in_use() {
    let wrong = wrong_with::<Mutator>(2_000, wrong_clocks);
    assert!(wrong.contains(&Wrong::FalseAlarm), "{wrong:?}");
}
