//! Checkpoints: saved, kept, loaded and restored.

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "each test crate uses a part of it")]
mod support;

mod blobs;
mod busy;
mod creation;
mod doll;
mod ends;
mod file_damage;
mod files;
mod folder;
mod generations;
mod handles;
mod json;
mod kill;
mod lines_in;
mod lines_out;
mod lives;
mod numbers;
mod odd_values;
mod old_systems;
mod other_topology;
mod parade;
mod releases;
mod restarts;
mod retention;
mod rot;
mod round_trips;
mod rounds;
mod row_damage;
#[cfg(feature = "object-store")]
mod shared_ahead;
#[cfg(feature = "object-store")]
mod shared_damage;
#[cfg(feature = "object-store")]
mod shared_faults;
#[cfg(feature = "object-store")]
mod shared_sweep;
#[cfg(feature = "object-store")]
mod shared_writers;
mod stores;
mod stumbles;
mod sum;
mod systems;
mod tricks;
mod two_writers;
mod versions;
mod watched;
mod written_again;
