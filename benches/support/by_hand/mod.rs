//! Loops that a person would write: a thread and an inbox for each node, over crossbeam channels,
//! and no snapshots.

mod channels;
mod loops;

pub(crate) use channels::{Batches, OneByOne};
pub(crate) use loops::run;
