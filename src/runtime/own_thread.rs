//! Whether a call is made in a thread of the system that it concerns, and would wait for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync::{Home, home, settle_in};

/// Tells the threads of one system from all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnThreads(u64);

impl OwnThreads {
    /// Of a new system.
    pub(super) fn new() -> Self {
        // Decides nothing but whether two systems are the same, so that loom need not see it.
        static SYSTEMS: AtomicU64 = AtomicU64::new(0);
        OwnThreads(SYSTEMS.fetch_add(1, Ordering::Relaxed))
    }

    /// To be called by each thread of the system, by its name, before anything else.
    pub(super) fn add_this(self, name: &str) {
        settle_in(Home { system: self.0, name: Arc::from(name) });
    }

    /// The name of the calling thread, if it is one of them.
    pub(crate) fn name_of_this(self) -> Option<String> {
        home(|home| home.filter(|home| home.system == self.0).map(|home| home.name.to_string()))
    }
}
