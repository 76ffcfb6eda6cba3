//! The system and node to which a thread belongs.

use std::sync::Arc;

/// The system and node to which a thread belongs.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// The number of the system, unique in this process.
    pub(crate) system: u64,
    /// The thread's node in words, or the coordinator.
    pub(crate) name: Arc<str>,
}
