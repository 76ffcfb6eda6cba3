//! Checkpoints: saved, kept, read, and gone on from.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

mod doll;
mod ends;
mod files;
mod folder;
mod handles;
mod kill;
mod lines_in;
mod lines_out;
mod lives;
mod odd_values;
mod old_systems;
mod parade;
mod releases;
mod restarts;
mod rounds;
mod stumbles;
mod sum;
mod tricks;
