//! What can be wrong with a topology, or with the initiators chosen for it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::limits::LIMIT;
use super::names::counted;
use crate::id::NodeId;

/// Why a [`Topology`](super::Topology) could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// There is no node at all.
    #[error("a topology needs at least one node: declare a node or a link")]
    NoNodes,

    /// There are more nodes or links than their numbers allow, `u32::MAX / 4` of each.
    #[error("a topology has at most {LIMIT} {what}: ask for fewer")]
    TooLarge {
        /// What there is too much of: `"nodes"` or `"links"`.
        what: &'static str,
    },

    /// A link starts or ends at a node that does not exist.
    #[error(
        "link {link} has an end at node {end}, but there {} {}, numbered from 0: \
         correct the link or raise the number of nodes",
        if *.nodes == 1 { "is" } else { "are" }, counted(*.nodes, "node")
    )]
    UnknownEnd {
        /// Position of the link in the list given, from 0.
        link: usize,
        /// The end that does not exist.
        end: usize,
        /// How many nodes there are.
        nodes: usize,
    },

    /// Two nodes were given the same name.
    #[error("{first} and {second} are both named `{name}`: give each node a name of its own")]
    DuplicateName {
        /// The name.
        name: String,
        /// The lower of the two nodes.
        first: NodeId,
        /// The higher of the two nodes.
        second: NodeId,
    },

    /// A name could not stand in an edge list.
    #[error(
        "`{name}` cannot name a node: use one word, without white space, commas, `#`, `->` or `<-`"
    )]
    InvalidName {
        /// The name.
        name: String,
    },

    /// A line of an edge list is neither a link nor a node.
    #[error(
        "line {line}: cannot read `{text}`: expected `A -> B`, `A <-> B`, `A B`, or the name of \
         one node, where a name is a word without commas, `#`, `->` or `<-`"
    )]
    UnreadableLine {
        /// The line's number, from 1.
        line: usize,
        /// The line without its comment; at most its first 80 characters.
        text: String,
    },

    /// An edge list file could not be read.
    #[error("cannot read the edge list `{}`: name a text file in UTF-8 that this user may read", path.display())]
    UnreadableFile {
        /// The path as it was given.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },

    /// An edge list file was read, but holds no valid topology.
    #[error("in the edge list `{}`: {error}", path.display())]
    InvalidFile {
        /// The path as it was given.
        path: PathBuf,
        /// What is wrong with its text; part of this error's own text.
        error: Box<TopologyError>,
    },
}

/// Why a set of initiators cannot start a snapshot of every node.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CoverageError {
    /// No initiator was named.
    #[error(
        "there is no initiator: name at least one node, or leave the choice to the coordinator"
    )]
    NoInitiators,

    /// An initiator is not a node of the topology.
    #[error(
        "{node} cannot be an initiator: the topology has {}, numbered from 0",
        counted(*.nodes, "node")
    )]
    UnknownNode {
        /// The initiator.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },

    /// Some nodes are neither initiators nor reachable from one.
    #[error(
        "no initiator reaches {text}: add an initiator among them, or leave the choice to the \
         coordinator"
    )]
    Unreached {
        /// Every node left out, in ascending order.
        unreached: Vec<NodeId>,
        /// The first ten of them by name, and how many more there are.
        text: String,
    },
}
