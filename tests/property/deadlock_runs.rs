//! Deadlocks of requests over random runs of processes that really get into them.

use std::collections::BTreeSet;

use consistent_cut::property::{Deadlock, DeadlockCause, Gone, Request, deadlocked, find_deadlock};
use consistent_cut::simulation::{Algorithm, Simulation, SimulationBuilder};
use consistent_cut::{NodeId, Topology};

use crate::asker::{Asker, Asking, Recorded, Word};
use crate::chance::Chance;
use crate::look::Wrong;
use crate::runs::{all_are_right, wrong_with};
use crate::skew::clocks_that_differ;
use crate::subject::{State, Subject, pairs, seen};

impl Subject for Asker {
    type Thing = NodeId;

    fn topology(chance: &mut Chance) -> Topology {
        pairs(chance, 2, 5)
    }

    fn start(
        builder: SimulationBuilder<Self>,
        _: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        builder.start(|_| Asker::new(chance)).expect("no setting is wrong")
    }

    fn find(state: &State<Self>) -> BTreeSet<NodeId> {
        let grants = |_, word: &Word, receiver: &Recorded| grants(receiver, word);
        let found = find_deadlock(state, |_, state| request(state), grants);
        // The property says the same.
        let property = deadlocked(|_, state| request(state), grants).into_predicate();
        assert_eq!(property.evaluate(state).is_true(), found.is_some());
        found.iter().flat_map(Deadlock::nodes).copied().collect()
    }

    fn find_naively(state: &State<Self>) -> BTreeSet<NodeId> {
        let found = find_deadlock(state, |_, state| request(state), |_, _, _| false);
        found.iter().flat_map(Deadlock::nodes).copied().collect()
    }

    /// The greatest of all sets of nodes in which no node can get enough grants from outside of the
    /// set.
    fn truth(state: &State<Self>, _: &State<Self>) -> BTreeSet<NodeId> {
        let bit = |node: NodeId| 1_u32 << node.index();
        let nodes: Vec<_> = state.topology().nodes().collect();
        let there = nodes.iter().filter(|node| Self::is_there(state, **node));
        let there = there.fold(0, |all, node| all | bit(*node));
        let mut granted = vec![0; nodes.len()];
        for (link, _) in state.in_flight().filter(|(link, word)| {
            state.find_state(link.target).is_some_and(|receiver| grants(receiver, word))
        }) {
            granted[link.target.index()] |= bit(link.source);
        }
        let is_stuck = |set: u32, node: NodeId| {
            let Some(asking) = asking(state, node) else { return false };
            let may_grant = granted[node.index()] | (there & !set);
            let asked = asking.nodes.iter().fold(0, |all, node| all | bit(*node));
            ((asked & may_grant).count_ones() as usize) < asking.needed
        };
        let members = |set: u32| nodes.iter().filter(move |node| set & bit(**node) != 0);
        let are_stuck = |set: &u32| members(*set).all(|node| is_stuck(*set, *node));
        let greatest = (0..1 << nodes.len()).filter(are_stuck).fold(0, |all, set| all | set);
        members(greatest).copied().collect()
    }

    fn is_there(state: &State<Self>, node: NodeId) -> bool {
        state.find_state(node).is_some() && !state.is_stopped(node)
    }

    /// Each node still has the same request, though a further grant may have come.
    fn are_as_they_were(then: &State<Self>, now: &State<Self>, nodes: &BTreeSet<NodeId>) -> bool {
        let number = |state, node| asking(state, node).map(|asking| asking.number);
        nodes.iter().all(|&node| number(then, node) == number(now, node))
    }

    /// A node that waits at rest waits without end.
    fn at_rest(state: &State<Self>) -> BTreeSet<NodeId> {
        state.topology().nodes().filter(|&node| asking(state, node).is_some()).collect()
    }

    fn progress(state: &Recorded) -> u64 {
        state.handled
    }

    fn sights(state: &State<Self>) -> Vec<&'static str> {
        let found =
            find_deadlock(state, |_, state| request(state), |_, word, state| grants(state, word));
        let Some(found) = found else { return Vec::new() };
        let kind = |node: &NodeId| match asking(state, *node) {
            Some(Asking { asked: 1, .. }) => "waits for one",
            Some(Asking { needed: 1, asked, nodes, .. }) if nodes.len() == *asked => {
                "waits for any"
            }
            Some(Asking { needed, nodes, .. }) if *needed == nodes.len() => "waits for all",
            _ => "waits for some",
        };
        let sight = |cause: &DeadlockCause| match cause {
            DeadlockCause::Knot { nodes, cycle } if nodes.len() > cycle.len() => "a knot",
            DeadlockCause::Knot { .. } => "a cycle",
            DeadlockCause::Cycle { .. } => "a cycle that waits elsewhere too",
            DeadlockCause::Gone { why: Gone::Failed, .. } => "waits for a node that has failed",
            DeadlockCause::Gone { .. } => "waits for a node that has stopped",
            DeadlockCause::TooFew { .. } => "waits for too many",
        };
        let live = state.topology().nodes().filter(|&node| Self::is_there(state, node)).count();
        let cases = seen([
            (found.nodes().len() < live, "some go on"),
            (found.causes().len() > 1, "two causes"),
        ]);
        found
            .nodes()
            .iter()
            .map(kind)
            .chain(found.causes().iter().map(sight))
            .chain(cases)
            .collect()
    }
}

/// The request for which a node waits, if the node will ever handle anything.
pub(crate) fn asking(state: &State<Asker>, node: NodeId) -> Option<&Asking> {
    let recorded = state.find_state(node).filter(|_| !state.is_stopped(node));
    recorded.and_then(|recorded| recorded.asking.as_ref())
}

pub(crate) fn request(state: &Recorded) -> Request {
    match &state.asking {
        None => Request::Nothing,
        Some(Asking { needed: 1, nodes, .. }) => Request::Any(nodes.clone()),
        Some(Asking { needed, nodes, .. }) if *needed == nodes.len() => Request::All(nodes.clone()),
        Some(Asking { needed, nodes, .. }) => Request::Of { needed: *needed, nodes: nodes.clone() },
    }
}

/// Whether a message answers the request that its receiver waits for, and not an earlier one.
pub(crate) fn grants(receiver: &Recorded, word: &Word) -> bool {
    receiver.asking.as_ref().is_some_and(|asking| *word == Word::Grant(asking.number))
}

const EXPECTED: [&str; 12] = [
    "between beginning and end",
    "a node had failed",
    "waits for one",
    "waits for any",
    "waits for all",
    "waits for some",
    "a knot",
    "a cycle",
    "a cycle that waits elsewhere too",
    "waits for a node that has failed",
    "waits for a node that has stopped",
    "some go on",
];

#[test]
fn every_deadlock_is_found_and_none_that_is_none() {
    all_are_right::<Asker>(&EXPECTED);
}

/// A grant that was in flight is lost.
#[test]
fn the_better_algorithm_finds_deadlocks_that_are_none() {
    let wrong = wrong_with::<Asker>(|_, _| Algorithm::MarkersOnly);
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}

/// A snapshot shows a node that waits, though it was granted before another node is shown to have
/// granted.
#[test]
fn physical_time_finds_deadlocks_that_are_none() {
    let wrong = wrong_with::<Asker>(clocks_that_differ);
    assert!(wrong.contains(&Wrong::FalseAlarm), "{wrong:?}");
}
