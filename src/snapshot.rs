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
mod parts;
mod restore_error;
#[cfg(feature = "serde")]
mod serial;
mod show;
mod silent;
mod snapshot_error;
mod timings;

use std::time::Duration;

use crate::id::TimerId;

pub use channel::ChannelState;
pub use diff::{Diff, DiffError, LinkDiff, NodeChange};
pub use edit::{EditError, SnapshotEditor};
pub use image::NodeImage;
pub(crate) use options::DEFAULT_TIMEOUT;
pub use options::SnapshotOptions;
pub use output::OutputState;
pub use parts::{PartsError, RecordedNode, SnapshotParts};
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
pub struct GlobalSnapshot<S, M>(SnapshotParts<S, M>);

/// A timer that was set and not yet due when its node recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PendingTimer {
    /// The timer.
    pub timer: TimerId,
    /// The time that was left; zero if the timer was overdue.
    pub remaining: Duration,
    /// How long the timer was overdue; zero if time was left. Among several overdue timers, the
    /// timer that is overdue longest fires first, in a restored system too.
    pub overdue: Duration,
}
