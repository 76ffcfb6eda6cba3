//! Deadlocks of requests and full links together, over random runs of processes that get into both.

use std::collections::BTreeSet;

use consistent_cut::property::{
    Deadlock, find_deadlock, find_deadlock_on_full_links, find_deadlock_with_full_links,
};
use consistent_cut::simulation::{Algorithm, Simulation, SimulationBuilder};
use consistent_cut::{Context, Link, NodeId, Process, TimerId, Topology};

use crate::asker::{Asker, Recorded, Word};
use crate::chance::Chance;
use crate::deadlock_runs::{asking, grants, request};
use crate::look::Wrong;
use crate::runs::{all_are_right, wrong_with};
use crate::subject::{State, Subject, any_node, pairs, seen};

/// Asks and waits, and fills links that hold few messages.
pub(crate) struct Crowded(Asker);

impl Process for Crowded {
    type State = Recorded;
    type Message = Word;

    fn on_start(&mut self, ctx: &mut Context<'_, Word>) {
        self.0.on_start(ctx);
    }

    fn on_message(&mut self, from: Link, word: Word, ctx: &mut Context<'_, Word>) {
        self.0.on_message(from, word, ctx);
    }

    fn on_timer(&mut self, timer: TimerId, ctx: &mut Context<'_, Word>) {
        self.0.on_timer(timer, ctx);
    }

    fn state(&self) -> Recorded {
        self.0.state()
    }
}

type Crowd = State<Crowded>;

impl Subject for Crowded {
    type Thing = NodeId;

    fn topology(chance: &mut Chance) -> Topology {
        pairs(chance, 2, 5)
    }

    fn start(
        builder: SimulationBuilder<Self>,
        _: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self> {
        let builder = builder.capacity(1 + chance.below(3));
        builder.start(|_| Crowded(Asker::noisy(chance))).expect("no setting is wrong")
    }

    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, is_quiet: bool) {
        let node = any_node(simulation, chance);
        let Some(state) = simulation.global_state() else { return };
        if chance.one_in(2) {
            simulation.stop_node(node).expect("it is there");
        } else if is_quiet && standing_still(&state) == 0 {
            // A node that waits for room at a node that fails goes on.
            simulation.fail(node).expect("it is there");
        }
    }

    fn find(state: &Crowd) -> BTreeSet<NodeId> {
        let grants = |_, word: &Word, receiver: &Recorded| grants(receiver, word);
        nodes(find_deadlock_with_full_links(state, |_, state| request(state), grants).as_ref())
    }

    /// Finds deadlocks by each of the two detectors alone.
    fn find_naively(state: &Crowd) -> BTreeSet<NodeId> {
        let grants = |_, word: &Word, receiver: &Recorded| grants(receiver, word);
        let mut found = nodes(find_deadlock(state, |_, state| request(state), grants).as_ref());
        found.extend(nodes(find_deadlock_on_full_links(state).as_ref()));
        found
    }

    /// The greatest set of nodes that stand still, and the greatest set in which no node can get
    /// enough grants from outside of both sets.
    fn truth(state: &Crowd, _: &Crowd) -> BTreeSet<NodeId> {
        let still = standing_still(state);
        let there = all(state).filter(|&node| Self::is_there(state, node)).fold(0, with);
        let mut granted = vec![0; state.topology().node_count()];
        for (link, word) in state.in_flight() {
            let receiver = state.find_state(link.target);
            if receiver.is_some_and(|receiver| grants(receiver, word)) {
                granted[link.target.index()] |= bit(link.source);
            }
        }
        let waits_in_vain = |set: u32, node: NodeId| {
            let Some(asking) = asking(state, node) else { return false };
            let may_grant = granted[node.index()] | (there & !set & !still);
            let asked = asking.nodes.iter().copied().fold(0, with);
            ((asked & may_grant).count_ones() as usize) < asking.needed
        };
        let are_stuck =
            |set: &u32| members(state, *set & !still).all(|node| waits_in_vain(*set, node));
        let greatest = sets(state).filter(are_stuck).fold(0, |all, set| all | set);
        members(state, greatest | still).collect()
    }

    fn is_there(state: &Crowd, node: NodeId) -> bool {
        state.find_state(node).is_some() && !state.is_stopped(node)
    }

    /// The nodes that stood still have handled nothing, and the other nodes have the same request.
    fn are_as_they_were(then: &Crowd, now: &Crowd, found: &BTreeSet<NodeId>) -> bool {
        let still = standing_still(then);
        let number = |state, node| asking(state, node).map(|asking| asking.number);
        found.iter().all(|&node| match still & bit(node) {
            0 => number(then, node) == number(now, node),
            _ => then.find_state(node) == now.find_state(node),
        })
    }

    /// A node that waits at rest waits without end.
    fn at_rest(state: &Crowd) -> BTreeSet<NodeId> {
        let waits =
            |&node: &NodeId| asking(state, node).is_some() || full(state, node).next().is_some();
        all(state).filter(waits).collect()
    }

    fn progress(state: &Recorded) -> u64 {
        state.handled
    }

    fn sights(state: &Crowd) -> Vec<&'static str> {
        let (found, alone) = (Self::find(state), Self::find_naively(state));
        let still = standing_still(state);
        let waits_for_room = all(state).filter(|&node| full(state, node).next().is_some());
        let goes_on = waits_for_room.filter(|node| !found.contains(node)).count() > 0;
        seen([
            (!found.is_subset(&alone), "found by neither alone"),
            (still != 0 && members(state, still).count() < found.len(), "both kinds"),
            (!found.is_empty() && goes_on, "a node that waits for room goes on"),
            (still == 0 && !found.is_empty(), "requests alone"),
        ])
    }
}

fn nodes(found: Option<&Deadlock>) -> BTreeSet<NodeId> {
    found.into_iter().flat_map(Deadlock::nodes).copied().collect()
}

fn bit(node: NodeId) -> u32 {
    1 << node.index()
}

fn with(set: u32, node: NodeId) -> u32 {
    set | bit(node)
}

fn all(state: &Crowd) -> impl Iterator<Item = NodeId> {
    state.topology().nodes()
}

fn members(state: &Crowd, set: u32) -> impl Iterator<Item = NodeId> {
    all(state).filter(move |node| set & bit(*node) != 0)
}

fn sets(state: &Crowd) -> impl Iterator<Item = u32> {
    0..1 << state.topology().node_count()
}

/// The receivers at which a node's messages wait for room, if the node will ever handle anything.
fn full(state: &Crowd, node: NodeId) -> impl Iterator<Item = NodeId> {
    let is_there = Crowded::is_there(state, node);
    let links = state.topology().out_links(node).iter().filter(move |_| is_there);
    links.filter(|link| state.channel(link.id).waiting() > 0).map(|link| link.target)
}

/// The greatest of all sets of nodes in which each waits for room at a node of the set or a node
/// that has stopped.
fn standing_still(state: &Crowd) -> u32 {
    let is_dead = |set: &u32| {
        let is_in_vain = |target: NodeId| set & bit(target) != 0 || state.is_stopped(target);
        members(state, *set).all(|node| full(state, node).any(is_in_vain))
    };
    sets(state).filter(is_dead).fold(0, |all, set| all | set)
}

const EXPECTED: [&str; 5] = [
    "a node had failed",
    "found by neither alone",
    "both kinds",
    "a node that waits for room goes on",
    "requests alone",
];

#[test]
fn every_deadlock_of_both_kinds_is_found_and_none_that_is_none() {
    all_are_right::<Crowded>(&EXPECTED);
}

/// A grant that was in flight is lost.
#[test]
fn the_better_algorithm_finds_deadlocks_of_both_kinds_that_are_none() {
    let wrong = wrong_with::<Crowded>(|_, _| Algorithm::MarkersOnly);
    assert_eq!(wrong, BTreeSet::from([Wrong::FalseAlarm]));
}
