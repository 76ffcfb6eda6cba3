//! Changes to a snapshot before a restore.

use std::fmt;
use std::time::Duration;

use thiserror::Error;

use super::{GlobalSnapshot, OutputState, PendingTimer, RecordedNode, SnapshotParts, VerifyError};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, TimerId};
use crate::topology::Link;

impl<S: Clone, M: Clone> GlobalSnapshot<S, M> {
    /// Begins to edit a copy. Messages in flight, states and timers can be dropped, changed and
    /// added before a system is [restored](crate::SystemBuilder::restore) from the copy. The
    /// example drops a *poison message*, at which a node would panic after each restore:
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, NodeId, Process, Restore, System, Topology};
    /// # struct Sum(u64);
    /// # impl Process for Sum {
    /// #     type State = u64;
    /// #     type Message = u64;
    /// #     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) {
    /// #         self.0 += 12 / number
    /// #     }
    /// #     fn state(&self) -> u64 { self.0 }
    /// # }
    /// # impl Restore for Sum {
    /// #     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) {
    /// #         self.0 = recorded
    /// #     }
    /// # }
    /// # let topology = Topology::ring(1)?;
    /// # let system = System::builder(topology.clone()).spawn(|_| Sum(0))?;
    /// # let last = system.snapshot_and_stop()?;
    /// let mut editor = last.edit();
    /// let dropped = editor.retain_messages(|_, number| *number != 0);
    /// println!("dropped {dropped} messages");
    /// let mended = editor.finish()?;
    /// assert!(mended.is_edited());
    /// let again = System::builder(topology).restore(&mended, |_| Sum(0))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn edit(&self) -> SnapshotEditor<S, M> {
        let lengths = self.0.channels.iter().map(|channel| channel.messages.len()).collect();
        SnapshotEditor { parts: self.0.clone(), lengths }
    }
}

impl<S, M> GlobalSnapshot<S, M> {
    /// Whether the snapshot was made by a [`SnapshotEditor`]. Then it is not the recorded state of
    /// a system: the system may be unable to reach it, and verdicts about it say nothing about the
    /// system. `Display` and `Debug` tell that a snapshot was edited.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        self.0.is_edited
    }
}

/// A copy of a snapshot that can be changed, made by [`GlobalSnapshot::edit`].
/// [`finish`](Self::finish) makes a snapshot of it.
///
/// # How do the counts change?
///
/// The [channel law](GlobalSnapshot::verify) holds for the result: a link holds its messages m+1 to
/// n. A link that holds *fewer* messages than before counts the difference as received (m grows). A
/// link that holds *more* messages counts the difference as sent (n grows). So counts never go
/// down, and a system restored from the result goes on counting from there. In the counts, a
/// dropped message is a message that its receiver received without effect, and an added message is
/// a message that its sender sent. **The states do not change with the counts**: a process that
/// counts its messages itself now disagrees with its links, unless its state is edited too.
///
/// Ids, initiators and timings remain those of the recording.
pub struct SnapshotEditor<S, M> {
    parts: SnapshotParts<S, M>,
    /// How many messages each link held.
    lengths: Vec<usize>,
}

impl<S, M> SnapshotEditor<S, M> {
    /// Keeps the messages in flight for which `keep` is true, and drops the others: on the links of
    /// the topology and on environment links. Returns how many were dropped.
    pub fn retain_messages(&mut self, mut keep: impl FnMut(Link, &M) -> bool) -> usize {
        let mut dropped = 0;
        for channel in &mut self.parts.channels {
            let before = channel.messages.len();
            channel.messages.retain(|message| keep(channel.link, message));
            dropped += before - channel.messages.len();
        }
        dropped
    }

    /// The messages in flight on a link, in their order: the first will be received first. Messages
    /// added to an environment link count as injected.
    ///
    /// # Errors
    /// If the link is neither in the topology nor an environment link, or its target has failed. A
    /// failed node needs a [state](Self::set_state) first.
    pub fn messages_mut(&mut self, link: LinkId) -> Result<&mut Vec<M>, EditError> {
        let links = self.parts.channels.len();
        let Some(channel) = self.parts.channels.get_mut(link.index()) else {
            return Err(EditError::UnknownLink { link, links });
        };
        let target = channel.link.target;
        match self.parts.failures.iter().find(|failure| failure.node == target) {
            Some(failure) => Err(EditError::NodeFailed { failure: failure.clone() }),
            None => Ok(&mut channel.messages),
        }
    }

    /// The state of a node.
    ///
    /// # Errors
    /// If the node is not in the topology, or has failed. A failed node needs a
    /// [state](Self::set_state) first.
    pub fn state_mut(&mut self, node: NodeId) -> Result<&mut S, EditError> {
        self.recorded_mut(node).map(|recorded| &mut recorded.state)
    }

    /// Gives a node another state. A node that has failed takes part again: not stopped, without
    /// timers, and with no message in flight to it. Its emitted messages are numbered from 1,
    /// unless you [set the number](Self::set_emitted).
    ///
    /// # Errors
    /// If the node is not in the topology.
    pub fn set_state(&mut self, node: NodeId, state: S) -> Result<(), EditError> {
        match self.recorded_mut(node) {
            Ok(recorded) => recorded.state = state,
            Err(EditError::NodeFailed { .. }) => self.bring_back(node, state),
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn bring_back(&mut self, node: NodeId, state: S) {
        self.parts.failures.retain(|failure| failure.node != node);
        let at = self.parts.nodes.partition_point(|recorded| recorded.node < node);
        let back = RecordedNode {
            node,
            state,
            stopped: false,
            drains: false,
            timers: Vec::new(),
            output: OutputState::new(0, Vec::new()),
        };
        self.parts.nodes.insert(at, back);
    }

    /// Sets a timer of a node, with the time that is left. A pending timer is moved.
    ///
    /// # Errors
    /// If the node is not in the topology, or has failed.
    pub fn set_timer(
        &mut self,
        node: NodeId,
        timer: TimerId,
        remaining: Duration,
    ) -> Result<(), EditError> {
        let timers = &mut self.recorded_mut(node)?.timers;
        let set = PendingTimer { timer, remaining, overdue: Duration::ZERO };
        match timers.binary_search_by_key(&timer, |pending| pending.timer) {
            Ok(at) => timers[at] = set,
            Err(at) => timers.insert(at, set),
        }
        Ok(())
    }

    /// Cancels a timer of a node. Nothing changes if the timer is not pending.
    ///
    /// # Errors
    /// If the node is not in the topology, or has failed.
    pub fn cancel_timer(&mut self, node: NodeId, timer: TimerId) -> Result<(), EditError> {
        self.recorded_mut(node)?.timers.retain(|pending| pending.timer != timer);
        Ok(())
    }

    /// Drops a node's emitted messages up to this number. These messages were not taken by the cut
    /// but have been taken since, so a restored system must not hand them out again. Returns how
    /// many were dropped. Messages that the node emitted after the cut are emitted again, under the
    /// same numbers: the taker has to know them.
    ///
    /// # Errors
    /// If the node is not in the topology, or has failed.
    pub fn outputs_taken(&mut self, node: NodeId, number: u64) -> Result<usize, EditError> {
        let output = &mut self.recorded_mut(node)?.output;
        let were_taken = number.saturating_sub(output.taken());
        let dropped = output.untaken.len().min(usize::try_from(were_taken).unwrap_or(usize::MAX));
        output.untaken.drain(..dropped);
        Ok(dropped)
    }

    /// Sets the number of messages that a node has emitted, and drops its messages that were not
    /// taken. The next message that the node emits has the number after `emitted`. Use this for a
    /// failed node that has a [state](Self::set_state) again: its count begins at zero otherwise.
    ///
    /// # Errors
    /// If the node is not in the topology, or has failed.
    pub fn set_emitted(&mut self, node: NodeId, emitted: u64) -> Result<(), EditError> {
        self.recorded_mut(node)?.output = OutputState::new(emitted, Vec::new());
        Ok(())
    }

    /// Adjusts the counts, and makes a snapshot that is marked as
    /// [edited](GlobalSnapshot::is_edited).
    ///
    /// # Errors
    /// If a link breaks the channel law, as [`GlobalSnapshot::verify`] checks it.
    pub fn finish(mut self) -> Result<GlobalSnapshot<S, M>, EditError> {
        for (channel, before) in self.parts.channels.iter_mut().zip(self.lengths) {
            let after = channel.messages.len();
            let (added, dropped) = (after.saturating_sub(before), before.saturating_sub(after));
            channel.sent = channel.sent.saturating_add(added as u64);
            channel.received = channel.received.saturating_add(dropped as u64);
        }
        self.parts.is_edited = true;
        let edited = GlobalSnapshot(self.parts);
        edited.verify()?;
        Ok(edited)
    }

    fn recorded_mut(&mut self, node: NodeId) -> Result<&mut RecordedNode<S, M>, EditError> {
        let SnapshotParts { nodes, failures, topology, .. } = &mut self.parts;
        match nodes.binary_search_by_key(&node, |recorded| recorded.node) {
            Ok(at) => Ok(&mut nodes[at]),
            Err(_) => Err(match failures.iter().find(|failure| failure.node == node) {
                Some(failure) => EditError::NodeFailed { failure: failure.clone() },
                None => EditError::UnknownNode { node, nodes: topology.node_count() },
            }),
        }
    }
}

/// The reason why a snapshot was not edited. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EditError {
    /// The snapshot's topology has no such node.
    #[error("{node} is not in the snapshot, which has {nodes} nodes: edit one of these")]
    UnknownNode {
        /// The node asked for.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// The snapshot's topology has no such link.
    #[error(
        "{link} is not in the snapshot, which has {links} links, environment links included: edit one of these"
    )]
    UnknownLink {
        /// The link asked for.
        link: LinkId,
        /// How many links there are, environment links included.
        links: usize,
    },
    /// The node had failed when the snapshot began.
    #[error("{} has failed in the snapshot: give it a state by SnapshotEditor::set_state first", .failure.node)]
    NodeFailed {
        /// The node and its panic message.
        failure: NodeFailure,
    },
    /// A link breaks the channel law.
    #[error(transparent)]
    Law(#[from] VerifyError),
}

impl<S, M> fmt::Debug for SnapshotEditor<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotEditor").field("id", &self.parts.id).finish_non_exhaustive()
    }
}
