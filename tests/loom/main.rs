//! The models of whole systems, one file each. They are one test binary, since most of the time to
//! build a model is that to build the runtime for its processes.
#![cfg(loom)]

mod explored;

mod back_pressure;
mod detect;
mod exhaustive;
mod fifo;
mod initiators;
mod injection;
mod last_handle;
mod last_snapshot;
mod outputs;
mod overlapping;
mod parallel_links;
mod request;
mod shutdown;
mod stopping;
mod three_nodes;
mod token;
