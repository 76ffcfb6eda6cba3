//! The causes that keep the nodes of a deadlock from going on.

use std::collections::{BTreeMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::WaitForGraph;
use crate::id::NodeId;

/// A cause that keeps nodes of a deadlock from going on.
///
/// A knot and a request for too much are deadlocks by themselves: whatever changes elsewhere, their
/// nodes stay stuck. A cycle, or a wait for a node that is gone, is a deadlock by itself if
/// requests are for all nodes. A node that needs fewer grants than it waits for may get them from
/// other nodes, so such a cycle or wait may be over when something else changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadlockCause {
    /// Nodes that wait for each other and, in vain, for no other node: a knot of the wait-for
    /// graph.
    Knot {
        /// All nodes of the knot, by id.
        nodes: Vec<NodeId>,
        /// A cycle among them, from the lowest id: each node waits for the next, and the last node
        /// for the first.
        cycle: Vec<NodeId>,
    },
    /// Nodes that wait for each other, of which some wait in vain for other nodes too. If requests
    /// are for all nodes, it is not enough that the other nodes go on. If requests are for fewer,
    /// it may be enough.
    Cycle {
        /// A cycle among them, from the lowest id.
        cycle: Vec<NodeId>,
    },
    /// Nodes wait for a node that will never grant anything.
    Gone {
        /// The node.
        node: NodeId,
        /// Why the node grants nothing.
        why: Gone,
        /// The nodes that wait for it, by id.
        waiting: Vec<NodeId>,
    },
    /// A node needs more grants than it waits for.
    TooFew {
        /// The node.
        node: NodeId,
        /// How many grants it needs.
        needed: usize,
        /// How many nodes it waits for.
        of: usize,
    },
}

/// Why a node never grants anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The node has stopped.
    Stopped,
    /// The node has failed.
    Failed,
    /// The node is not in the topology.
    Unknown,
}

impl WaitForGraph {
    /// The causes of a deadlock of these nodes, which are all the stuck nodes. Knots come first,
    /// then other cycles, nodes that are gone, and requests for too much. Each kind is ordered by
    /// id.
    pub(super) fn causes(&self, stuck: &[NodeId]) -> Vec<DeadlockCause> {
        let mut causes = InVain::of(self, stuck).cycles();
        causes.extend(self.waits_for_gone(stuck));
        causes.extend(stuck.iter().filter_map(|&node| self.asks_too_much(node)));
        causes
    }

    fn waits_for_gone(&self, stuck: &[NodeId]) -> impl Iterator<Item = DeadlockCause> {
        let mut waiting: BTreeMap<NodeId, (Gone, Vec<NodeId>)> = BTreeMap::new();
        for &node in stuck {
            for wait in self.waits_of(node).iter().filter(|wait| !wait.is_certain()) {
                if let Some(why) = self.gone(wait.whom) {
                    waiting.entry(wait.whom).or_insert((why, Vec::new())).1.push(node);
                }
            }
        }
        let cause = |(node, (why, waiting))| DeadlockCause::Gone { node, why, waiting };
        waiting.into_iter().map(cause)
    }

    fn asks_too_much(&self, node: NodeId) -> Option<DeadlockCause> {
        let waiter = &self.nodes[node.index()];
        let (needed, of) = (waiter.needed, waiter.waits.len());
        (needed > of).then_some(DeadlockCause::TooFew { node, needed, of })
    }
}

/// The waits between stuck nodes that no message in flight grants.
struct InVain<'a> {
    /// The nodes by their numbers in the graph.
    stuck: &'a [NodeId],
    graph: DiGraph<(), ()>,
    /// For each node, whether it also waits for a node that is gone.
    waits_for_gone: Vec<bool>,
}

impl<'a> InVain<'a> {
    fn of(waits: &WaitForGraph, stuck: &'a [NodeId]) -> Self {
        let mut graph = DiGraph::with_capacity(stuck.len(), stuck.len());
        let mut places = vec![None; waits.nodes.len()];
        stuck.iter().for_each(|node| places[node.index()] = Some(graph.add_node(())));
        let mut waits_for_gone = vec![false; stuck.len()];
        for (index, &node) in stuck.iter().enumerate() {
            // petgraph returns the edge that was added last first.
            for wait in waits.waits_of(node).iter().rev().filter(|wait| !wait.is_certain()) {
                waits_for_gone[index] |= waits.gone(wait.whom).is_some();
                if let Some(&Some(place)) = places.get(wait.whom.index()) {
                    graph.add_edge(NodeIndex::new(index), place, ());
                }
            }
        }
        InVain { stuck, graph, waits_for_gone }
    }

    /// Knots, and behind them cycles that are in no knot.
    fn cycles(&self) -> Vec<DeadlockCause> {
        // Kosaraju's algorithm, because petgraph's Tarjan recurses and a long line is deep.
        let mut components = kosaraju_scc(&self.graph);
        let mut component_of = vec![0; self.stuck.len()];
        for (index, component) in components.iter_mut().enumerate() {
            component.sort_unstable();
            component.iter().for_each(|node| component_of[node.index()] = index);
        }
        components.sort_unstable();
        let mut reached_from = vec![None; self.stuck.len()];
        let (mut knots, mut cycles) = (Vec::new(), Vec::new());
        for component in &components {
            let Some(cycle) = self.cycle_through(component[0], &component_of, &mut reached_from)
            else {
                continue;
            };
            let [nodes, cycle] = [component, &cycle]
                .map(|places| places.iter().map(|place| self.stuck[place.index()]).collect());
            if self.is_closed(component, &component_of) {
                knots.push(DeadlockCause::Knot { nodes, cycle });
            } else {
                cycles.push(DeadlockCause::Cycle { cycle });
            }
        }
        knots.append(&mut cycles);
        knots
    }

    /// Whether no wait leads out of a component.
    fn is_closed(&self, component: &[NodeIndex], component_of: &[usize]) -> bool {
        let own = component_of[component[0].index()];
        let stays = |&node: &NodeIndex| {
            let mut waits = self.graph.neighbors(node);
            !self.waits_for_gone[node.index()] && waits.all(|to| component_of[to.index()] == own)
        };
        component.iter().all(stays)
    }

    /// A shortest cycle through a node within its component; `None` if the node is on no cycle.
    /// `reached_from` must have no entry for a node of this component yet.
    fn cycle_through(
        &self,
        first: NodeIndex,
        component_of: &[usize],
        reached_from: &mut [Option<NodeIndex>],
    ) -> Option<Vec<NodeIndex>> {
        let is_within =
            |node: &NodeIndex| component_of[node.index()] == component_of[first.index()];
        let mut open = VecDeque::from([first]);
        while let Some(node) = open.pop_front() {
            for next in self.graph.neighbors(node).filter(is_within) {
                if next == first {
                    return Some(path(node, reached_from));
                }
                if reached_from[next.index()].is_none() {
                    reached_from[next.index()] = Some(node);
                    open.push_back(next);
                }
            }
        }
        None
    }
}

/// The path to a node, from the node where the path begins.
fn path(to: NodeIndex, reached_from: &[Option<NodeIndex>]) -> Vec<NodeIndex> {
    let mut path: Vec<_> =
        std::iter::successors(Some(to), |node| reached_from[node.index()]).collect();
    path.reverse();
    path
}
