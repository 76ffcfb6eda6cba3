//! The values in a store: its data about itself, about checkpoints, and about their parts.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::id::{CheckpointId, ContentHash};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::snapshot::{PendingTimer, Timings};
use crate::sync::random_number;

/// The data of a store about itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Meta {
    /// A random number that distinguishes this store from others.
    pub store: u128,
    /// The id of the next checkpoint.
    pub next: CheckpointId,
    /// How many changes were committed.
    pub changes: u64,
    /// The hash of the topology of all checkpoints; `None` before the first checkpoint.
    pub topology: Option<ContentHash>,
}

impl Meta {
    /// The data of a new store.
    #[must_use]
    pub fn new() -> Self {
        let store = u128::from(random_number()) << 64 | u128::from(random_number());
        Meta { store, next: CheckpointId::new(1), changes: 0, topology: None }
    }
}

impl Default for Meta {
    fn default() -> Self {
        Meta::new()
    }
}

/// The data of a store about one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Record {
    /// The checkpoint.
    pub id: CheckpointId,
    /// The snapshot that was stored.
    pub snapshot: SnapshotId,
    /// When the checkpoint was saved, by the machine's clock; 1970 if the clock was before that.
    pub written: SystemTime,
    /// The name of the [codec](crate::checkpoint::Codec) of states and messages.
    pub codec: String,
    /// The version of the type of the states.
    pub state_version: u32,
    /// The version of the type of the messages.
    pub message_version: u32,
    /// The version of the application, as [`Format::application`](crate::checkpoint::Format::application) sets
    /// it.
    pub application: String,
    /// The sizes and numbers.
    pub counts: Counts,
    /// The hash of this record, except for the two fields that follow, and of the list of parts
    /// with the hashes of their contents.
    pub hash: ContentHash,
    /// Whether the checkpoint is [pinned](crate::checkpoint::Catalog::pin): kept however many follow.
    pub is_pinned: bool,
    /// When the checkpoint was last [verified](crate::checkpoint::Catalog::verify); `None` if never.
    pub verified: Option<SystemTime>,
}

/// The sizes and numbers of a checkpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Counts {
    /// How many nodes there are, failed nodes included.
    pub nodes: usize,
    /// How many nodes had failed. If there are any, the checkpoint cannot be restored.
    pub failed: usize,
    /// How many links there are, environment links not included.
    pub links: usize,
    /// How many messages were in flight, on environment links too.
    pub in_flight: usize,
    /// How many emitted messages had not been taken.
    pub untaken: usize,
    /// The size of the contents of all parts in bytes.
    pub bytes: u64,
    /// The size in bytes of the contents that were written: chunks that the store did not have, and
    /// contents of at most 64 bytes, which are always written.
    pub new_bytes: u64,
    /// How long it took to encode the parts, cut them and hash them. The writing is not included.
    pub encoding: Duration,
}

/// One part of a checkpoint: a node, a link, or the snapshot as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Part {
    /// The name of the node, or of the link's ends, or the kind of another part.
    pub name: String,
    /// The data of the part besides its contents.
    pub kind: PartKind,
    /// The contents, in order.
    pub chunks: Vec<Chunk>,
}

/// The data of a part besides its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PartKind {
    /// The topology. Its contents are the topology in postcard.
    Topology,
    /// The data of the snapshot as a whole. There are no contents.
    Snapshot {
        /// The highest id begun by the time at which the snapshot was complete.
        highest_id: SnapshotId,
        /// The nodes that were asked to start the snapshot.
        initiators: Vec<NodeId>,
        /// The nodes that had failed.
        failures: Vec<NodeFailure>,
        /// The times at which the parts were recorded.
        timings: Timings,
        /// Whether the snapshot was edited.
        is_edited: bool,
    },
    /// A node. The contents are its state.
    Node {
        /// The node.
        node: NodeId,
        /// Whether the node had stopped.
        stopped: bool,
        /// Whether the node drained its in-links.
        drains: bool,
        /// The pending timers.
        timers: Vec<PendingTimer>,
    },
    /// The messages that a node had emitted. The contents are the messages that had not been taken.
    /// A node that had emitted none has no such part.
    Output {
        /// The node.
        node: NodeId,
        /// How many messages the node had emitted.
        emitted: u64,
        /// How many of these had not been taken.
        untaken: usize,
    },
    /// A link. The contents are the messages in flight.
    Link {
        /// The link.
        link: LinkId,
        /// n: how many messages were sent before the sender recorded.
        sent: u64,
        /// m: how many of these were received before the receiver recorded.
        received: u64,
        /// How many messages the sender knew to be received.
        acknowledged: u64,
        /// The capacity of the link; `None` if there is no limit.
        capacity: Option<u64>,
    },
    /// Parts of nodes that another process has written. The contents are the list of these parts in
    /// postcard. [`Catalog::parts`](crate::checkpoint::Catalog::parts) has the parts themselves in
    /// place of the list.
    List {
        /// How many nodes there are.
        nodes: usize,
    },
}

/// A piece of a part's contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Chunk {
    /// At most 64 bytes, stored in the part itself.
    Inline(Vec<u8>),
    /// Bytes that the store keeps once for all checkpoints.
    Blob {
        /// The hash of the bytes.
        hash: ContentHash,
        /// How many bytes there are.
        length: u64,
    },
}

impl Chunk {
    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Chunk::Inline(bytes) => bytes.len() as u64,
            Chunk::Blob { length, .. } => *length,
        }
    }
}

impl Part {
    /// The size of the contents in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.chunks.iter().map(Chunk::length).fold(0, u64::saturating_add)
    }
}

/// One line: the id, the snapshot, the numbers and the size.
impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { nodes, failed, links, in_flight, bytes, new_bytes, .. } = self.counts;
        write!(
            f,
            "{}: {} of {nodes} nodes and {links} links, {in_flight} messages in flight, {bytes} bytes, {new_bytes} new",
            self.id, self.snapshot
        )?;
        if failed > 0 {
            write!(f, ", {failed} nodes failed")?;
        }
        if self.is_pinned { f.write_str(", pinned") } else { Ok(()) }
    }
}
