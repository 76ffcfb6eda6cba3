//! The values that travel between workers.

use std::time::Duration;

use serde::{Deserialize, Serialize};

#[cfg(feature = "checkpoint")]
use super::saving::{SaveReply, SaveStep};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, ReplyTo, SnapshotId};
use crate::runtime::{Command, Recordings};

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

/// What is to be done at a node or on a whole worker. There may be millions of items at a time, so
/// they are small.
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
    /// For the source of the link: this many messages were received in all.
    Acknowledged { link: LinkId, received: u64 },
    /// A message from outside.
    Injected { node: NodeId, message: M },
    /// A command to one node.
    ToNode(Box<Command>),
    /// A command to all nodes of the worker.
    ToAll(Box<Command>),
    /// A step of a checkpoint, for the whole worker.
    #[cfg(feature = "checkpoint")]
    Save(Box<SaveStep>),
    /// The coordinator's first item to a worker, with the time on the coordinator's clock.
    Start { now: Box<Duration> },
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
    /// A worker's answer to a step of a checkpoint.
    #[cfg(feature = "checkpoint")]
    Saved(SaveReply),
    /// A reply to a question from outside.
    Reply(ReplyTo, M),
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A snapshot of a large system has an item for each link in the queues at the same time.
    #[test]
    fn an_item_is_not_larger_than_its_message_and_link() {
        assert_eq!((size_of::<Item<u64>>(), size_of::<Visit<u64>>()), (16, 24));
    }
}
