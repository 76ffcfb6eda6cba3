//! The parts that test crates share. A crate includes them by their path:
//!
//! ```text
//! #[path = "../support/mod.rs"]
//! #[allow(dead_code, reason = "each test crate uses a part of it")]
//! mod support;
//! ```
//!
//! - `puppet`, `note`, `counts`: the process that numbers its messages, and runs the actions of the
//!   test
//! - `chatter`: a habit of puppets, which passes messages on by a rule
//! - `merge`: a workload whose result does not depend on the interleaving
//! - `skew`: clocks that differ, for algorithms that trust them
//! - `channel_law`: the check of a snapshot by content
//! - `oracle`: the check of a snapshot by the trace of its run
//! - `chance`, `effort`: random tests from seeds, and their number
//! - `gate`, `watchdog`: gates force an order on threads, and the watchdog ends tests that hang
//! - `bucket`: an object store with a clock and faults of its own (feature `object-store`)
//! - `policies`, `ids`: short words

#[cfg(feature = "object-store")]
pub(crate) mod bucket;
pub(crate) mod chance;
pub(crate) mod channel_law;
pub(crate) mod chatter;
pub(crate) mod counts;
pub(crate) mod effort;
pub(crate) mod gate;
pub(crate) mod ids;
pub(crate) mod merge;
pub(crate) mod note;
pub(crate) mod oracle;
pub(crate) mod policies;
pub(crate) mod puppet;
pub(crate) mod skew;
pub(crate) mod watchdog;
