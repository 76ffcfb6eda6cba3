//! The errors of topologies, and of the initiators chosen for them.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::names::NamedNode;
use super::names::{counted, some_of};
use super::words::shown;
use crate::id::NodeId;

/// The reason why a [`Topology`](super::Topology) could not be built.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TopologyError {
    /// There is no node.
    #[error("a topology needs at least one node: declare a node or a link")]
    NoNodes,

    /// There are more nodes or links than their numbers allow, `u32::MAX / 4` of each.
    #[error("a topology has at most {LIMIT} {what}: ask for fewer")]
    TooLarge {
        /// The kind of which there are too many: `"nodes"` or `"links"`.
        what: &'static str,
    },

    /// A link starts or ends at a node that does not exist.
    #[error(
        "link {link} has an end at node {end}, but there {} {}, numbered from 0: \
         correct the link or raise the number of nodes",
        if *.nodes == 1 { "is" } else { "are" }, counted(*.nodes, "node")
    )]
    UnknownEnd {
        /// Position of the link in the given list, from 0.
        link: usize,
        /// The end that does not exist.
        end: usize,
        /// How many nodes there are.
        nodes: usize,
    },

    /// Two nodes were given the same name.
    #[error(
        "{first} and {second} are both named `{}`: give each node a name of its own",
        shown(name)
    )]
    DuplicateName {
        /// The name.
        name: String,
        /// The lower of the two nodes.
        first: NodeId,
        /// The higher of the two nodes.
        second: NodeId,
    },

    /// A name is empty, or holds characters that a person cannot see.
    #[error(
        "`{}` cannot name a node: use visible characters, and blanks only between them",
        shown(name)
    )]
    InvalidName {
        /// The name.
        name: String,
    },

    /// A line of an edge list is neither a link nor a node.
    #[error("line {line}: cannot read `{}`: {problem}", shown(text))]
    UnreadableLine {
        /// The line's number, from 1.
        line: usize,
        /// At most the first 80 characters of the line.
        text: String,
        /// The problem of the line; part of this error's own text.
        problem: LineProblem,
    },

    /// The text is in another format than the requested one.
    #[error("this looks like {format}: {advice}")]
    OtherFormat {
        /// The format, such as `"GML"`.
        format: &'static str,
        /// How to read or convert the text.
        advice: String,
    },

    /// A text in GML, GraphML or DOT describes no topology.
    #[error("{format}, line {line}: {problem}")]
    InvalidGraph {
        /// The format: `"GML"`, `"GraphML"` or `"DOT"`.
        format: &'static str,
        /// The line's number, from 1.
        line: usize,
        /// The problem; part of this error's own text.
        problem: GraphProblem,
    },

    /// A file could not be read.
    #[error(
        "cannot read `{}`: name a text file in UTF-8 that this user may read",
        shown(&path.to_string_lossy())
    )]
    UnreadableFile {
        /// The path as it was given.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },

    /// A file was read, but holds no valid topology.
    #[error("in `{}`: {error}", shown(&path.to_string_lossy()))]
    InvalidFile {
        /// The path as it was given.
        path: PathBuf,
        /// The problem of the file's text; part of this error's own text.
        error: Box<TopologyError>,
    },
}

/// The reason why a line of an edge list could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// The words and arrows form neither a link nor a node.
    #[error("expected `A -> B`, `A <-> B`, `A B`, or the name of one node")]
    NotALink,

    /// The line has more text after the two columns of a link.
    #[error(
        "there are more than two columns: `EdgeListReader::new().extra_columns()` skips weights \
         and times; write the neighbours of an adjacency list as one link per line"
    )]
    MoreColumns,

    /// A separator stands outside of quotes.
    #[error(
        "`{0}` separates columns in other formats: `EdgeListReader::new().separator('{0}')` reads \
         such lists; put a name that holds it in double quotes"
    )]
    Separator(char),

    /// The line begins like a comment of another format.
    #[error(
        "a line that begins with `{0}` is a comment in other formats: \
         `EdgeListReader::new().comment('{0}')` skips such lines"
    )]
    Comment(char),

    /// The first line looks like a header.
    #[error(
        "it may be a header: `EdgeListReader::new().header()` skips it; if it is a link, write it \
         as `A -> B`"
    )]
    Header,

    /// A word is more likely a piece of another format than a name.
    #[error("`{}` {fault}: correct the line, or put the name in double quotes", shown(name))]
    Name {
        /// The word.
        name: String,
        /// The problem of the word, such as "holds `=`".
        fault: String,
    },

    /// A character is invisible, or controls a terminal.
    #[error("it holds the invisible character U+{:04X}: remove it", u32::from(*.0))]
    Invisible(char),

    /// A name in double quotes is not closed, is empty, or has no gap after it.
    #[error(
        "a name in quotes is written `\"New York\"`, with `\\\"` for a quote and `\\\\` for a \
         backslash in it, and stands apart from other words"
    )]
    Quotes,
}

/// The reason why a text in GML, GraphML or DOT could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GraphProblem {
    /// The text breaks the grammar of its format.
    #[error("expected {expected}, found `{}`", shown(found))]
    Syntax {
        /// The texts that could stand there.
        expected: &'static str,
        /// The beginning of the text that stands there; empty at the end of the text.
        found: String,
    },

    /// The text is not well-formed XML.
    #[error("{}: correct the file", shown(.0))]
    Xml(String),

    /// A node or an edge lacks a part, or has it twice.
    #[error("{what}: correct the file")]
    Incomplete {
        /// The part that is missing or doubled, with its name.
        what: String,
    },

    /// An edge ends at a node that the text does not declare.
    #[error("an edge ends at `{}`, which is not a node of the graph: declare it", shown(id))]
    UnknownNode {
        /// The id that the edge gives.
        id: String,
    },

    /// Two nodes have the same id.
    #[error("two nodes have the id `{}`: give each an id of its own", shown(id))]
    DuplicateNode {
        /// The id.
        id: String,
    },

    /// The text is correct, but a topology cannot represent it.
    #[error("a topology cannot hold {what}: leave it out")]
    Unsupported {
        /// The part that cannot be represented, such as "a hyperedge".
        what: String,
    },
}

/// The reason why a set of initiators cannot start a snapshot of every node.
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

    /// Some nodes are neither initiators nor reachable from an initiator.
    #[error(
        "no initiator reaches {}: add an initiator among them, or leave the choice to the \
         coordinator; where links were meant to lead both ways, `Topology::with_reverse_links` \
         adds those back",
        some_of(unreached)
    )]
    Unreached {
        /// Every node that is not reached, in ascending order.
        unreached: Vec<NamedNode>,
    },
}

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
