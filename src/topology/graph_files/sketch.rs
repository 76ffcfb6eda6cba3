//! The nodes and edges that a file has declared so far.

use std::collections::BTreeMap;

use crate::id::NodeId;
use crate::topology::error::{GraphProblem, TopologyError};
use crate::topology::error::{check_link_count, check_node_count, node};
use crate::topology::names::Names;
use crate::topology::topology::Topology;
use crate::topology::words::beginning;
use crate::topology::words::names_of;

/// A place in a file and the file's format, for errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) format: &'static str,
    pub(super) line: usize,
}

impl At {
    pub(super) fn error(self, problem: GraphProblem) -> TopologyError {
        let At { format, line } = self;
        TopologyError::InvalidGraph { format, line, problem }
    }

    pub(super) fn expected(self, expected: &'static str, found: &str) -> TopologyError {
        let found = beginning(found.lines().next().unwrap_or_default());
        self.error(GraphProblem::Syntax { expected, found })
    }

    pub(super) fn incomplete(self, what: impl Into<String>) -> TopologyError {
        self.error(GraphProblem::Incomplete { what: what.into() })
    }

    pub(super) fn unsupported(self, what: impl Into<String>) -> TopologyError {
        self.error(GraphProblem::Unsupported { what: what.into() })
    }
}

/// Whether an edge is one link or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    OneWay,
    BothWays,
}

#[derive(Debug, Default)]
pub(super) struct Sketch {
    /// The label and the id of each node, by number. The label is empty if the node has none.
    labels: Vec<(String, String)>,
    numbers: BTreeMap<String, NodeId>,
    links: Vec<(NodeId, NodeId)>,
}

impl Sketch {
    /// Adds a node with this id. The id must be new.
    pub(super) fn declare(&mut self, id: &str, label: String, at: At) -> Result<(), TopologyError> {
        if self.numbers.contains_key(id) {
            return Err(at.error(GraphProblem::DuplicateNode { id: beginning(id) }));
        }
        let number = self.mention(id)?;
        self.label(number, label);
        Ok(())
    }

    /// The node with this id. It is added if the id is new.
    pub(super) fn mention(&mut self, id: &str) -> Result<NodeId, TopologyError> {
        if let Some(&known) = self.numbers.get(id) {
            return Ok(known);
        }
        check_node_count(self.labels.len() + 1)?;
        let new = node(self.labels.len());
        self.numbers.insert(id.to_owned(), new);
        self.labels.push((String::new(), id.to_owned()));
        Ok(new)
    }

    pub(super) fn label(&mut self, node: NodeId, label: String) {
        self.labels[node.index()].0 = label;
    }

    /// The node with this id, which an edge refers to.
    pub(super) fn find(&self, id: &str, at: At) -> Result<NodeId, TopologyError> {
        let unknown = || at.error(GraphProblem::UnknownNode { id: beginning(id) });
        self.numbers.get(id).copied().ok_or_else(unknown)
    }

    /// Adds an edge as one link, or as two links next to each other, there and back. A loop becomes
    /// one link.
    pub(super) fn edge(
        &mut self,
        source: NodeId,
        target: NodeId,
        direction: Direction,
    ) -> Result<(), TopologyError> {
        check_link_count(Some(self.links.len() + 2))?;
        self.links.push((source, target));
        if direction == Direction::BothWays && source != target {
            self.links.push((target, source));
        }
        Ok(())
    }

    pub(super) fn link_count(&self) -> usize {
        self.links.len()
    }

    /// The ends of a link, by its place.
    pub(super) fn link(&self, place: usize) -> (NodeId, NodeId) {
        self.links[place]
    }

    pub(super) fn into_topology(self) -> Result<Topology, TopologyError> {
        let names = names_of(&self.labels);
        Topology::build(names.len(), self.links, Some(Names::new(names)?))
    }
}
