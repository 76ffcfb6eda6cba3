//! Everything that threads share: channels, locks, atomics, threads. Only this module knows
//! `cfg(loom)`.
//!
//! Both halves offer the same names. `real` uses crossbeam-channel, parking_lot and std. `explored`
//! uses loom and a small channel of its own, so that loom explores the unchanged runtime.

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
