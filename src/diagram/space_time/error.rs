//! Why there is no picture.

use thiserror::Error;

use crate::causality::CutError;
use crate::id::SnapshotId;

/// What was asked for is not in the trace, so that there is nothing to draw.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpaceTimeError {
    /// No node has recorded for the snapshot.
    #[error(
        "no node records for {0} in this trace: show a snapshot that was begun in the traced run"
    )]
    UnknownSnapshot(SnapshotId),
    /// The run has no time for all nodes, or is drawn in another order than it had.
    #[error(
        "there is no time to draw this run by: draw the run of a simulation, and as it was, not rearranged"
    )]
    NoTime,
    /// The cut is of another trace.
    #[error(transparent)]
    Cut(#[from] CutError),
    /// The window shows nothing, or more than there is.
    #[error(
        "the window is to show events {start} to {end}, the last not included, of {events}: choose a range within these"
    )]
    Window {
        /// The first event that it is to show.
        start: usize,
        /// The first event behind it.
        end: usize,
        /// How many the trace has.
        events: usize,
    },
}
