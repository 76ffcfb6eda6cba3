//! Topologies: shapes, edge lists and their options, files of other formats, queries, and the
//! initiators that reach every node.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{chance, effort, ids};

mod coverage;
mod edge_list;
mod formats;
mod queries;
mod reader;
mod shapes;
