//! The values that travel between workers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, ReplyTo, SnapshotId};
use crate::protocol::{LinkRecord, NodeRecord, Report};
use crate::runtime::Command;

/// Everything that one worker sends to another in a turn. The engine keeps the parcels of two
/// workers in order, so each link keeps its order too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Parcel<S, M> {
    /// The worker that gets it.
    pub(super) to: u32,
    pub(super) visits: Vec<Visit<M>>,
    /// For the coordinator. Only the first worker gets notices.
    pub(super) notices: Vec<Notice<S, M>>,
}

/// An item, and the position of the node that it is for on its worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Visit<M> {
    /// For an item for all nodes of a region it is the position of the first, and for an item for a
    /// whole worker it is [`ALL`].
    pub(super) at: u32,
    pub(super) item: Item<M>,
}

/// Stands in place of a position for the whole worker.
pub(super) const ALL: u32 = u32::MAX;

/// What is to be done at a node or on a whole worker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Item<M> {
    /// For the target of the link.
    Message { link: LinkId, message: M },
    /// For the target of the link.
    Marker { link: LinkId, snapshot: SnapshotId },
    /// For the target of the link: its source has failed.
    End(LinkId),
    /// For the source of the link: the marker comes back.
    Returned { link: LinkId, snapshot: SnapshotId },
    /// For the source of the link: so many messages were received.
    Acknowledged { link: LinkId, received: u64 },
    /// A message from outside.
    Injected { node: NodeId, message: M },
    /// A command to one node.
    ToNode(NodeId, Command),
    /// A command to all nodes of the worker.
    ToAll(Command),
    /// The coordinator's first item to a worker, with the time on the coordinator's clock.
    Start { now: Duration },
}

/// An item for the coordinator.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Notice<S, M> {
    /// Recordings.
    Recordings(Recordings<S, M>),
    /// The process of this node wants a snapshot.
    Requested(NodeId),
    /// This node has stopped.
    Stopped(NodeId),
    /// This node has obeyed a command to halt.
    Halted(NodeId),
    /// This node has panicked.
    Failed(NodeFailure),
    /// A reply to a question from outside.
    Reply(ReplyTo, M),
}

/// Recordings of nodes and links of a turn, and their time. They are kept apart since there are more
/// links than nodes, and the record of a link is far smaller.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recordings<S, M> {
    pub(super) nodes: Vec<NodeRecord<S, M>>,
    pub(super) links: Vec<LinkRecord<M>>,
    pub(super) at: Duration,
}

impl<S, M> Recordings<S, M> {
    pub(super) fn new() -> Self {
        Recordings { nodes: Vec::new(), links: Vec::new(), at: Duration::ZERO }
    }

    pub(super) fn push(&mut self, report: Report<S, M>) {
        match report {
            Report::Node(record) => self.nodes.push(record),
            Report::Link(record) => self.links.push(record),
        }
    }

    /// Takes the recordings, if there are any.
    pub(super) fn take(&mut self, at: Duration) -> Option<Self> {
        if self.nodes.is_empty() && self.links.is_empty() {
            return None;
        }
        Some(Recordings { at, ..std::mem::replace(self, Recordings::new()) })
    }

    /// The recordings as the coordinator takes them in. A snapshot needs all of them, so their order
    /// does not matter.
    pub(super) fn into_reports(self) -> impl Iterator<Item = Report<S, M>> {
        let nodes = self.nodes.into_iter().map(Report::Node);
        nodes.chain(self.links.into_iter().map(Report::Link))
    }
}

impl<S, M> Parcel<S, M> {
    pub(super) fn new(worker: u32) -> Self {
        Parcel { to: worker, visits: Vec::new(), notices: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty() && self.notices.is_empty()
    }

    /// Takes the contents, and makes room for as much again.
    pub(super) fn take(&mut self) -> Self {
        let visits = Vec::with_capacity(self.visits.len());
        std::mem::replace(self, Parcel { to: self.to, visits, notices: Vec::new() })
    }
}
