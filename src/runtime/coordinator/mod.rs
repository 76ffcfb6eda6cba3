//! The coordinator: its thread, the registry of snapshots, and the handles of callers.

mod active_nodes;
pub(crate) mod client;
mod due_times;
mod ended;
mod halt;
pub(crate) mod history;
mod latch;
pub(crate) mod nodes;
pub(crate) mod outcome;
pub(crate) mod pending;
mod promise;
pub(crate) mod registry;
pub(crate) mod request;
pub(crate) mod settings;
mod span;
mod subscribers;
pub(crate) mod subscription;
pub(crate) mod thread;
mod turns;
