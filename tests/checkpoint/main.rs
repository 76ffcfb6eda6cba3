//! Checkpoints: saved, kept, read, and gone on from.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

mod blobs;
mod busy;
mod creation;
mod file_damage;
mod files;
mod folder;
mod generations;
mod json;
mod kill;
mod numbers;
mod other_topology;
mod parade;
mod retention;
mod round_trips;
mod row_damage;
mod sum;
mod systems;
mod two_writers;
mod versions;
mod watched;
mod written_again;
