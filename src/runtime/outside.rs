//! What comes to a node from outside the system: commands, and messages on its environment link.

use std::sync::Arc;

use super::bell::{Bell, fence_between_push_and_ring};
use super::discard::discard_all;
use super::gauge::Gauge;
use crate::id::{LinkId, SnapshotId};
use crate::process::Process;
use crate::protocol::{Envelope, NodeCore};
use crate::sync::{Receiver, SendError, Sender};

/// What the coordinator and the handle tell a node.
#[derive(Clone, Copy)]
pub(super) enum Command {
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

/// The way on which commands come to a node, in one order.
#[derive(Clone)]
pub(super) struct CommandPort {
    commands: Sender<Command>,
    pub(super) bell: Arc<Bell>,
}

impl CommandPort {
    pub(super) fn new(commands: Sender<Command>, bell: Arc<Bell>) -> Self {
        CommandPort { commands, bell }
    }

    /// False if the node has panicked or ended, so that nobody hears it.
    pub(super) fn command(&self, command: Command) -> bool {
        let is_heard = self.commands.send(command).is_ok();
        if is_heard {
            self.bell.ring_urgently();
        }
        is_heard
    }
}

/// The way to a node from outside the system.
pub(super) struct NodePort<M> {
    pub(super) commands: CommandPort,
    /// The node's environment link.
    pub(super) environment: Sender<M>,
    pub(super) gauge: Arc<Gauge>,
    pub(super) bell: Arc<Bell>,
}

impl<M> NodePort<M> {
    /// False if the node has panicked or ended, so that nobody hears it.
    pub(super) fn command(&self, command: Command) -> bool {
        self.commands.command(command)
    }

    /// Hands the message back if the node has panicked or ended.
    pub(super) fn inject(&self, message: M) -> Result<(), SendError<M>> {
        self.environment.send(message)?;
        self.gauge.count_sent_by_one_of_many();
        fence_between_push_and_ring();
        self.bell.ring();
        Ok(())
    }
}

impl<M> Clone for NodePort<M> {
    fn clone(&self) -> Self {
        NodePort {
            commands: self.commands.clone(),
            environment: self.environment.clone(),
            gauge: Arc::clone(&self.gauge),
            bell: Arc::clone(&self.bell),
        }
    }
}

/// The node's ends.
pub(super) struct Outside<M> {
    pub(super) commands: Receiver<Command>,
    pub(super) environment: InEnvironment<M>,
    pub(super) is_shut_down: bool,
}

/// The receiving end of the environment link.
pub(super) struct InEnvironment<M> {
    pub(super) id: LinkId,
    pub(super) rx: Receiver<M>,
    pub(super) gauge: Arc<Gauge>,
    /// The node's own, since nobody waits for room on this link.
    pub(super) bell: Arc<Bell>,
}

/// Why no arrival is refused.
pub(super) const WIRED: &str = "the builder wires a node to the links that end at it";

impl<M: Clone + Send + Sync + 'static> Outside<M> {
    /// Does what was commanded.
    pub(super) fn obey<P: Process<Message = M>>(&mut self, core: &mut NodeCore<P>) {
        self.commands.drain(usize::MAX, |command| match command {
            Command::Begin(snapshot) => {
                self.environment.take_in(core, usize::MAX);
                core.begin_snapshot(snapshot);
            }
            Command::Abandon(snapshot) => discard_all(core.abandon_snapshot(snapshot)),
            Command::MarkerReturned(link, snapshot) => {
                self.environment.take_in(core, usize::MAX);
                core.marker_returned(link, snapshot);
            }
            Command::AbandonUpTo(snapshot) => discard_all(core.abandon_up_to(snapshot)),
            Command::Stop => core.stop(),
            Command::StopAndDrain => core.stop_and_drain(),
            Command::Halt => core.halt(),
            Command::Resume => core.resume(),
            Command::ShutDown => self.is_shut_down = true,
        });
    }
}

impl<M: Clone + Send + Sync + 'static> InEnvironment<M> {
    /// Takes in what was injected; false if nothing was. To be called before the node can record: what was injected before a
    /// snapshot began is here by now, and belongs before the cut.
    pub(super) fn take_in<P: Process<Message = M>>(
        &self,
        core: &mut NodeCore<P>,
        limit: usize,
    ) -> bool {
        let mut received = false;
        self.rx.drain(limit, |message| {
            received = true;
            // Links and core come from the same topology.
            core.arrive(self.id, Envelope::Message(message)).expect(WIRED);
        });
        received
    }

    /// One message of the link was processed.
    pub(super) fn count_processed(&self) {
        self.gauge.count_processed(&self.bell);
    }
}

/// What is still injected is received by nobody.
impl<M> Drop for InEnvironment<M> {
    fn drop(&mut self) {
        self.gauge.end();
    }
}
