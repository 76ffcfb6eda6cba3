//! A node and its thread.

pub(crate) mod digest;
pub(crate) mod event;
pub(crate) mod idleness;
pub(crate) mod notes;
pub(crate) mod port;
pub(crate) mod requests;
pub(crate) mod room;
pub(crate) mod thread;
pub(crate) mod trace;
