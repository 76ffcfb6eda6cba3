//! What threads share: channels, locks, atomics, threads. The only place that knows `cfg(loom)`.
//!
//! Both halves offer the same names. `real` stands on crossbeam-channel, parking_lot and std; `explored` on
//! loom, with a small channel of its own, so that loom explores the runtime as it is.

mod home;
pub(crate) use home::Home;

#[cfg(not(loom))]
mod real;
#[cfg(not(loom))]
pub(crate) use real::*;

#[cfg(loom)]
mod explored;
#[cfg(loom)]
pub(crate) use explored::*;
