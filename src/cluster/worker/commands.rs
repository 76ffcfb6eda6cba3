//! Commands of the coordinator.

use super::{ITEMS_IN_A_TURN, Phase, Sweep, Worker};
use crate::cluster::parcel::Item;
use crate::id::NodeId;
use crate::panics::{discard, discard_all};
use crate::process::Process;
use crate::runtime::Command;

impl<P: Process> Worker<P> {
    /// Sends a command of the coordinator, which sits on this worker, to one node or to all.
    pub(in crate::cluster) fn send(&mut self, node: Option<NodeId>, command: Command) {
        let Some(node) = node else {
            self.send_to_others(|| Item::ToAll(command));
            return self.obey(&Item::ToAll(command));
        };
        self.post.send_to_node(node, Item::ToNode(node, command));
    }

    /// Sends an item to each other worker.
    pub(in crate::cluster) fn send_to_others(&mut self, item: impl Fn() -> Item<P::Message>) {
        for worker in self.post.others() {
            self.post.send_to_worker(worker, item());
        }
    }

    /// Sends an item to a node of any worker.
    pub(in crate::cluster) fn send_to_node(&mut self, node: NodeId, item: Item<P::Message>) {
        self.post.send_to_node(node, item);
    }

    /// Obeys a command to the whole worker. A command to all nodes reaches them in several turns,
    /// and one command after the other.
    pub(super) fn obey(&mut self, item: &Item<P::Message>) {
        match *item {
            Item::ToAll(Command::ShutDown) => self.end(),
            Item::ToAll(command) => {
                match command {
                    Command::Halt => self.is_halting = true,
                    Command::Resume => self.is_halting = false,
                    _ => {}
                }
                self.sweeps.push_back(Sweep { command, next: 0 });
            }
            _ => {}
        }
    }

    /// Carries commands to all nodes a little further.
    pub(super) fn sweep(&mut self) {
        for _ in 0..ITEMS_IN_A_TURN {
            let Some(sweep) = self.sweeps.front_mut() else { return };
            let (command, at) = (sweep.command, sweep.next);
            // This comes first: a node that panics is passed over then.
            sweep.next += 1;
            if at as usize == self.slots.len() {
                self.sweeps.pop_front();
            } else if !self.slots[at as usize].has_failed {
                self.current = at;
                self.obey_at(at, command);
                self.flush(at);
            }
        }
    }

    /// Lets one node obey a command.
    pub(super) fn obey_at(&mut self, at: u32, command: Command) {
        let core = &mut self.slots[at as usize].core;
        match command {
            Command::Begin(snapshot) => core.begin_snapshot(snapshot),
            Command::Abandon(snapshot) => discard_all(core.abandon_snapshot(snapshot)),
            Command::AbandonUpTo(snapshot) => discard_all(core.abandon_up_to(snapshot)),
            Command::MarkerReturned(link, snapshot) => core.marker_returned(link, snapshot),
            Command::Stop => core.stop(),
            Command::StopAndDrain => core.stop_and_drain(),
            Command::Halt => core.halt(),
            Command::Resume => core.resume(),
            // This is for whole workers.
            Command::ShutDown => {}
        }
    }

    /// Ends the worker: its nodes handle nothing more. Messages on their way to them are dropped.
    pub(super) fn end(&mut self) {
        self.phase = Phase::Ended;
        self.ready.clear();
        self.due.clear();
        self.sweeps.clear();
        std::mem::take(&mut self.inbound).into_iter().flatten().for_each(discard);
        while let Some(visit) = self.post.next_local() {
            discard(visit.item);
        }
    }
}
