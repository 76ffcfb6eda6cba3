//! A [`GlobalSnapshot`]: the recorded state of every node and every link.

// The first modules are in the order in which rustdoc is to show the calls of `GlobalSnapshot`.
mod contents;

mod verify;

mod diff;

mod edit;

mod image;

mod channel;
mod options;
mod output;
mod restore_error;
mod show;
mod silent;
mod snapshot_error;
mod timings;

use std::sync::Arc;
use std::time::Duration;

use crate::driver::NodeFailure;
use crate::id::{NodeId, SnapshotId, TimerId};
use crate::topology::Topology;

pub use channel::ChannelState;
pub use diff::{Diff, DiffError, LinkDiff, NodeChange};
pub use edit::{EditError, SnapshotEditor};
pub use image::NodeImage;
pub(crate) use options::DEFAULT_TIMEOUT;
pub use options::SnapshotOptions;
pub use output::OutputState;
pub use restore_error::RestoreError;
pub use silent::{Missing, Silent};
pub use snapshot_error::SnapshotError;
pub use timings::{NodeTiming, Timings};
pub use verify::{VerifyError, Violation};

/// The recorded global state S\*: the state of every node, and the messages in flight on every
/// link.
///
/// Its meaning (Chandy and Lamport 1985, section 4): S\* is reachable from the real global state in
/// which the snapshot began, and the real global state in which it ended is reachable from S\*. S\*
/// itself need not have occurred. So a stable property that holds in S\* holds from the snapshot's
/// end on. A stable property that does not hold in S\* did not hold when the snapshot began. A
/// property that does not hold in S\* is not an invariant. None of this is true of a snapshot that
/// [was edited](Self::is_edited).
///
/// A node that had [failed](Self::failures) when the snapshot began has no part in the snapshot. It
/// has no state, and its in-links are empty, since messages to it are lost. Its out-links hold the
/// messages that it had sent before it failed.
///
/// `Display` prints the snapshot for a person: every node's state, with its timers and whether it
/// had stopped, and every link that is not empty.
#[derive(Clone, Debug)]
pub struct GlobalSnapshot<S, M>(Parts<S, M>, Provenance);

/// The origin of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provenance {
    /// The collector has merged the records of a system.
    Recorded,
    /// A [`SnapshotEditor`] has changed the snapshot.
    Edited,
}

/// The parts of a snapshot, for the collector to fill in.
#[derive(Clone, Debug)]
pub(crate) struct Parts<S, M> {
    pub(crate) id: SnapshotId,
    /// The highest id begun by the time at which this snapshot was complete.
    pub(crate) highest_id: SnapshotId,
    pub(crate) topology: Arc<Topology>,
    pub(crate) initiators: Vec<NodeId>,
    /// All nodes that have not failed, by id.
    pub(crate) nodes: Vec<RecordedNode<S, M>>,
    pub(crate) failures: Vec<NodeFailure>,
    /// By `LinkId`: the links of the topology, then the environment links.
    pub(crate) channels: Vec<ChannelState<M>>,
    pub(crate) timings: Timings,
}

/// One node's state as a snapshot recorded it.
#[derive(Clone, Debug)]
pub(crate) struct RecordedNode<S, M> {
    pub(crate) node: NodeId,
    pub(crate) state: S,
    pub(crate) stopped: bool,
    pub(crate) drains: bool,
    pub(crate) timers: Vec<PendingTimer>,
    pub(crate) output: OutputState<M>,
}

/// A timer that was set and not yet due when its node recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingTimer {
    /// The timer.
    pub timer: TimerId,
    /// The time that was left; zero if the timer was overdue.
    pub remaining: Duration,
    /// How long the timer was overdue; zero if time was left. Among several overdue timers, the
    /// timer that is overdue longest fires first, in a restored system too.
    pub overdue: Duration,
}
