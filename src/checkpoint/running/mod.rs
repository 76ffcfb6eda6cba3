//! Checkpoints of a running system: the thread that saves them, its input and its output.

pub(crate) mod checkpointer;
pub(crate) mod event;
pub(crate) mod release;
pub(crate) mod rounds;
pub(crate) mod sink;
pub(crate) mod source;
