//! The coordinator: its thread, what it knows of each snapshot, and what callers hold.

pub(crate) mod active_nodes;
pub(crate) mod agenda;
pub(crate) mod client;
pub(crate) mod history;
pub(crate) mod ledger;
pub(crate) mod options;
pub(crate) mod pending;
pub(crate) mod promise;
pub(crate) mod subscribers;
pub(crate) mod subscription;
pub(crate) mod thread;
pub(crate) mod waiting;
