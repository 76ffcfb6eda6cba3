//! The failed nodes, which snapshots leave out.

use std::collections::BTreeSet;

use super::link::Link;
use crate::id::NodeId;

/// Nodes that have failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Failed(BTreeSet<NodeId>);

impl Failed {
    pub(crate) const fn none() -> Self {
        Failed(BTreeSet::new())
    }

    pub(crate) fn insert(&mut self, node: NodeId) -> bool {
        self.0.insert(node)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, node: NodeId) -> bool {
        self.0.contains(&node)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn touches(&self, link: Link) -> bool {
        self.contains(link.source) || self.contains(link.target)
    }
}
