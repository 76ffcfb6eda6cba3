//! The values that travel between workers.

use std::collections::VecDeque;
use std::time::Duration;
use std::vec::Drain;

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
    pub(super) visits: Visits<M>,
    /// For the coordinator. Only the first worker gets notices.
    pub(super) notices: Vec<Notice<S, M>>,
}

/// Visits in order. Messages in a row stand apart from them: side by side they are quickly read in
/// another thread, and written to another process.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Visits<M> {
    visits: Vec<Visit<M>>,
    /// The messages of all [rows](Item::RowApart).
    in_rows: Vec<M>,
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
    /// For the target of the link: messages in a row, once they are on the worker.
    Row { link: LinkId, messages: Row<M> },
    /// A row on the way to the worker: this many of the messages that stand apart.
    RowApart { link: LinkId, messages: u32 },
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

/// Messages of one link in a row. They are boxed, since an item is small.
pub(super) type Row<M> = Box<VecDeque<M>>;

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

impl<M> Visits<M> {
    pub(super) fn new() -> Self {
        Visits { visits: Vec::new(), in_rows: Vec::new() }
    }

    #[inline(always)]
    pub(super) fn push(&mut self, at: u32, item: Item<M>) {
        self.visits.push(Visit { at, item });
    }

    /// Adds messages in a row, and leaves `messages` empty.
    pub(super) fn push_row(&mut self, at: u32, link: LinkId, messages: &mut Vec<M>) {
        // A row of more messages than there are numbers would need gigabytes.
        self.push(at, Item::RowApart { link, messages: messages.len() as u32 });
        self.in_rows.append(messages);
    }

    pub(super) fn first(&self) -> Option<&Item<M>> {
        self.visits.first().map(|first| &first.item)
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }

    /// Takes out the visits, and the messages of their rows.
    pub(super) fn drain(&mut self) -> (Drain<'_, Visit<M>>, Drain<'_, M>) {
        (self.visits.drain(..), self.in_rows.drain(..))
    }

    /// For how many visits and messages there is memory.
    pub(super) fn room(&self) -> usize {
        self.visits.capacity().saturating_add(self.in_rows.capacity())
    }
}

impl<S, M> Parcel<S, M> {
    pub(super) fn new(worker: u32) -> Self {
        Parcel { to: worker, visits: Visits::new(), notices: Vec::new() }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty() && self.notices.is_empty()
    }

    /// Takes the contents. The next visits are put where the `emptied` ones were.
    pub(super) fn take(&mut self, emptied: Visits<M>) -> Self {
        let visits = std::mem::replace(&mut self.visits, emptied);
        Parcel { to: self.to, visits, notices: std::mem::take(&mut self.notices) }
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
