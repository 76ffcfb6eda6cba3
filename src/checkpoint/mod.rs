//! Checkpoints: snapshots that survive their process (feature `checkpoint`).
//!
//! A program that is killed at any moment is started again, and goes on from its last checkpoint:
//! with the states of its nodes, the messages that were in flight, and the pending timers. No
//! message is lost and none comes twice.
//!
//! # What does it look like?
//!
//! ```
//! use std::time::Duration;
//! use consistent_cut::checkpoint::{Checkpoints, FileStore, Format};
//! # use consistent_cut::{Context, Link, NodeId, Process, Restore, System, Topology};
//! # struct Sum(u64);
//! # impl Process for Sum {
//! #     type State = u64;
//! #     type Message = u64;
//! #     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) {
//! #         self.0 += number
//! #     }
//! #     fn state(&self) -> u64 { self.0 }
//! # }
//! # impl Restore for Sum {
//! #     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) {
//! #         self.0 = recorded
//! #     }
//! # }
//! # let path = std::env::temp_dir().join(format!("consistent-cut-doc-{}", std::process::id()));
//! let store = match path.exists() {
//!     true => FileStore::open(&path)?,
//!     false => FileStore::create(&path)?,
//! };
//! let checkpoints = Checkpoints::new(store, Format::default());
//! let resumed = System::builder(Topology::ring(3)?).restore_or_spawn(&checkpoints, |_| Sum(0))?;
//! let system = resumed.system;
//! let checkpointer = system.checkpointer(&checkpoints).period(Duration::from_secs(1)).start()?;
//! println!("{:?}", checkpointer.events().next());
//! # drop((checkpointer, system, checkpoints));
//! # std::fs::remove_file(&path)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! States and messages need `serde`. `cargo run --release --features checkpoint --example
//! checkpoint_restart` shows a crash and what follows it.
//!
//! # What is exactly once, and what is not?
//!
//! A restored system goes on from the checkpoint, and does again what it did after it.
//!
//! | effect | after a crash |
//! |---|---|
//! | states, messages on links, timers | exactly once: the checkpoint holds them all, from one consistent cut |
//! | input from a [`Source`] whose position is in a state | exactly once: the node goes back to the position |
//! | messages that were [injected](crate::System::inject) | those before the cut once. Later ones are lost: the count of the [environment link](crate::System::traffic_on) in the restored system tells how many it has |
//! | output [released](CheckpointerBuilder::release_to) to a [`Sink`] that keeps the last numbers | exactly once: it leaves after its checkpoint is durable |
//! | output taken by [`System::outputs`](crate::System::outputs) | that after the cut again, under the same numbers |
//! | anything else that a handler does: a file that it writes, a request that it sends | again, for what came after the cut |
//!
//! # What is stored?
//!
//! A checkpoint is one transaction: it is there as a whole, or not at all. Its contents are cut
//! into chunks, and each chunk is stored once, under its hash. A state that has not changed is not
//! written again. Of a state of many megabytes, the chunks that changed are written. Every hash is
//! checked on every read, and a damaged checkpoint is never restored: the one before is used, and
//! the result [says so](Resumed::damaged). A file with damage of the disk is refused as a whole when
//! it is opened; [`FileStore::salvage`] reads the good checkpoints that are left in it.
//!
//! **Order.** A `HashMap` is written in another order each time, so a state that holds one is
//! written anew as a whole. Use a `BTreeMap`, or sort the entries when they are written.
//!
//! [`Checkpoints::keep`] says how many checkpoints are kept. The room on the disk is bounded by
//! that number and by how much changes from one to the next.
//!
//! # What does it cost?
//!
//! A node is paused for [`Process::state`](crate::Process::state), as for any snapshot, and for
//! nothing else. The thread of the [`Checkpointer`] encodes, hashes and writes. A slow disk delays
//! the next checkpoint, and not the application.
//!
//! For a large state, use a map that shares its memory with its clones, such as those of the crate
//! `imbl`. A clone then takes microseconds however many entries there are. `cargo bench --features
//! checkpoint --bench checkpoint` measures it, and the rest, on your machine.
//!
//! # What if the program changes?
//!
//! A checkpoint carries the versions of the types of states and messages. A program with other
//! versions refuses it and names the first node or link, unless its [`Format`] has a
//! [migration](Format::migrate_state). A system of another topology is refused too.
//!
//! # What if a node fails?
//!
//! [`SystemBuilder::supervise`](crate::SystemBuilder::supervise) brings a system back from its last
//! good checkpoint, within the process: when a node panics, and when a handler does not return.
//!
//! # How to look at a store?
//!
//! [`Catalog`] lists, checks, compares and pins checkpoints without the types of the program.
//! [`Checkpoints::export_json`] writes one for a person to read. `cargo run --features checkpoint
//! --example inspect -- --help` does this from the command line.
//!
//! # Which metrics are there?
//!
//! With the feature `metrics`, for the recorder that the program has installed:
//!
//! | name | |
//! |---|---|
//! | `consistent_cut_checkpoints_total` | counter, by `outcome`: `saved`, `skipped`, `snapshot_failed`, `save_failed`, `release_failed`, `node_failed` |
//! | `consistent_cut_checkpoint_seconds` | histogram: how long the saving took |
//! | `consistent_cut_checkpoint_bytes` | gauge: the size of the last checkpoint |
//! | `consistent_cut_checkpoint_new_bytes_total`, `_shared_bytes_total` | counters: the bytes that were written, and those that the store had |
//! | `consistent_cut_checkpoint_last_timestamp_seconds` | gauge: when the last checkpoint was written, in seconds since 1970; the time since then is its age |
//! | `consistent_cut_checkpoints_damaged_total`, `consistent_cut_restores_total`, `consistent_cut_released_total` | counters |
//! | `consistent_cut_restarts_total` | counter, by `cause`: `nodes_failed`, `stuck`, `not_resumed` |
//!
//! The [runtime](crate::runtime) counts snapshots and failures of nodes.

mod catalog;
mod checkpointer;
mod checkpoints;
mod chunks;
mod codec;
mod event;
mod file_store;
mod format;
mod id;
mod load_error;
mod memory_store;
mod other_topology;
mod reading;
mod record;
mod release;
mod resume;
mod retention;
mod rounds;
mod save_error;
mod sink;
mod source;
mod store;
mod store_error;
mod supervision;
mod transfer;
mod wall_clock;
mod writing;

pub use catalog::{Catalog, Changed};
pub use checkpointer::{Checkpointer, CheckpointerBuilder};
pub use checkpoints::{Checkpoints, Loaded, Which};
pub use codec::{Codec, CodecError, Json, Postcard};
pub use event::{CheckpointCounts, CheckpointEvent, Reports};
pub use file_store::FileStore;
pub use format::{Format, Old};
pub use id::{CheckpointId, ContentHash};
pub use load_error::{Damage, LoadError};
pub use memory_store::MemoryStore;
pub use record::{Chunk, Counts, Meta, Part, PartKind, Record};
pub use resume::{ResumeError, Resumed};
pub use save_error::SaveError;
pub use sink::{LineSink, Sink};
pub use source::{LinePosition, LineSource, Source};
pub use store::{Change, Store, View};
pub use store_error::StoreError;
pub use supervision::{
    Cause, RestartPolicy, Supervised, SupervisionError, SupervisionEvent, SupervisorBuilder,
};
pub use transfer::TransferError;
