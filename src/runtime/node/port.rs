//! Input of a node from outside the system: commands, and messages on its environment link.

use std::sync::Arc;

use super::entrance::{Entrance, Refused};
use crate::id::LinkId;
use crate::panics::discard_all;
use crate::process::Process;
use crate::protocol::{Envelope, NodeCore};
use crate::runtime::link::bell::{Bell, fence_between_push_and_ring};
use crate::runtime::link::command::{Command, CommandPort};
use crate::sync::{Receiver, Sender};

/// The way to a node from outside the system.
pub(crate) struct NodePort<M> {
    pub(crate) commands: CommandPort,
    /// The node's environment link.
    pub(crate) environment: Sender<M>,
    pub(crate) entrance: Arc<Entrance>,
    pub(crate) bell: Arc<Bell>,
}

impl<M> NodePort<M> {
    /// Sends a command. False if the node has panicked or ended: the command is then dropped.
    pub(crate) fn command(&self, command: Command) -> bool {
        self.commands.command(command)
    }

    /// Injects a message. Hands it back if the node has panicked or ended, or if its environment
    /// link is full.
    pub(crate) fn inject(&self, message: M) -> Result<(), (Refused, M)> {
        if !self.entrance.admit() {
            let has_ended = self.entrance.gauge().has_ended();
            return Err((if has_ended { Refused::Ended } else { Refused::Full }, message));
        }
        self.environment.send(message).map_err(|refused| (Refused::Ended, refused.0))?;
        self.entrance.gauge().count_sent_by_one_of_many();
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
            entrance: Arc::clone(&self.entrance),
            bell: Arc::clone(&self.bell),
        }
    }
}

/// The node's ends of its input from outside.
pub(crate) struct Outside<M> {
    pub(crate) commands: Receiver<Command>,
    pub(crate) environment: InEnvironment<M>,
    pub(crate) is_shut_down: bool,
}

/// The receiving end of the environment link.
pub(crate) struct InEnvironment<M> {
    pub(crate) id: LinkId,
    pub(crate) rx: Receiver<M>,
    pub(crate) entrance: Arc<Entrance>,
    /// Whether messages were received that are not yet shown to observers.
    pub(crate) is_touched: bool,
}

/// Why the core accepts every arrival.
pub(crate) const WIRED: &str = "the builder wires a node to the links that end at it";

impl<M: Clone + Send + Sync + 'static> Outside<M> {
    /// Obeys the commands that have come.
    pub(crate) fn obey<P: Process<Message = M>>(&mut self, core: &mut NodeCore<P>) {
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
    /// Takes in the injected messages; false if there were none. Called before the node can record:
    /// messages injected before a snapshot began are here by now, and belong before the cut.
    pub(crate) fn take_in<P: Process<Message = M>>(
        &self,
        core: &mut NodeCore<P>,
        limit: usize,
    ) -> bool {
        let mut received = false;
        self.rx.drain(limit, |message| {
            received = true;
            // The link and the core come from the same topology.
            core.arrive(self.id, Envelope::Message(message)).expect(WIRED);
        });
        received
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rx.is_empty()
    }

    /// Notes that a message of the link was received.
    pub(crate) fn touch(&mut self, received: impl FnOnce() -> u64) {
        self.is_touched = true;
        if self.entrance.is_awaited() {
            self.entrance.gauge().set_received(received());
            fence_between_push_and_ring();
            self.entrance.let_in();
        }
    }

    /// Whether messages were received that are not yet shown to observers.
    #[inline]
    pub(crate) fn is_touched(&self) -> bool {
        self.is_touched
    }

    /// Shows how many messages were received. If it returns true, the caller must pass a fence and
    /// then call [`let_in`](Entrance::let_in).
    #[inline]
    pub(crate) fn acknowledge(&mut self, received_on: impl Fn(LinkId) -> u64) -> bool {
        if !std::mem::take(&mut self.is_touched) {
            return false;
        }
        self.entrance.gauge().set_received(received_on(self.id));
        self.entrance.gauge().is_limited()
    }
}

/// Messages that are injected after this are dropped.
impl<M> Drop for InEnvironment<M> {
    fn drop(&mut self) {
        self.entrance.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Entrance, InEnvironment};
    use crate::id::LinkId;
    use crate::runtime::link::gauge::Gauge;
    use crate::sync::{channel, model, spawn, wait_a_turn};

    /// The node may have a slow handler before it, so the caller must not wait for the turn's end.
    #[test]
    fn a_caller_that_is_seen_to_wait_hears_of_room_at_once() {
        model(|| {
            let entrance = Arc::new(Entrance::new(Gauge::new(1, 1, 0)));
            let (_injects, rx) = channel::<()>();
            let id = LinkId::new(0);
            let is_touched = false;
            let mut link = InEnvironment { id, rx, entrance: Arc::clone(&entrance), is_touched };
            let waiting = Arc::clone(&entrance);
            let caller = spawn("caller".to_owned(), None, move || waiting.wait(None, || false));
            while !entrance.is_awaited() {
                wait_a_turn();
            }
            link.touch(|| 1);
            assert!(caller.expect("a thread").join().expect("no assertion fails"));
        });
    }
}
