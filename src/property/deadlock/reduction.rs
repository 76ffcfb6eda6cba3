//! Reduces a wait-for graph by all nodes that may go on: the nodes that are left are stuck.

use super::{Wait, WaitForGraph, Waiter};
use crate::id::NodeId;

impl WaitForGraph {
    /// The nodes that will never get what they wait for, by id: the greatest set in which no node
    /// gets enough from outside the set.
    ///
    /// The time is linear in nodes and waits: each node becomes able once, and each wait is counted
    /// down at most once.
    pub(super) fn stuck(&self) -> Vec<NodeId> {
        let askers = self.askers();
        let mut outstanding: Vec<usize> = self.nodes.iter().map(Waiter::outstanding).collect();
        let mut able: Vec<NodeId> = self.topology.nodes().collect();
        able.retain(|node| self.gone(*node).is_none() && outstanding[node.index()] == 0);
        while let Some(node) = able.pop() {
            for &asker in &askers[node.index()] {
                // A node that has enough was able before, and a node that is gone waits for
                // nothing.
                let left = &mut outstanding[asker.index()];
                if *left == 1 {
                    able.push(asker);
                }
                *left = left.saturating_sub(1);
            }
        }
        let mut stuck: Vec<NodeId> = self.topology.nodes().collect();
        stuck.retain(|node| outstanding[node.index()] > 0);
        stuck
    }

    /// For each node, the nodes that wait for it and have no grant of it in flight.
    fn askers(&self) -> Vec<Vec<NodeId>> {
        let mut askers = vec![Vec::new(); self.nodes.len()];
        for (node, waiter) in self.waiters() {
            for wait in waiter.waits.iter().filter(|wait| !wait.is_certain()) {
                if let Some(askers) = askers.get_mut(wait.whom.index()) {
                    askers.push(node);
                }
            }
        }
        askers
    }
}

impl Waiter {
    /// How many grants are yet to be sent.
    fn outstanding(&self) -> usize {
        let certain = self.waits.iter().filter(|wait| wait.is_certain()).count();
        self.needed.saturating_sub(certain)
    }
}

impl Wait {
    /// Whether the grant counts as certain: it is in flight, or it may come from outside, of which
    /// the snapshot knows nothing.
    pub(super) fn is_certain(&self) -> bool {
        self.is_granted || self.whom == NodeId::ENVIRONMENT
    }
}
