//! What threads share: channels, locks, atomics, threads. The only place that knows `cfg(loom)`.
//!
//! Both halves offer the same names. `real` stands on crossbeam-channel, parking_lot and std; `explored` on
//! loom, with a small channel of its own, so that loom explores the runtime as it is.

use std::sync::Arc;

/// What a thread of a system belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    /// A number of the system, which no other system of this process has.
    pub(crate) system: u64,
    /// The thread's node, in words, or the coordinator.
    pub(crate) name: Arc<str>,
}

#[cfg(not(loom))]
mod real;
#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(loom)]
mod explored;
#[cfg(loom)]
pub(crate) use explored::*;
