//! Systems on timely dataflow.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

mod laws;
mod workers;
