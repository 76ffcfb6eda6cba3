//! What a node has done, written down as it does it: for traces.

use crate::causality::Cause;
use crate::id::{LinkId, SnapshotId};

/// An entry of a node's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Logged {
    /// A handler ran.
    Handled {
        /// What made it run.
        cause: Cause,
        /// The links on which it sent a message, in this order.
        sends: Vec<LinkId>,
    },
    /// The node recorded its state.
    Recorded(SnapshotId),
}
