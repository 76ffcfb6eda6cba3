//! A node that has panicked.

use std::fmt;

use crate::topology::NamedNode;

/// A node that has panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NodeFailure {
    /// The node.
    pub node: NamedNode,
    /// The panic message of the node.
    pub panic: String,
}

impl NodeFailure {
    pub(crate) fn as_subject(&self) -> String {
        format!("{}, which panicked ({})", self.node, self.panic)
    }
}

impl fmt::Display for NodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} panicked: {}", self.node, self.panic)
    }
}
