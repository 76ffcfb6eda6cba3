//! One step of a simulated system.

use std::fmt;

use thiserror::Error;

use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::counted;

/// Something that can happen next. The driver of the simulation chooses among the possible steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Step {
    /// The first envelope on a link arrives. A marker is handled by the
    /// [policy](crate::MarkerPolicy). A message waits at the node, and counts as on its link until
    /// it is handled.
    Deliver(LinkId),
    /// The first marker that travels back on a link with a capacity arrives at the link's sender.
    Return(LinkId),
    /// A node handles the first message that waits there.
    Handle(NodeId),
    /// A node's next timer fires.
    Fire(NodeId),
    /// A node that was asked to be an initiator of a snapshot records and sends markers.
    Initiate(NodeId, SnapshotId),
    /// A node stops waiting for messages that belong to a snapshot by their time
    /// ([`PhysicalTime`](super::PhysicalTime) alone).
    Close(NodeId, SnapshotId),
}

impl Step {
    /// The node and the snapshot, if the step belongs to a snapshot.
    pub(super) fn of_snapshot(self) -> Option<(NodeId, SnapshotId)> {
        match self {
            Step::Initiate(node, snapshot) | Step::Close(node, snapshot) => Some((node, snapshot)),
            Step::Deliver(_) | Step::Return(_) | Step::Handle(_) | Step::Fire(_) => None,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Deliver(link) => write!(f, "deliver {link}"),
            Step::Return(link) => write!(f, "return {link}"),
            Step::Handle(node) => write!(f, "handle {node}"),
            Step::Fire(node) => write!(f, "fire {node}"),
            Step::Initiate(node, snapshot) => write!(f, "initiate {node} {snapshot}"),
            Step::Close(node, snapshot) => write!(f, "close {node} {snapshot}"),
        }
    }
}

/// A step was chosen that is not possible now. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is not possible now: choose one of Simulation::enabled")]
pub struct NotEnabled(pub Step);

/// A node was named that is not in the topology. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{node} is not in the topology, which has {}: name one of these", counted(*.nodes, "node"))]
pub struct UnknownNode {
    /// The node.
    pub node: NodeId,
    /// How many nodes there are.
    pub nodes: usize,
}
