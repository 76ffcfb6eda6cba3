//! Deadlocks: of requests between nodes, and of links that are full.

mod cause;
mod dot;
mod full_links;
mod joined;
mod reduction;
mod requests;
mod show;
mod stable;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::id::{LinkId, NodeId};
use crate::snapshot::GlobalSnapshot;
use crate::topology::Topology;

pub use cause::{DeadlockCause, Gone};
pub use full_links::find_deadlock_on_full_links;
pub use joined::find_deadlock_with_full_links;
pub use requests::{Request, find_deadlock};
pub use stable::{deadlocked, deadlocked_on_full_links, deadlocked_with_full_links};

/// The graph of waits in a snapshot: the nodes, the waits of each node, how many of these must be
/// granted before the node goes on, and which of them a message in flight grants.
///
/// A graph is made of requests by [`of_requests`](Self::of_requests), of full links by
/// [`of_full_links`](Self::of_full_links), and of both by
/// [`of_requests_and_full_links`](Self::of_requests_and_full_links).
#[derive(Clone, Debug)]
pub struct WaitForGraph {
    topology: Arc<Topology>,
    /// The waits of each node, by node.
    nodes: Vec<Waiter>,
}

/// A node and its waits.
#[derive(Clone, Debug, Default)]
struct Waiter {
    /// Why the node never grants anything, if it is gone. A node that is gone waits for nothing
    /// either.
    gone: Option<Gone>,
    /// How many of the waits have to be granted; zero if the node runs.
    needed: usize,
    /// The waits, sorted by the node that is waited for. Each such node is there once.
    waits: Vec<Wait>,
}

#[derive(Clone, Copy, Debug)]
struct Wait {
    whom: NodeId,
    /// The link on which there is no room, if the node waits for room.
    link: Option<LinkId>,
    /// Whether a message in flight grants the wait.
    is_granted: bool,
}

impl WaitForGraph {
    /// A graph in which no node waits.
    fn of_running<S, M>(snapshot: &GlobalSnapshot<S, M>) -> Self {
        let topology = Arc::clone(snapshot.topology());
        let mut nodes = vec![Waiter::default(); topology.node_count()];
        for failure in snapshot.failures() {
            nodes[failure.node.id.index()].gone = Some(Gone::Failed);
        }
        for (node, _) in snapshot.states().filter(|&(node, _)| snapshot.is_stopped(node)) {
            nodes[node.index()].gone = Some(Gone::Stopped);
        }
        WaitForGraph { topology, nodes }
    }

    /// The deadlock of this graph; `None` if there is none.
    #[must_use]
    pub fn deadlock(&self) -> Option<Deadlock> {
        self.clone().into_deadlock()
    }

    fn into_deadlock(self) -> Option<Deadlock> {
        let nodes = self.stuck();
        if nodes.is_empty() {
            return None;
        }
        let causes = self.causes(&nodes);
        Some(Deadlock { nodes, causes, graph: self })
    }

    /// A drawing for Graphviz: the nodes that wait or are waited for, with a line for each wait.
    /// The line is broken if a message in flight grants the wait. The nodes of a deadlock are
    /// filled, and its cycles are bold.
    #[must_use]
    pub fn to_dot(&self) -> String {
        match self.deadlock() {
            Some(deadlock) => deadlock.to_dot(),
            None => dot::draw(self, &BTreeSet::new(), &BTreeSet::new()),
        }
    }

    fn waiters(&self) -> impl Iterator<Item = (NodeId, &Waiter)> {
        self.topology.nodes().zip(&self.nodes)
    }

    fn waits_of(&self, node: NodeId) -> &[Wait] {
        self.nodes.get(node.index()).map_or(&[], |waiter| &waiter.waits)
    }

    /// Why a node, in the topology or not, never grants anything; `None` for a node that goes on.
    fn gone(&self, node: NodeId) -> Option<Gone> {
        if node == NodeId::ENVIRONMENT {
            return None;
        }
        self.nodes.get(node.index()).map_or(Some(Gone::Unknown), |waiter| waiter.gone)
    }
}

/// Nodes that will never get what they wait for.
///
/// `Display` describes the deadlock in a sentence: `deadlock of 2 nodes: node 0 waits for node 1,
/// node 1 waits for node 0`.
#[derive(Clone, Debug)]
pub struct Deadlock {
    nodes: Vec<NodeId>,
    causes: Vec<DeadlockCause>,
    graph: WaitForGraph,
}

impl Deadlock {
    /// All nodes that wait in vain, by id: the nodes that wait for each other, and the nodes that
    /// wait for them.
    #[must_use]
    pub fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// Whether a node waits in vain.
    #[must_use]
    pub fn contains(&self, node: NodeId) -> bool {
        self.nodes.binary_search(&node).is_ok()
    }

    /// The causes that keep the nodes from going on: knots, other cycles, nodes that are gone, and
    /// requests that ask for too much. There is at least one cause.
    #[must_use]
    pub fn causes(&self) -> &[DeadlockCause] {
        &self.causes
    }

    /// The nodes of the first knot: all of them can reach each other by waits in vain, and no such
    /// wait leads out of the knot. `None` if all waits in vain lead to nodes that are gone or to
    /// requests for too much.
    #[must_use]
    pub fn knot(&self) -> Option<&[NodeId]> {
        self.causes.iter().find_map(|cause| match cause {
            DeadlockCause::Knot { nodes, .. } => Some(&nodes[..]),
            _ => None,
        })
    }

    /// The first cycle, in a knot if there is a knot: each node waits for the next, and the last
    /// node for the first.
    #[must_use]
    pub fn cycle(&self) -> Option<&[NodeId]> {
        self.causes.iter().find_map(|cause| match cause {
            DeadlockCause::Knot { cycle, .. } | DeadlockCause::Cycle { cycle } => Some(&cycle[..]),
            _ => None,
        })
    }

    /// The wait-for graph for Graphviz, as [`WaitForGraph::to_dot`] draws it.
    #[must_use]
    pub fn to_dot(&self) -> String {
        let mut on_cycles = BTreeSet::new();
        for cause in &self.causes {
            if let DeadlockCause::Knot { cycle, .. } | DeadlockCause::Cycle { cycle } = cause {
                on_cycles.extend(steps(cycle));
            }
        }
        dot::draw(&self.graph, &self.nodes.iter().copied().collect(), &on_cycles)
    }
}

/// Pairs of each node of a cycle and the next node.
fn steps(cycle: &[NodeId]) -> impl Iterator<Item = (NodeId, NodeId)> {
    cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1))
}
