//! One link and its two ends.

use std::fmt;

use crate::id::{LinkId, NodeId};

/// A directed FIFO link of a [`Topology`](super::Topology), with its number and both ends.
///
/// ```
/// use consistent_cut::{LinkId, Topology};
///
/// let ring = Topology::ring(3)?;
/// let last = ring.link(LinkId::new(2)).expect("a ring of 3 has 3 links");
/// assert_eq!(last.to_string(), "node 2 -> node 0 (link 2)");
/// # Ok::<(), consistent_cut::TopologyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Link {
    /// The link's number, unique within its topology.
    pub id: LinkId,
    /// The node that sends on the link; [`NodeId::ENVIRONMENT`] for an environment link.
    pub source: NodeId,
    /// The node that receives from the link.
    pub target: NodeId,
}

impl From<Link> for LinkId {
    fn from(link: Link) -> LinkId {
        link.id
    }
}

impl From<&Link> for LinkId {
    fn from(link: &Link) -> LinkId {
        link.id
    }
}

impl Link {
    /// Whether messages on this link come from outside the system.
    #[must_use]
    pub fn is_environment(&self) -> bool {
        self.source == NodeId::ENVIRONMENT
    }

    /// Whether the link leads from a node back to the same node.
    #[must_use]
    pub fn is_self_link(&self) -> bool {
        self.source == self.target
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} ({})", self.source, self.target, self.id)
    }
}
