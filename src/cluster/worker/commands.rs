//! Commands of the coordinator.

use std::collections::BTreeSet;

use super::delivery::discard_item;
use super::{Phase, Sweep, Worker};
use crate::cluster::parcel::Item;
use crate::id::NodeId;
use crate::panics::discard_all;
use crate::process::Process;
use crate::runtime::Command;

impl<P: Process> Worker<P> {
    /// Sends a command of the coordinator, which sits on this worker, to one node or to all.
    pub(in crate::cluster) fn send(&mut self, node: Option<NodeId>, command: Command) {
        let Some(node) = node else {
            self.send_to_others(|| Item::ToAll(Box::new(command)));
            return self.obey(command);
        };
        self.post.command(node, command);
    }

    /// Sends an item to each other worker.
    pub(in crate::cluster) fn send_to_others(&mut self, item: impl Fn() -> Item<P::Message>) {
        for worker in self.post.others() {
            self.post.send_to_worker(worker, item());
        }
    }

    /// Sends a message from outside to a node of any worker.
    pub(in crate::cluster) fn send_injected(&mut self, node: NodeId, message: P::Message) {
        self.post.inject(node, message);
    }

    /// Obeys a command to the whole worker. A command to all nodes waits its turn in each region.
    /// At each node the items that have come before go first.
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::ShutDown => {
                // The other workers obey when their nodes have started. So a restored process is
                // never handed back without its state.
                self.finish_start();
                return self.end();
            }
            Command::Halt => self.is_halting = true,
            Command::Resume => self.is_halting = false,
            _ => {}
        }
        self.post.regions.command_all(|| Item::ToAll(Box::new(command)));
    }

    /// Carries a command to the nodes of a region, from a position on.
    pub(super) fn begin_sweep(&mut self, command: Command, from: u32) {
        let left = self.post.regions.rest_from(from);
        self.sweep = Some(Sweep { command, left });
        self.go_on_with_sweep();
    }

    /// Ends where a node panics, and when the turn is over. The next call goes on there. Nothing
    /// else is done in the region before the command has reached all of its nodes.
    pub(super) fn go_on_with_sweep(&mut self) {
        while self.budget > 0 {
            let Some(sweep) = &mut self.sweep else { return };
            // The node is taken first: if it panics, it is passed over then.
            let (command, next) = (sweep.command, sweep.left.next());
            let Some(at) = next else {
                self.sweep = None;
                return;
            };
            self.tell_node(at, command);
            self.spend(1);
        }
    }

    /// Carries a command to a node, behind the items that have come for the node before.
    pub(super) fn tell_node(&mut self, at: u32, command: Command) {
        if self.marks[at as usize].has_failed {
            return;
        }
        self.current = at;
        self.take_in_mail(at);
        self.obey_at(at, command);
        self.flush(at);
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
    pub(in crate::cluster) fn end(&mut self) {
        self.phase = Phase::Ended;
        (self.sweep, self.due, self.starter) = (None, BTreeSet::new(), None);
        self.post.regions.clear().for_each(discard_item);
        std::mem::take(&mut self.early).into_iter().for_each(|visits| self.sort_all(visits));
    }
}
