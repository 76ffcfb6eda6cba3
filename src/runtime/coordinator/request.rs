//! The coordinator's events, and the requests of callers.

#[cfg(feature = "timely")]
use crate::driver::LostProcess;
use crate::id::{NodeId, SnapshotId};
use crate::runtime::node::event::NodeEvent;

/// An event for the coordinator. Events come in one order.
pub(crate) enum Event<S, M> {
    Caller(Request),
    Node(NodeEvent<S, M>),
    /// A process of the cluster is lost. The coordinator ends with it.
    #[cfg(feature = "timely")]
    ProcessLost(LostProcess),
}

/// A request of a caller.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    /// A snapshot was opened in the registry: the coordinator must look there.
    Opened,
    /// A caller has cancelled a snapshot.
    Cancel(SnapshotId),
    ShutDown,
}

/// The initiators of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Initiators {
    /// The smallest set of nodes that reaches every node.
    Fewest,
    /// Exactly these nodes, if they reach every node.
    Only(Vec<NodeId>),
    /// These nodes, which have requested the snapshot, and as few other nodes as needed to reach
    /// every node.
    Requesting(Vec<NodeId>),
}
