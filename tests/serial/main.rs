//! Snapshots, topologies, traces and schedules as values of a format: written and read again, for a
//! person to read, and refused where they were damaged.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

mod damage;
mod diffs;
mod example;
mod formats;
mod parts;
mod refusals;
mod schedules;
mod snapshots;
mod systems;
mod text;
mod topologies;
mod trace_refusals;
mod traces;
mod walker;

use support::{chance, effort, ids, policies};
