//! Space-time diagrams, read back from the SVG: every sign stands for something in the trace, and
//! everything there has its sign.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

use support::{chance, chatter, ids, note, policies, puppet};

mod committed;
mod errors;
mod facts;
mod labels;
mod options;
mod picture;
mod random_runs;
mod signs;
mod texts;
mod windows;
