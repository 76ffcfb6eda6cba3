//! Names of nodes, and texts that mention nodes and links.

use super::error::TopologyError;
use super::limits::node;
use super::table::Topology;
use super::words::is_name;
use crate::id::{LinkId, NodeId};

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
    /// Names node `i` by `names[i]`. There are at most [`LIMIT`](super::limits::LIMIT) names. Names
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
        let Names { by_node, by_name } = self.names.as_ref()?;
        let place = by_name.binary_search_by_key(&name, |node| &by_node[node.index()]).ok()?;
        Some(by_name[place])
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
