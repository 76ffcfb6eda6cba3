//! Checkpoints: snapshots that survive their process (feature `checkpoint`).
//!
//! A program may be killed at any moment. Started again, it goes on from its last checkpoint, with
//! the states of its nodes, the messages that were in flight, and the pending timers. On its links
//! no message is lost and none comes twice. Input, output and other effects need your help: see
//! [below](#what-is-exactly-once).
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
//! # What is exactly once?
//!
//! A restored system goes on from the checkpoint. The work that was done after the checkpoint's cut
//! is done again.
//!
//! | effect | after a crash |
//! |---|---|
//! | states, messages on links, timers | exactly once: the checkpoint holds them all, from one consistent cut |
//! | input from a [`Source`] whose position is in a state | exactly once: the node goes back to the position |
//! | messages that were [injected](crate::System::inject) | messages in the checkpoint: exactly once. Later messages are lost: inject them again. The count of the [environment link](crate::System::traffic_on) in the restored system tells how many messages the checkpoint has, questions of [`System::ask`](crate::System::ask) included |
//! | output [released](CheckpointerBuilder::release_to) to a [`Sink`] that keeps the last numbers | exactly once: each message is released after its checkpoint is durable |
//! | output taken by [`System::outputs`](crate::System::outputs) | messages that were not taken at the cut, and those emitted after it, come again under the same numbers |
//! | other effects of a handler, such as a file that it writes or a request that it sends | effects after the cut happen again |
//!
//! If the newest checkpoint is damaged, the system goes on from an older one. A node may then emit
//! other messages than before, since messages of different links may arrive in another order. So a
//! sink that is ahead of the system is [refused](CheckpointEvent::ReleaseFailed): give the system
//! another sink, and decide what holds.
//!
//! # What is stored?
//!
//! A checkpoint is one transaction: the store has all of it, or nothing of it. Its contents are cut
//! into chunks of 32 to 128 KiB; smaller contents are one chunk. Each chunk is stored once, under
//! its hash, so only chunks that have changed are written. A chunk that was found to be damaged is
//! written again. Contents of at most 64 bytes are always
//! written.
//!
//! Every hash is checked on every read, and a damaged checkpoint is never restored: the one before
//! is used, and the result [says so](Resumed::damaged). [`FileStore::open`] checks the whole file
//! and refuses one that is damaged. [`FileStore::salvage`] reads the good checkpoints that are left
//! in such a file.
//!
//! **Order.** Two `HashMap`s with the same entries may have different orders, and a map may change
//! its order when it grows. All chunks of the state are then new. Use a `BTreeMap`, or sort the
//! entries when they are written.
//!
//! [`Checkpoints::keep`] sets how many checkpoints are kept. That number, and the share that
//! changes from one checkpoint to the next, bound the room on the disk.
//!
//! # Where is it stored?
//!
//! | store | place | writers |
//! |---|---|---|
//! | [`FileStore`] | a file on a local disk | one handle of one process |
//! | `SharedStore` (feature `object-store`) | a folder that machines share, or a bucket | any number of processes |
//! | [`MemoryStore`] | memory, for tests | one process |
//!
//! In a shared store the processes of a `cluster` write one checkpoint together.
//!
//! # What does it cost?
//!
//! A node is paused as for any snapshot: for one call of [`Process::state`](crate::Process::state),
//! and for a clone of each message in flight and of each emitted message that is not taken. The
//! thread of the [`Checkpointer`] encodes, hashes and writes. A slow disk delays the next
//! checkpoint, and not the nodes. An exception is [released
//! output](CheckpointerBuilder::release_to), which waits for its checkpoint.
//!
//! The snapshot, and the chunks that have changed, are in memory until the checkpoint is written.
//!
//! For a large state, use a map that shares its memory with its clones, such as a map of the crate
//! `imbl`. A clone then takes microseconds however many entries there are. `cargo bench --features
//! checkpoint --bench checkpoint` measures these costs on your machine.
//!
//! # What if a type changes?
//!
//! A checkpoint carries the versions of the types of states and messages. Reading a value of
//! another version is an error that names its node or link, unless the program's [`Format`] has a
//! [migration](Format::migrate_state). A checkpoint can only be restored with the same topology,
//! and a store holds checkpoints of one topology.
//!
//! # What if a node fails?
//!
//! [`SystemBuilder::supervise`](crate::SystemBuilder::supervise) restarts a system from its last
//! good checkpoint, within the process, when a node panics or a handler does not return.
//!
//! # Which calls wait?
//!
//! | call | waits for | in a handler of the system, or in the callback |
//! |---|---|---|
//! | [`Checkpointer::join`] | the end of the system, or a durable checkpoint of the final states | returns at once, and the checkpointer goes on |
//! | the drop of a [`Checkpointer`] | a checkpoint that is being written, and calls of the sink and the callback | returns at once, and the checkpointer ends by itself |
//! | [`Supervised::join`], [`Supervised::stop`] | the end of the supervision | [`SupervisionError::InOwnThread`] at once |
//! | the drop of a [`Supervised`] | as for a checkpointer; then handlers that are running, at most [`give_up_after`](RestartPolicy::give_up_after) | returns at once, and the supervision ends by itself |
//! | `next` of [`Reports`] | a report, or the end of the thread that reports | do not call it there: it waits, and snapshots wait for the handler |
//!
//! # How do I inspect a store?
//!
//! [`Catalog`] lists, checks, compares and pins checkpoints without the types of the program.
//! [`Checkpoints::export_json`] writes a checkpoint for a person to read. The example `inspect`
//! does both from the command line: `cargo run --features checkpoint --example inspect -- --help`.
//!
//! # Which metrics are there?
//!
//! The feature `metrics` adds these, for the recorder that the program has installed. A
//! [`Checkpointer`] or a supervision records them; a call of [`Checkpoints::save`] records none.
//!
//! | name | |
//! |---|---|
//! | `consistent_cut_checkpoints_total` | counter, by `outcome`: `saved`, `skipped`, `snapshot_failed`, `save_failed`, `release_failed`, `node_failed`. A saved checkpoint whose output the sink refuses counts twice: as `saved` and as `release_failed` |
//! | `consistent_cut_checkpoint_seconds` | histogram: how long the saving took, in seconds |
//! | `consistent_cut_checkpoint_bytes` | gauge: the size of the last checkpoint in bytes |
//! | `consistent_cut_checkpoint_new_bytes_total`, `_shared_bytes_total` | counters: bytes that were written, and bytes that the store had already |
//! | `consistent_cut_checkpoint_last_timestamp_seconds` | gauge: when the last checkpoint was written, in seconds since 1970; the time since then is its age |
//! | `consistent_cut_checkpoints_damaged_total`, `consistent_cut_restores_total` | counters: checkpoints found damaged by any load, and systems restored from a checkpoint by any call |
//! | `consistent_cut_released_total` | counter: messages that the sink has taken |
//! | `consistent_cut_restarts_total` | counter of attempts to restart, by `cause`: `nodes_failed`, `stuck`, `not_resumed` |
//!
//! The page of the [runtime](crate::runtime#which-metrics-are-there) lists the metrics of snapshots
//! and nodes.

#[cfg(feature = "timely")]
pub(crate) mod ahead;
mod catalog;
mod checkpoints;
mod contents;
mod resume;
mod retention;
mod running;
mod store;
mod supervision;
mod transfer;
mod wall_clock;

pub use catalog::{Catalog, Changed};
pub use checkpoints::{Checkpoints, Loaded, Which};
pub use contents::codec::{Codec, CodecError, Json, Postcard};
pub use contents::format::{Format, Old};
pub use contents::load_error::{Damage, LoadError};
pub use contents::save_error::SaveError;
#[cfg(feature = "object-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
pub use object_store;
pub use resume::{ResumeError, Resumed};
pub use running::checkpointer::{Checkpointer, CheckpointerBuilder};
pub use running::event::{CheckpointCounts, CheckpointEvent, Reports};
pub use running::sink::{LineSink, Sink};
pub use running::source::{LinePosition, LineSource, Source};
pub use store::file_store::FileStore;
pub use store::id::{CheckpointId, ContentHash};
pub use store::memory_store::MemoryStore;
pub use store::record::{Chunk, Counts, Meta, Part, PartKind, Record};
#[cfg(feature = "object-store")]
#[cfg_attr(docsrs, doc(cfg(feature = "object-store")))]
pub use store::shared_store::SharedStore;
pub use store::store::{Ahead, Change, Store, View};
pub use store::store_error::StoreError;
pub use supervision::{
    Cause, RestartPolicy, Supervised, SupervisionError, SupervisionEvent, SupervisorBuilder,
};
pub use transfer::TransferError;
