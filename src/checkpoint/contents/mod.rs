//! The contents of checkpoints: states and messages as bytes, cut into chunks, and read again.

pub(crate) mod chunks;
pub(crate) mod codec;
pub(crate) mod format;
pub(crate) mod load_error;
#[cfg(feature = "timely")]
pub(crate) mod node_list;
pub(crate) mod other_topology;
pub(crate) mod reading;
pub(crate) mod save_error;
pub(crate) mod writing;
