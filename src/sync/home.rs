//! What a thread of a system knows of itself.

use std::sync::Arc;

/// What a thread of a system belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// A number of the system, which no other system of this process has.
    pub(crate) system: u64,
    /// The thread's node, in words, or the coordinator.
    pub(crate) name: Arc<str>,
}
