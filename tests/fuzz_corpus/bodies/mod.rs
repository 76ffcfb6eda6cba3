//! The bodies of the fuzz targets. The targets of `fuzz/` and a plain test call them.

#[cfg(feature = "graph-files")]
pub mod graph_files;
pub mod schedules;
pub mod topologies;

#[cfg(feature = "graph-files")]
pub use graph_files::{dot, gml, graphml};
pub use schedules::schedule;
pub use topologies::{edge_list, file};
