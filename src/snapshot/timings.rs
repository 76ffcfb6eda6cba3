//! The times at which the parts of a snapshot were recorded.

use std::time::Duration;

use crate::id::NodeId;

/// The times at which the parts of a snapshot were recorded. Times count from the system's start.
/// They are measured on the machine's monotonic clock, and the algorithm does not use them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timings {
    pub(crate) began: Duration,
    pub(crate) nodes: Vec<NodeTiming>,
    pub(crate) ended: Duration,
}

/// The times of one node's part in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeTiming {
    /// The node.
    pub node: NodeId,
    /// From the snapshot's beginning until the node had recorded its state. This is the time that
    /// the first marker travelled, and the rest of the handler that was running when it came.
    pub start_delay: Duration,
    /// From the recording of the node's state until the last of its in-links was closed: the time
    /// in which messages were copied.
    pub marker_span: Duration,
    /// How many messages were recorded on the node's in-links, its environment link included.
    pub messages: usize,
}

impl Timings {
    /// The times of a snapshot that began at `began`. The nodes are in the order of their numbers.
    /// The last part was recorded at `ended`.
    #[must_use]
    pub fn new(began: Duration, nodes: Vec<NodeTiming>, ended: Duration) -> Self {
        Timings { began, nodes, ended }
    }

    /// The time at which the snapshot began.
    #[must_use]
    pub fn began(&self) -> Duration {
        self.began
    }

    /// Each node's part, by node. Nodes that had failed have no part.
    #[must_use]
    pub fn nodes(&self) -> &[NodeTiming] {
        &self.nodes
    }

    /// The time at which the snapshot's last part was recorded.
    #[must_use]
    pub fn ended(&self) -> Duration {
        self.ended
    }

    /// The time from the snapshot's beginning to its last part.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.ended.saturating_sub(self.began)
    }
}
