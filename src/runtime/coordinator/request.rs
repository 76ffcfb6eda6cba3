//! What callers ask of the coordinator, and all that it hears.

use crate::id::{NodeId, SnapshotId};
use crate::runtime::node::event::NodeEvent;

/// What the coordinator hears, in one order.
pub(crate) enum Event<S, M> {
    Caller(Request),
    Node(NodeEvent<S, M>),
}

/// What a caller asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    /// A snapshot was opened in the registry: look there.
    Opened,
    /// A snapshot is no longer wanted.
    Cancel(SnapshotId),
    ShutDown,
}

/// Where a snapshot starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Initiators {
    /// At as few nodes as it takes to reach all.
    Fewest,
    /// At these nodes and no others, if they reach all.
    Only(Vec<NodeId>),
    /// At these nodes, which have requested it, and as few others as it takes to reach all.
    Requesting(Vec<NodeId>),
}
