//! Monitors on threads. No test sleeps or measures time: gates, and waits for events, force the
//! order.
#![cfg(not(loom))]
#![expect(clippy::unwrap_used, reason = "a test may say no more than that")]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{gate, watchdog};

mod keeper;

mod asking;
mod endings;
mod failures;
mod no_node_left;
mod stopping;
mod transitions;
mod unread;
mod wait_until;
