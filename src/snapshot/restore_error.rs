//! Why nodes do not go on from a snapshot.

use thiserror::Error;

use crate::driver::{NodeFailure, SpawnError};
use crate::id::NodeId;
use crate::topology::counted;

/// The reason why a system did not go on from a snapshot. Nothing was started.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The topology has more nodes than the snapshot, or fewer.
    #[error(
        "the snapshot is of {}, and the topology has {given}: restore it into the topology it was taken of",
        counted(*.recorded, "node")
    )]
    OtherNodes {
        /// How many nodes the snapshot has.
        recorded: usize,
        /// How many nodes the topology has.
        given: usize,
    },
    /// A link has other ends in the topology than in the snapshot.
    #[error(
        "the snapshot has {recorded}, and the topology {given}: restore it into the topology it was taken of"
    )]
    OtherLink {
        /// The link in the snapshot, in words.
        recorded: String,
        /// The link of that number in the topology, in words.
        given: String,
    },
    /// A node has another name, so it would get the state of another node. A topology without names
    /// fits by number.
    #[error(
        "{node} is named {recorded:?} in the snapshot and {given:?} in the topology{}: each node would get the state of another node; \
         restore it into a topology with the same numbers for the same names, or one without names", and_others(*others)
    )]
    OtherName {
        /// The first such node.
        node: NodeId,
        /// The node's name in the snapshot.
        recorded: String,
        /// The node's name in the topology.
        given: String,
        /// How many more nodes have other names.
        others: usize,
    },
    /// The snapshot was taken without a node, so that node has no state to go on from.
    #[error("the snapshot was taken without {}: restore from a snapshot in which every node takes part, or give the node a state by GlobalSnapshot::edit", .failure.as_subject())]
    NodeFailed {
        /// The node and its panic message.
        failure: NodeFailure,
    },
    /// The snapshot has no such node.
    #[error("{node} is not in the snapshot, which has {}", counted(*.nodes, "node"))]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// The system could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

fn and_others(others: usize) -> String {
    match others {
        0 => String::new(),
        1 => ", and 1 more node has another name".to_owned(),
        others => format!(", and {others} more nodes have other names"),
    }
}
