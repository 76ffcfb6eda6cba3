//! The limits of the numbers of nodes and links.

use super::error::TopologyError;
use crate::id::NodeId;

/// The most nodes, and the most links, of a topology. There are four times as many numbers, so that
/// environment links and [`NodeId::ENVIRONMENT`] have numbers above these.
pub(super) const LIMIT: usize = (u32::MAX / 4) as usize;

/// Refuses a topology without nodes, or with more nodes than can be numbered.
pub(super) fn check_node_count(nodes: usize) -> Result<(), TopologyError> {
    match nodes {
        0 => Err(TopologyError::NoNodes),
        1..=LIMIT => Ok(()),
        _ => Err(TopologyError::TooLarge { what: "nodes" }),
    }
}

/// Refuses more links than can be numbered; `None` stands for a number too large for `usize`.
pub(super) fn check_link_count(links: Option<usize>) -> Result<(), TopologyError> {
    match links {
        Some(0..=LIMIT) => Ok(()),
        _ => Err(TopologyError::TooLarge { what: "links" }),
    }
}

/// The node with this number, which the caller knows to be at most [`LIMIT`].
pub(super) fn node(index: usize) -> NodeId {
    debug_assert!(index <= LIMIT);
    NodeId::new(index as u32)
}
