//! The strategies of the feature `proptest`, and laws of snapshots that they test.

mod choosing;
mod laws;
mod shrinking;
mod support;
mod topologies;
