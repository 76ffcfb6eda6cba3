//! Why there is no picture.

use thiserror::Error;

use crate::causality::CutError;
use crate::id::SnapshotId;

/// Why there is nothing to draw: the trace does not hold what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpaceTimeError {
    /// No node has recorded for the snapshot.
    #[error(
        "no node records for {0} in this trace: show a snapshot that was begun in the traced run"
    )]
    UnknownSnapshot(SnapshotId),
    /// The run has no time for all nodes, or is drawn in another order than the one in which it
    /// happened.
    #[error(
        "this run has no time to be drawn by: draw the run of a simulation, and do not rearrange it"
    )]
    NoTime,
    /// The cut is of another trace.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// The window shows nothing, or shows more than there is.
    #[error(
        "the window is to show events {start} to {end}, the last not included, of {events}: choose a range within these"
    )]
    Window {
        /// The place of the first event that the window is to show.
        start: usize,
        /// The place behind the last event.
        end: usize,
        /// How many events the trace has.
        events: usize,
    },
}
