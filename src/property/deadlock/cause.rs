//! What keeps the nodes of a deadlock from going on.

use std::collections::{BTreeMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Wait, WaitForGraph};
use crate::id::NodeId;

/// One thing that has to change for a deadlock to be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadlockCause {
    /// Nodes that wait for each other and, in vain, for nobody else: a knot of the wait-for graph.
    Knot {
        /// All of them, by id.
        nodes: Vec<NodeId>,
        /// A cycle among them, from the lowest id: each waits for the next, and the last for the first.
        cycle: Vec<NodeId>,
    },
    /// A node that will never grant anything is waited for.
    Gone {
        /// The node.
        node: NodeId,
        /// Why it grants nothing.
        why: Gone,
        /// Those that wait for it, by id.
        waiting: Vec<NodeId>,
    },
    /// A node needs more grants than it waits for.
    TooFew {
        /// The node.
        node: NodeId,
        /// How many it needs.
        needed: usize,
        /// For how many it waits.
        of: usize,
    },
}

/// Why a node never grants anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// It has stopped.
    Stopped,
    /// It is down.
    Down,
    /// It is not in the topology.
    Unknown,
}

impl WaitForGraph {
    /// The causes of a deadlock of these nodes, which are all that are stuck. Knots come first, then nodes that are gone, then requests for too
    /// much, each by id.
    pub(super) fn causes(&self, stuck: &[NodeId]) -> Vec<DeadlockCause> {
        let mut causes = self.knots(stuck);
        causes.extend(self.waits_for_gone(stuck));
        causes.extend(stuck.iter().filter_map(|&node| self.asks_too_much(node)));
        causes
    }

    /// The waits of a stuck node that will never be granted.
    fn in_vain<'a>(
        &'a self,
        node: NodeId,
        stuck: &'a [NodeId],
    ) -> impl Iterator<Item = NodeId> + 'a {
        let is_in_vain = move |wait: &&Wait| {
            let is_stuck = stuck.binary_search(&wait.whom).is_ok();
            !wait.is_certain() && (is_stuck || self.gone(wait.whom).is_some())
        };
        self.waits_of(node).iter().filter(is_in_vain).map(|wait| wait.whom)
    }

    /// The components of the waits in vain that are knots.
    fn knots(&self, stuck: &[NodeId]) -> Vec<DeadlockCause> {
        let (graph, leads_away) = self.in_vain_among(stuck);
        let mut knots = Vec::new();
        // Kosaraju's algorithm, because petgraph's Tarjan recurses and a long line is deep.
        for mut component in kosaraju_scc(&graph) {
            component.sort_unstable();
            if is_knot(&component, &graph, &leads_away) {
                knots.push(component.iter().map(|node| stuck[node.index()]).collect::<Vec<_>>());
            }
        }
        knots.sort_unstable();
        let knot = |nodes: Vec<NodeId>| {
            let cycle = self.cycle_in(&nodes);
            DeadlockCause::Knot { nodes, cycle }
        };
        knots.into_iter().map(knot).collect()
    }

    /// The waits in vain between stuck nodes, which are numbered by their places; and of each of these whether it waits for a node that is
    /// gone too.
    fn in_vain_among(&self, stuck: &[NodeId]) -> (DiGraph<(), ()>, Vec<bool>) {
        let mut graph = DiGraph::with_capacity(stuck.len(), stuck.len());
        let places: Vec<_> = stuck.iter().map(|_| graph.add_node(())).collect();
        let mut leads_away = vec![false; stuck.len()];
        for (&node, &from) in stuck.iter().zip(&places) {
            for whom in self.in_vain(node, stuck) {
                let Ok(place) = stuck.binary_search(&whom) else {
                    leads_away[from.index()] = true;
                    continue;
                };
                graph.add_edge(from, places[place], ());
            }
        }
        (graph, leads_away)
    }

    /// A shortest cycle through the first node of a knot, in which every node is on one.
    fn cycle_in(&self, knot: &[NodeId]) -> Vec<NodeId> {
        let first = knot[0];
        let mut reached_from: BTreeMap<NodeId, NodeId> = BTreeMap::new();
        let mut open = VecDeque::from([first]);
        while let Some(node) = open.pop_front() {
            for whom in self.in_vain(node, knot) {
                if whom == first {
                    let mut cycle = vec![node];
                    while let Some(&before) = reached_from.get(&cycle[cycle.len() - 1]) {
                        cycle.push(before);
                    }
                    cycle.reverse();
                    return cycle;
                }
                reached_from.entry(whom).or_insert_with(|| {
                    open.push_back(whom);
                    node
                });
            }
        }
        // In a knot the first node is on a cycle.
        vec![first]
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

/// Whether no wait leads away from a component, which is in order, and one stays within. Where none does, a request asks for too much.
fn is_knot(component: &[NodeIndex], graph: &DiGraph<(), ()>, leads_away: &[bool]) -> bool {
    let stays = |&node: &NodeIndex| {
        let mut waits = graph.neighbors(node);
        !leads_away[node.index()] && waits.all(|to| component.binary_search(&to).is_ok())
    };
    component.iter().all(stays)
        && component.iter().any(|&node| graph.neighbors(node).next().is_some())
}
