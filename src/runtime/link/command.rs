//! The channel of commands to a node.

use std::sync::Arc;

use super::bell::Bell;
use crate::id::{LinkId, SnapshotId};
use crate::sync::Sender;

/// A command of the coordinator or of the handle to a node.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) enum Command {
    /// Be an initiator of this snapshot.
    Begin(SnapshotId),
    /// This snapshot has failed.
    Abandon(SnapshotId),
    /// The marker of this snapshot has come back on a link that leaves the node.
    MarkerReturned(LinkId, SnapshotId),
    /// All snapshots up to this one are over, or will never begin.
    AbandonUpTo(SnapshotId),
    /// Handle nothing more.
    Stop,
    /// Handle nothing more, and drop what comes.
    StopAndDrain,
    /// Handle nothing more, for a last snapshot.
    Halt,
    /// There is no last snapshot: go on.
    Resume,
    /// End the thread.
    ShutDown,
}

/// The sending end of a node's channel of commands. The node receives them in one order.
#[derive(Clone)]
pub(crate) struct CommandPort {
    commands: Sender<Command>,
    pub(crate) bell: Arc<Bell>,
}

impl CommandPort {
    pub(crate) fn new(commands: Sender<Command>, bell: Arc<Bell>) -> Self {
        CommandPort { commands, bell }
    }

    /// False if the node has panicked or ended: the command is then dropped.
    pub(crate) fn command(&self, command: Command) -> bool {
        let is_heard = self.commands.send(command).is_ok();
        if is_heard {
            self.bell.ring_urgently();
        }
        is_heard
    }
}
