//! A node and its thread.

pub(crate) mod digest;
pub(crate) mod entrance;
pub(crate) mod event;
pub(crate) mod idleness;
pub(crate) mod narrate;
mod output;
pub(crate) mod pace;
pub(crate) mod port;
pub(crate) mod questions;
mod receive;
#[cfg(feature = "timely")]
pub(crate) mod recordings;
pub(crate) mod reports;
pub(crate) mod requests;
pub(crate) mod room;
pub(crate) mod thread;
