//! What each fuzz target does with its input. These are the targets of `fuzz/` and a plain test.

#[cfg(feature = "graph-files")]
pub mod graph_files;
pub mod schedules;
pub mod topologies;

#[cfg(feature = "graph-files")]
pub use graph_files::{dot, gml, graphml};
pub use schedules::schedule;
pub use topologies::{edge_list, file};
