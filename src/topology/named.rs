//! Topologies whose nodes have names, numbered in the order of their first mention.

use std::collections::HashMap;

use super::error::TopologyError;
use super::limits::{LIMIT, check_link_count, node};
use super::names::Names;
use super::table::Topology;
use crate::id::NodeId;

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
