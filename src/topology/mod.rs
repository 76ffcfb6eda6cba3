//! The nodes and links of a system, fixed before it starts.
//!
//! A [`Topology`] that exists is valid: it has at least one node, and both ends of every link are
//! among its nodes. It never changes after its construction.
//!
//! | where the links come from | constructor |
//! |---|---|
//! | a standard shape | [`Topology::ring`], [`line`](Topology::line), [`star`](Topology::star), [`complete`](Topology::complete), [`grid`](Topology::grid) |
//! | chance, from a seed | [`Topology::random_strongly_connected`] |
//! | code | [`Topology::from_links`], [`Topology::from_named_links`] |
//! | a text file | [`Topology::from_edge_list_file`], `text.parse::<Topology>()` |
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
//! The text form has one link a line. It is what `text.parse::<Topology>()` reads and
//! [`Topology::to_edge_list`] writes:
//!
//! ```text
//! # A comment reaches to the end of its line.
//! Seattle -> Denver      one link
//! Seattle <-> Sunnyvale  two links: there, then back
//! Denver Houston         one link, as many graph collections write it
//! Chicago                a node, which may have links elsewhere or none
//! ```
//!
//! (The remarks on the right are not part of the format.) Nodes are numbered in the order in which
//! the text first mentions them. A name is one word, without commas, `#`, `->` or `<-`; a name that
//! looks like a number is still only a name.
//!
//! # Coverage
//!
//! A snapshot reaches the nodes that its initiators reach. [`Topology::covering_initiators`] is a
//! smallest set that reaches all nodes, [`Topology::check_coverage`] tells which nodes a given set
//! leaves out, and [`Topology::cover_with`] completes a given set.
//!
//! # Costs
//!
//! Memory is about 56 bytes a link and 12 bytes a node, names not counted. Construction is linear in
//! nodes and links, plus the sorting of the names. A query takes constant time unless it says
//! otherwise.

mod adjacency;
mod coverage;
mod difference;
mod down;
mod edge_list;
mod error;
mod graph;
mod limits;
mod link;
mod named;
mod names;
mod query;
mod random;
mod shapes;
mod table;

pub(crate) use difference::Difference;
pub(crate) use down::Down;
pub use error::{CoverageError, TopologyError};
pub use link::Link;
pub(crate) use names::counted;
pub use table::Topology;
