//! Names of nodes: looked up, given by name, shown in texts and in errors.

use std::collections::HashMap;
use std::fmt;

use super::error::{LIMIT, TopologyError, check_link_count, node};
use super::topology::Topology;
use super::words::is_name;
use crate::id::{LinkId, NodeId};
use crate::topology::Link;

/// The most nodes or links that a text names.
const NAMED: usize = 10;

/// A name for every node. All names differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    by_node: Box<[String]>,
    /// The nodes in the order of their names, for binary search.
    by_name: Box<[NodeId]>,
}

impl Names {
    pub(super) fn find(&self, name: &str) -> Option<NodeId> {
        let Names { by_node, by_name } = self;
        let place = by_name.binary_search_by_key(&name, |node| &by_node[node.index()]).ok()?;
        Some(by_name[place])
    }

    /// The names by node.
    #[cfg(feature = "serde")]
    pub(super) fn by_node(&self) -> &[String] {
        &self.by_node
    }

    /// Names node `i` by `names[i]`. There are at most [`LIMIT`](super::error::LIMIT) names. Names
    /// must differ, since the search by name depends on it; equal names are an error.
    pub(super) fn new(names: Vec<String>) -> Result<Names, TopologyError> {
        if let Some(name) = names.iter().find(|name| !is_name(name)) {
            return Err(TopologyError::InvalidName { name: name.clone() });
        }
        let mut by_name: Vec<NodeId> = (0..names.len()).map(node).collect();
        by_name.sort_by_key(|node| (&names[node.index()], *node));
        let same = by_name.windows(2).find(|pair| names[pair[0].index()] == names[pair[1].index()]);
        if let Some(&[first, second]) = same {
            let name = names[first.index()].clone();
            return Err(TopologyError::DuplicateName { name, first, second });
        }
        Ok(Names { by_node: names.into(), by_name: by_name.into() })
    }
}

impl Topology {
    /// The name of a node; `None` if the topology has no names or no such node.
    #[must_use]
    pub fn name(&self, node: NodeId) -> Option<&str> {
        self.names.as_ref()?.by_node.get(node.index()).map(String::as_str)
    }

    /// The node with this name. Logarithmic in the number of nodes.
    #[must_use]
    pub fn node_named(&self, name: &str) -> Option<NodeId> {
        self.names.as_ref()?.find(name)
    }

    /// The link from one named node to another; of parallel links the lowest-numbered. Logarithmic
    /// in the number of nodes and in the links of the first.
    ///
    /// ```
    /// # use consistent_cut::Topology;
    /// let topology = Topology::from_named_links([("Oslo", "Rome"), ("Rome", "Oslo")])?;
    /// let back = topology.link_named("Rome", "Oslo").expect("there is a link back");
    /// assert_eq!(topology.describe_link(back.id), "link 1 from node 1 (Rome) to node 0 (Oslo)");
    /// assert_eq!(topology.link_named("Oslo", "Paris"), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn link_named(&self, source: &str, target: &str) -> Option<Link> {
        self.link_between(self.node_named(source)?, self.node_named(target)?)
    }

    /// A short text for a node in a picture or a table: its name, or its number if it has no name.
    #[must_use]
    pub fn label(&self, node: NodeId) -> String {
        match self.name(node) {
            Some(name) => name.to_owned(),
            None if node == NodeId::ENVIRONMENT => "environment".to_owned(),
            None => node.index().to_string(),
        }
    }

    /// A node for a message to a person: `node 3 (Seattle)`, or `node 3` if it has no name.
    #[must_use]
    pub fn describe(&self, node: NodeId) -> String {
        self.named(node).to_string()
    }

    /// A link for a message to a person: `link 5 from node 0 (A) to node 1 (B)`, or
    /// `environment link of node 3 (C)`. An unknown link is given by its number.
    #[must_use]
    pub fn describe_link(&self, id: LinkId) -> String {
        self.link(id).map_or_else(|| id.to_string(), |link| self.named_link(link).to_string())
    }

    /// The first nodes of a list by name, and the number of further nodes.
    pub(crate) fn describe_some(&self, nodes: &[NodeId]) -> String {
        some(nodes, |&node| self.describe(node))
    }

    /// The first links of a list by name, and the number of further links.
    pub(crate) fn describe_some_links(&self, links: &[LinkId]) -> String {
        some(links, |&link| self.describe_link(link))
    }
}

/// A count in words: `1 node`, `2 nodes`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// The first items of a list, and the number of further items.
pub(crate) fn some_of<T: ToString>(all: &[T]) -> String {
    some(all, T::to_string)
}

fn some<T>(all: &[T], describe: impl Fn(&T) -> String) -> String {
    let named: Vec<String> = all.iter().take(NAMED).map(describe).collect();
    match all.len() - named.len() {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

impl Topology {
    /// Makes a topology from links between named nodes. Nodes are numbered in the order of their
    /// first mention. Link `i` is the link at place `i` of the list, from 0. Parallel links and
    /// self-links are allowed.
    ///
    /// ```
    /// use consistent_cut::{NodeId, Topology};
    ///
    /// let topology = Topology::from_named_links([("client", "server"), ("server", "store")])?;
    /// assert_eq!(topology.describe(NodeId::new(2)), "node 2 (store)");
    /// # Ok::<(), consistent_cut::TopologyError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `NoNodes` for an empty list; `InvalidName` for a name that is empty, begins or ends with
    /// white space, or holds invisible characters such as control characters; `TooLarge`.
    pub fn from_named_links<A, B>(
        links: impl IntoIterator<Item = (A, B)>,
    ) -> Result<Topology, TopologyError>
    where
        A: AsRef<str>,
        B: AsRef<str>,
    {
        let mut mentions = Mentions::default();
        for (source, target) in links {
            mentions.link(source.as_ref(), target.as_ref())?;
        }
        mentions.into_topology()
    }
}

/// The nodes and links mentioned so far.
#[derive(Default)]
pub(super) struct Mentions {
    /// The map is iterated only where the order makes no difference.
    numbers: HashMap<String, NodeId>,
    links: Vec<(NodeId, NodeId)>,
}

impl Mentions {
    /// The node with this name, which gets the next number if it is new.
    pub(super) fn node(&mut self, name: &str) -> Result<NodeId, TopologyError> {
        if let Some(&known) = self.numbers.get(name) {
            return Ok(known);
        }
        if self.numbers.len() == LIMIT {
            return Err(TopologyError::TooLarge { what: "nodes" });
        }
        let new = node(self.numbers.len());
        self.numbers.insert(name.to_owned(), new);
        Ok(new)
    }

    /// Adds a link from one name to another, and the nodes if they are new.
    pub(super) fn link(&mut self, source: &str, target: &str) -> Result<(), TopologyError> {
        check_link_count(Some(self.links.len() + 1))?;
        let ends = (self.node(source)?, self.node(target)?);
        self.links.push(ends);
        Ok(())
    }

    pub(super) fn into_topology(self) -> Result<Topology, TopologyError> {
        let mut names = vec![String::new(); self.numbers.len()];
        for (name, node) in self.numbers {
            names[node.index()] = name;
        }
        Topology::build(names.len(), self.links, Some(Names::new(names)?))
    }
}

/// A node and its name. It prints as `node 3 (Seattle)`, or `node 3` if it has no name, and can be
/// compared with a [`NodeId`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct NamedNode {
    /// The node.
    pub id: NodeId,
    /// The node's name, if the topology has names.
    pub name: Option<Box<str>>,
}

/// A link of a topology, and the names of its ends. It prints as
/// `link 5 from node 0 (A) to node 1 (B)`, or as `environment link of node 1 (B)`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
