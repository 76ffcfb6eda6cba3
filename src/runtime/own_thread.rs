//! Whether a thread belongs to the system that it calls. Such a call would wait for itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sync::{Home, home, settle_in};

/// Distinguishes the threads of one system from all other threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OwnThreads(u64);

impl OwnThreads {
    /// A new number, for a new system.
    pub(crate) fn new() -> Self {
        // Only tells whether two systems are the same, so loom need not see it.
        static SYSTEMS: AtomicU64 = AtomicU64::new(0);
        OwnThreads(SYSTEMS.fetch_add(1, Ordering::Relaxed))
    }

    /// The number that all worker threads of all clusters share. A worker may run several clusters,
    /// and a call in one of its threads would keep it from running any.
    #[cfg(feature = "timely")]
    pub(crate) const WORKERS: OwnThreads = OwnThreads(u64::MAX);

    /// Adds the calling thread, with its name. Each thread of the system calls this first.
    pub(crate) fn add_this(self, name: &str) {
        settle_in(Home { system: self.0, name: Arc::from(name) });
    }

    /// The name of the calling thread, if it belongs to this system.
    pub(crate) fn name_of_this(self) -> Option<String> {
        home(|home| home.filter(|home| home.system == self.0).map(|home| home.name.to_string()))
    }
}
