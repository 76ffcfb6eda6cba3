//! Why a node was not stopped.

use thiserror::Error;

use super::ending::Ending;
use crate::id::NodeId;
use crate::topology::NamedNode;

/// The reason why a node was not stopped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StopError {
    /// The topology has no such node.
    #[error("{node} is not in the topology, which has {nodes} nodes: stop one of these")]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// The node has ended.
    #[error("{node} cannot be stopped: {why}")]
    Ended {
        /// The node asked for.
        node: NamedNode,
        /// The reason.
        why: Ending,
    },
}
