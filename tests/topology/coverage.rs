//! The initiators chosen for a snapshot reach every node, and no fewer would do.

use std::collections::BTreeSet;
use std::thread;

use consistent_cut::{CoverageError, NodeId, Topology, TopologyError};

use crate::chance::{Chance, for_each_seed};
use crate::effort::scaled;

type Outcome = Result<(), TopologyError>;

/// A set of nodes, one bit each.
type Set = u32;

fn nodes_of(set: Set) -> Vec<NodeId> {
    (0..Set::BITS).filter(|bit| set >> bit & 1 == 1).map(NodeId::new).collect()
}

fn set_of(nodes: &[NodeId]) -> Set {
    nodes.iter().fold(0, |set, node| set | 1 << node.index())
}

/// Reachability by repetition until nothing changes, with nothing shared with the crate.
struct Oracle {
    nodes: usize,
    links: Vec<(usize, usize)>,
}

impl Oracle {
    fn topology(&self) -> Result<Topology, TopologyError> {
        Topology::from_links(self.nodes, self.links.iter().copied())
    }

    fn everything(&self) -> Set {
        (1 << self.nodes) - 1
    }

    fn reached_from(&self, start: Set) -> Set {
        let mut reached = start;
        loop {
            let before = reached;
            for &(source, target) in &self.links {
                reached |= (reached >> source & 1) << target;
            }
            if reached == before {
                return reached;
            }
        }
    }

    fn covers(&self, set: Set) -> bool {
        self.reached_from(set) == self.everything()
    }

    /// Of all covering sets that contain `given`, the one with the fewest nodes, and among those
    /// the one whose additions come first in numerical order.
    fn best_cover_with(&self, given: Set) -> Vec<NodeId> {
        let supersets = (0..=self.everything()).filter(|set| set & given == given);
        let covering = supersets.filter(|&set| self.covers(set));
        let best = covering.min_by_key(|set| (set.count_ones(), nodes_of(set & !given)));
        best.map(nodes_of).expect("the set of all nodes covers")
    }

    /// Checks every answer about this graph, for every set of initiators.
    fn check(&self) -> Outcome {
        let topology = self.topology()?;
        let about = |set| format!("{} nodes, {:?}, {:?}", self.nodes, self.links, nodes_of(set));

        let chosen = topology.covering_initiators();
        assert_eq!(chosen, self.best_cover_with(0), "{}", about(0));

        for set in 1..=self.everything() {
            let given = nodes_of(set);
            let unreached = nodes_of(self.everything() & !self.reached_from(set));
            match topology.check_coverage(&given) {
                Ok(()) => assert_eq!(unreached, [], "{}", about(set)),
                Err(CoverageError::Unreached { unreached: found, .. }) => {
                    assert!(!found.is_empty(), "{}", about(set));
                    assert_eq!(found, unreached, "{}", about(set));
                }
                Err(other) => panic!("{other}: {}", about(set)),
            }

            let completed = topology.cover_with(&given);
            assert_eq!(completed[..given.len()], given, "{}", about(set));
            let additions = &completed[given.len()..];
            assert!(additions.is_sorted(), "{}", about(set));
            let best = self.best_cover_with(set);
            assert_eq!(completed.len(), best.len(), "{}", about(set));
            assert_eq!(set_of(&completed), set_of(&best), "{}", about(set));
        }
        Ok(())
    }
}

#[test]
fn answers_are_the_best_for_every_graph_of_up_to_four_nodes() -> Outcome {
    for nodes in 1..=4 {
        let pairs: Vec<(usize, usize)> = (0..nodes)
            .flat_map(|a| (0..nodes).map(move |b| (a, b)))
            .filter(|(a, b)| a != b)
            .collect();
        for chosen in 0_u32..1 << pairs.len() {
            let links = (0..pairs.len()).filter(|bit| chosen >> bit & 1 == 1);
            Oracle { nodes, links: links.map(|bit| pairs[bit]).collect() }.check()?;
        }
    }
    Ok(())
}

#[test]
fn answers_are_the_best_for_random_graphs_of_five_nodes() {
    for_each_seed(0..scaled(300), |seed| {
        let mut chance = Chance::new(seed);
        let links = (0..chance.below(12)).map(|_| (chance.below(5), chance.below(5))).collect();
        Oracle { nodes: 5, links }.check().expect("a few links fit");
    });
}

#[test]
fn one_node_of_each_source_component_is_chosen() -> Outcome {
    // Two rings, 4-1-2 and 5-3, lead into node 0; node 6 is alone.
    let links = [(4, 1), (1, 2), (2, 4), (5, 3), (3, 5), (2, 0), (3, 0)];
    let topology = Topology::from_links(7, links)?;
    assert_eq!(topology.covering_initiators(), [1, 3, 6].map(NodeId::new));
    assert_eq!(topology.clone().covering_initiators(), [1, 3, 6].map(NodeId::new));
    Ok(())
}

#[test]
fn a_set_is_completed_without_repetitions_or_strangers() -> Outcome {
    let links = [(4, 1), (1, 2), (2, 4), (5, 3), (3, 5), (2, 0), (3, 0)];
    let topology = Topology::from_links(7, links)?;
    let given = [5, 9, 0, 5, u32::MAX, 0].map(NodeId::new);
    assert_eq!(topology.cover_with(&given), [5, 0, 1, 6].map(NodeId::new));
    assert_eq!(topology.cover_with(&[]), topology.covering_initiators());
    Ok(())
}

#[test]
fn a_single_node_covers_a_strongly_connected_topology() -> Outcome {
    for seed in 0..100 {
        let topology = Topology::random_strongly_connected(1 + seed as usize % 20, 3, seed)?;
        assert_eq!(topology.covering_initiators(), [NodeId::new(0)], "seed {seed}");
        for node in topology.nodes() {
            assert_eq!(topology.check_coverage(&[node]), Ok(()), "seed {seed}, {node}");
            assert_eq!(topology.cover_with(&[node]), [node], "seed {seed}, {node}");
        }
    }
    Ok(())
}

#[test]
fn no_initiator_and_unknown_initiators_are_refused() -> Outcome {
    let topology = Topology::ring(3)?;
    let none = topology.check_coverage(&[]).expect_err("no node would start");
    let text = "there is no initiator: name at least one node, or leave the choice to the \
                coordinator";
    assert_eq!(none, CoverageError::NoInitiators);
    assert_eq!(none.to_string(), text);

    let [known, unknown] = [1, 3].map(NodeId::new);
    let error = topology.check_coverage(&[known, unknown]).expect_err("there is no node 3");
    assert_eq!(error, CoverageError::UnknownNode { node: unknown, nodes: 3 });
    let text = "node 3 cannot be an initiator: the topology has 3 nodes, numbered from 0";
    assert_eq!(error.to_string(), text);

    let error = topology.check_coverage(&[NodeId::ENVIRONMENT]).expect_err("it is no node");
    let text = "the environment cannot be an initiator: the topology has 3 nodes, numbered from 0";
    assert_eq!(error.to_string(), text);
    Ok(())
}

#[test]
fn unreached_nodes_are_named() -> Outcome {
    let topology: Topology = "A -> B\nB -> C\nD -> C".parse()?;
    let error = topology.check_coverage(&[NodeId::new(1)]).expect_err("A and D have no way in");
    let text = "no initiator reaches node 0 (A), node 3 (D): add an initiator among them, or leave \
                the choice to the coordinator; where links were meant to lead both ways, \
                `Topology::with_reverse_links` adds those back";
    assert_eq!(error.to_string(), text);
    Ok(())
}

#[test]
fn at_most_ten_unreached_nodes_are_named() -> Outcome {
    let ten = "no initiator reaches node 0, node 1, node 2, node 3, node 4, node 5, node 6, \
               node 7, node 8, node 9";
    let to_do = ": add an initiator among them, or leave the choice to the coordinator; where links \
                 were meant to lead both ways, `Topology::with_reverse_links` adds those back";
    for (nodes, more) in [(11, ""), (12, " and 1 more"), (111, " and 100 more")] {
        let last = NodeId::new(nodes - 1);
        let topology = Topology::line(nodes as usize)?;
        let error = topology.check_coverage(&[last]).expect_err("the last node leads nowhere");
        assert_eq!(error.to_string(), format!("{ten}{more}{to_do}"));

        let CoverageError::Unreached { unreached, .. } = error else { panic!("{error}") };
        let all: BTreeSet<NodeId> = topology.nodes().filter(|&node| node != last).collect();
        assert_eq!(
            unreached.into_iter().map(|node| node.id).collect::<BTreeSet<_>>(),
            all,
            "none is left out"
        );
    }
    Ok(())
}

#[test]
fn a_line_of_a_million_nodes_does_not_overflow_a_small_stack() {
    const NODES: usize = 1_000_000;
    let check = || -> Outcome {
        let [first, last] = [0, NODES - 1].map(|index| NodeId::new(index as u32));
        let line = Topology::line(NODES)?;
        assert_eq!(line.covering_initiators(), [first]);
        assert_eq!(line.check_coverage(&[first]), Ok(()));

        let backwards = Topology::from_links(NODES, (1..NODES).map(|node| (node, node - 1)))?;
        assert_eq!(backwards.covering_initiators(), [last]);
        assert_eq!(backwards.cover_with(&[first]), [first, last]);
        Ok(())
    };
    let small = thread::Builder::new().stack_size(128 * 1024);
    let worker = small.spawn(check).expect("a thread can be started");
    worker.join().expect("the check does not panic").expect("the topologies are valid");
}
