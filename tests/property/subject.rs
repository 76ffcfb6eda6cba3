//! The subject of a detector: processes of some kind, and other code than the detector that tells
//! the truth about them.

use std::collections::BTreeSet;
use std::fmt::Debug;

use consistent_cut::simulation::{Simulation, SimulationBuilder};
use consistent_cut::{GlobalSnapshot, NodeId, Process, Topology};

use crate::chance::Chance;
use crate::look::Look;

/// The recorded state of a process of this kind.
pub(crate) type State<P> = GlobalSnapshot<<P as Process>::State, <P as Process>::Message>;

/// Processes, and a detector that finds things about them. A thing stays once it is there.
pub(crate) trait Subject: Process + Sized {
    type Thing: Ord + Copy + Debug;

    fn topology(chance: &mut Chance) -> Topology;

    /// A system of which no snapshot was taken yet.
    fn start(
        builder: SimulationBuilder<Self>,
        topology: &Topology,
        chance: &mut Chance,
    ) -> Simulation<Self>;

    /// Something happens from outside. `is_quiet` says that no snapshot is under way.
    fn disturb(simulation: &mut Simulation<Self>, chance: &mut Chance, _is_quiet: bool) {
        let node = any_node(simulation, chance);
        let disturbed = if chance.one_in(2) {
            simulation.stop_node(node).map(drop)
        } else {
            simulation.fail(node)
        };
        disturbed.expect("it is there");
    }

    /// Finds the things by the detector.
    fn find(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// Finds things by a naive look, which leaves out messages or other nodes.
    fn find_naively(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// Finds the things by other means than the detector. Whether some things were there is known
    /// only when nothing is left to happen.
    fn truth(state: &State<Self>, at_the_end: &State<Self>) -> BTreeSet<Self::Thing>;

    /// Whether a thing can be there at all, for the detector to find.
    fn is_there(_state: &State<Self>, _thing: Self::Thing) -> bool {
        true
    }

    /// Whether the things found in a snapshot are unchanged, long after.
    fn are_as_they_were(
        then: &State<Self>,
        now: &State<Self>,
        things: &BTreeSet<Self::Thing>,
    ) -> bool;

    /// All things that are to be found where nothing is left to happen.
    fn at_rest(state: &State<Self>) -> BTreeSet<Self::Thing>;

    /// The progress of a node.
    fn progress(state: &Self::State) -> u64;

    /// Called when a snapshot is complete, with the things found in it.
    fn use_finding(
        _simulation: &mut Simulation<Self>,
        _chance: &mut Chance,
        _found: &BTreeSet<Self::Thing>,
    ) {
    }

    /// Asserts further facts about every right snapshot.
    fn assert_right(_look: &Look<Self>) {}

    /// Further events that should be seen sometimes.
    fn sights(state: &State<Self>) -> Vec<&'static str>;
}

/// The names of the cases that are true.
pub(crate) fn seen<const N: usize>(cases: [(bool, &'static str); N]) -> Vec<&'static str> {
    cases.into_iter().filter_map(|(is_so, sight)| is_so.then_some(sight)).collect()
}

pub(crate) fn any_node<P: Process>(simulation: &Simulation<P>, chance: &mut Chance) -> NodeId {
    NodeId::new(chance.below(simulation.topology().node_count()) as u32)
}

/// With parallel links and self-links, and nodes without any.
pub(crate) fn any_links(chance: &mut Chance, most_nodes: usize, least_links: usize) -> Topology {
    let nodes = 1 + chance.below(most_nodes);
    let links = least_links + chance.below(9 - least_links);
    let links: Vec<_> = (0..links).map(|_| (chance.below(nodes), chance.below(nodes))).collect();
    Topology::from_links(nodes, links).expect("nodes and links fit")
}

/// Nodes in pairs that are linked in both directions, and all of them connected.
pub(crate) fn pairs(chance: &mut Chance, least: usize, most: usize) -> Topology {
    let nodes = least + chance.below(most + 1 - least);
    let mut links = Vec::new();
    for node in 1..nodes {
        let other = chance.below(node);
        links.extend([(node, other), (other, node)]);
    }
    for _ in 0..chance.below(4) {
        let (one, other) = (chance.below(nodes), chance.below(nodes));
        if one != other {
            links.extend([(one, other), (other, one)]);
        }
    }
    Topology::from_links(nodes, links).expect("nodes and links fit")
}
