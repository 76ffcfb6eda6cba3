//! When the parts of a snapshot were recorded.

use std::time::Duration;

use crate::id::NodeId;

/// When the parts of a snapshot were recorded. Times count from the system's start; they are
/// measured on the machine's monotonic clock and decide nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    pub(crate) began: Duration,
    pub(crate) nodes: Vec<NodeTiming>,
    pub(crate) ended: Duration,
}

/// One node's part in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeTiming {
    /// The node.
    pub node: NodeId,
    /// From the snapshot's beginning until the node had recorded its state: the way of the first
    /// marker, and the rest of the handler that was running when it came.
    pub start_delay: Duration,
    /// From then until the last of its in-links was closed: the time in which messages were copied.
    pub marker_span: Duration,
    /// How many messages were recorded on its in-links, its environment link included.
    pub messages: usize,
}

impl Timings {
    /// When the snapshot began.
    #[must_use]
    pub fn began(&self) -> Duration {
        self.began
    }

    /// Each node's part, by node. Nodes that had failed have no part.
    #[must_use]
    pub fn nodes(&self) -> &[NodeTiming] {
        &self.nodes
    }

    /// When its last part was recorded.
    #[must_use]
    pub fn ended(&self) -> Duration {
        self.ended
    }

    /// From its beginning to its last part.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }
}
