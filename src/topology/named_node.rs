//! Nodes and links with their names, as errors mention them.

use std::fmt;

use super::table::Topology;
use crate::id::{LinkId, NodeId};
use crate::topology::Link;

/// A node and its name. It prints as `node 3 (Seattle)`, or `node 3` if it has no name, and can be
/// compared with a [`NodeId`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedNode {
    /// The node.
    pub id: NodeId,
    /// The node's name, if the topology has names.
    pub name: Option<Box<str>>,
}

/// A link of a topology, and the names of its ends. It prints as
/// `link 5 from node 0 (A) to node 1 (B)`, or as `environment link of node 1 (B)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamedLink {
    /// The link.
    pub id: LinkId,
    /// The node that sends on the link; [`NodeId::ENVIRONMENT`] for an environment link.
    pub source: NamedNode,
    /// The node that receives from the link.
    pub target: NamedNode,
}

impl Topology {
    /// A node with its name.
    #[must_use]
    pub fn named(&self, node: NodeId) -> NamedNode {
        NamedNode { id: node, name: self.name(node).map(Box::from) }
    }

    /// A link with the names of its ends.
    #[must_use]
    pub fn named_link(&self, link: Link) -> NamedLink {
        let (source, target) = (self.named(link.source), self.named(link.target));
        NamedLink { id: link.id, source, target }
    }
}

/// A node without a name.
impl From<NodeId> for NamedNode {
    fn from(id: NodeId) -> NamedNode {
        NamedNode { id, name: None }
    }
}

impl PartialEq<NodeId> for NamedNode {
    fn eq(&self, id: &NodeId) -> bool {
        self.id == *id
    }
}

impl PartialEq<LinkId> for NamedLink {
    fn eq(&self, id: &LinkId) -> bool {
        self.id == *id
    }
}

impl fmt::Display for NamedNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} ({name})", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

impl fmt::Display for NamedLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NamedLink { id, source, target } = self;
        match *source == NodeId::ENVIRONMENT {
            true => write!(f, "environment link of {target}"),
            false => write!(f, "{id} from {source} to {target}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NamedNode;
    use crate::id::LinkId;
    use crate::topology::Topology;

    #[test]
    fn nodes_and_links_print_with_the_names_they_have() {
        let named = Topology::from_named_links([("Ann", "Bob")]).expect("two names");
        let link = named.link(LinkId::new(0)).expect("there is one");
        assert_eq!(named.named_link(link).to_string(), "link 0 from node 0 (Ann) to node 1 (Bob)");
        let from_outside = named.environment_link(link.target).expect("each node has one");
        let in_words = named.named_link(from_outside).to_string();
        assert_eq!(in_words, "environment link of node 1 (Bob)");
        let plain = Topology::line(2).expect("two nodes");
        assert_eq!(plain.named_link(link).to_string(), "link 0 from node 0 to node 1");
        assert_eq!(plain.named(link.source), NamedNode::from(link.source));
        assert!(plain.named(link.source) == link.source && plain.named(link.source) != link.target);
    }
}
