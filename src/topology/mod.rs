//! The nodes and links of a system, fixed before it starts.
//!
//! A [`Topology`] that exists is valid: it has at least one node, and both ends of every link are
//! among its nodes. It never changes after its construction.
//!
//! | source of the links | constructor |
//! |---|---|
//! | a standard shape | [`Topology::ring`], [`line`](Topology::line), [`star`](Topology::star), [`complete`](Topology::complete), [`grid`](Topology::grid) |
//! | random, from a seed | [`Topology::random_strongly_connected`] |
//! | code | [`Topology::from_links`], [`Topology::from_named_links`] |
//! | a text file | [`Topology::from_edge_list_file`], `text.parse::<Topology>()`, [`EdgeListReader`] |
//! | a file in GML, GraphML or DOT | `Topology::from_graph_file`, with the feature `graph-files` |
//! | `petgraph` | [`Topology::from_graph`], [`Topology::from_graph_named`] |
//!
//! # Numbers
//!
//! Nodes are numbered from 0 without gaps, links from 0 in the order given. Each node also has an
//! *environment link*, through which messages from outside the system reach it. The environment
//! link of node `i` has the number `link_count() + i`, so one array can hold all links.
//!
//! # Edge lists
//!
//! The text form has one link per line. `text.parse::<Topology>()` reads this form, and
//! [`Topology::to_edge_list`] writes it:
//!
//! ```text
//! # A comment reaches to the end of its line.
//! Seattle -> Denver      one link
//! Seattle <-> Sunnyvale  two links: there, then back
//! Denver Houston         one link, as many graph collections write it
//! Chicago                a node, which may have links elsewhere or none
//! "New York" -> Denver   a name that is not a plain word stands in double quotes
//! ```
//!
//! (The remarks on the right are not part of the format.) Nodes are numbered in the order in which
//! the text first mentions them. A name that looks like a number is still only a name.
//!
//! A plain word holds no brackets, no quotes, none of `#`, `,`, `;`, `|`, `=`, `*`, `<`, `>`, `--`,
//! and no invisible characters. It does not begin or end with a colon, does not end with `-`, and
//! is not a decimal number. Other words are refused, because they are likely pieces of another
//! format. In double quotes every name is allowed; `\"` and `\\` stand for a quote and a backslash.
//!
//! Files of other formats are not read as edge lists. GML, GraphML, DOT, Pajek, JSON and others are
//! recognised by their beginning, and the error says how to read or convert them. A list without
//! arrows and quotes is also refused if its first line looks like a header, or if the whole list
//! looks like METIS, LGL, graph6 or the Trivial Graph Format. Such a list is read if its lines have
//! `->`. [`EdgeListReader`] reads lists with weights, `%` comments, a header, or other separators.
//!
//! # Labels
//!
//! Names are unique and visible. Labels of files and of `petgraph` may be neither. A label becomes
//! a name in three steps:
//!
//! 1. Invisible characters are removed, and white space between words becomes one blank.
//! 2. A node without a label takes its id. The id is the node's index in a graph of `petgraph`, or
//!    the id that the file gives.
//! 3. Where several nodes have the same label, each gets its id in brackets: `Springfield (7)`.
//!
//! # Coverage
//!
//! A snapshot reaches the nodes that its initiators reach. [`Topology::covering_initiators`] is a
//! smallest set that reaches all nodes. [`Topology::check_coverage`] tells which nodes a given set
//! does not reach. [`Topology::cover_with`] completes a given set.
//!
//! # Costs
//!
//! Memory is about 56 bytes per link and 12 bytes per node, names not counted. Construction is
//! linear in nodes and links, plus the sorting of the names. A query takes constant time unless its
//! documentation gives another cost.

// The first modules are in the order in which rustdoc is to show the calls of `Topology`.
mod shapes;

mod names;

mod edge_list;

#[cfg(feature = "graph-files")]
mod graph_files;

mod graph;

#[expect(clippy::module_inception, reason = "a file that holds a type has its name")]
mod topology;

mod coverage;

mod difference;
mod error;
mod link;
#[cfg(feature = "serde")]
mod serial;
mod words;

pub(crate) use coverage::Failed;
pub(crate) use difference::{Difference, Renamed};
pub use edge_list::EdgeListReader;
pub use error::{CoverageError, GraphProblem, LineProblem, TopologyError};
pub use link::Link;
pub use names::{NamedLink, NamedNode};
pub(crate) use names::{counted, some_of};
pub use topology::Topology;
