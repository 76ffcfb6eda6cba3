//! Checkpoints: saved, kept, read, and gone on from.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

mod files;
mod folder;
mod kill;
mod lines_in;
mod lines_out;
mod parade;
mod sum;
