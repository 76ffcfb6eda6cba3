//! Which nodes are at work.

use crate::id::NodeId;
use crate::topology::Topology;

/// The nodes that still handle something: neither stopped nor down.
#[derive(Debug)]
pub(super) struct Roll {
    is_at_work: Vec<bool>,
    at_work: usize,
}

impl Roll {
    pub(super) fn new(topology: &Topology) -> Self {
        let nodes = topology.node_count();
        Roll { is_at_work: vec![true; nodes], at_work: nodes }
    }

    /// A node has stopped, or is down.
    pub(super) fn stopped(&mut self, node: NodeId) {
        if std::mem::take(&mut self.is_at_work[node.index()]) {
            self.at_work -= 1;
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.at_work == 0
    }

    /// Those of whom it is not known that they have stopped.
    pub(super) fn at_work(&self) -> Vec<NodeId> {
        let nodes = self.is_at_work.iter().enumerate().filter(|&(_, at_work)| *at_work);
        nodes.map(|(index, _)| NodeId::new(index as u32)).collect()
    }
}
