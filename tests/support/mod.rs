//! What the test crates share. A crate takes it in by its path:
//!
//! ```text
//! #[path = "../support/mod.rs"]
//! #[allow(dead_code, reason = "each test crate uses a part of it")]
//! mod support;
//! ```
//!
//! - `puppet`, `note`, `counts`: the process that numbers its messages, and does with them what the
//!   test wants
//! - `chatter`: its way of passing messages on by a rule
//! - `merge`: a workload whose result does not depend on the interleaving
//! - `skew`: clocks that differ, for algorithms that trust them
//! - `channel_law`: the check of a snapshot by content
//! - `chance`, `effort`: random tests, from seeds, and how many of them
//! - `gate`, `watchdog`: the order of threads forced, and tests that hang ended
//! - `policies`, `ids`: short words

pub(crate) mod chance;
pub(crate) mod channel_law;
pub(crate) mod chatter;
pub(crate) mod counts;
pub(crate) mod effort;
pub(crate) mod gate;
pub(crate) mod ids;
pub(crate) mod merge;
pub(crate) mod note;
pub(crate) mod policies;
pub(crate) mod puppet;
pub(crate) mod skew;
pub(crate) mod watchdog;
