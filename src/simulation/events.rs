//! Events from outside: messages, and faults.

use std::sync::Arc;

use super::back_queue::BackQueue;
use super::schedule::Action;
use super::step::{Step, UnknownNode};
use super::world::Simulation;
use crate::driver::{Ending, InjectError, NodeFailure};
use crate::id::{NodeId, SnapshotId};
use crate::process::{Emitted, Process};
use crate::protocol::Envelope;
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::topology::{Link, Topology};

impl<P: Process> Simulation<P> {
    /// Brings a message in from outside, on the node's environment link. This takes no step: the
    /// message is at the node, and waits there for [its turn](Step::Handle). Environment links have
    /// no capacity in a simulation.
    ///
    /// # Errors
    /// If there is no such node, or if the node has failed. The error hands the message back.
    pub fn inject(
        &mut self,
        node: NodeId,
        message: P::Message,
    ) -> Result<(), InjectError<P::Message>> {
        let Some(link) = self.topology.environment_link(node) else {
            let nodes = self.topology.node_count();
            return Err(InjectError::UnknownNode { node, nodes, message });
        };
        if self.conditions[node.index()].has_failed {
            let (node, why) = (self.topology.named(node), Ending::Panicked);
            return Err(InjectError::Ended { node, why, message });
        }
        self.write_down(Action::Inject(node));
        self.call(node, |node| node.arrive(link.id, Envelope::Message(message), None));
        Ok(())
    }
}

/// Outputs.
impl<P: Process> Simulation<P> {
    /// Takes the outputs that nodes have [emitted](crate::Context::emit) and that were not taken
    /// yet, in the order in which they were emitted. Outputs that are not read from the iterator
    /// stay. A node never waits here for its outputs to be taken. Taking is no step and stands in
    /// no [schedule](Self::schedule): take the same outputs again in a replay that compares
    /// snapshots.
    pub fn outputs(&mut self) -> impl Iterator<Item = Emitted<P::Message>> {
        std::iter::from_fn(|| self.outputs.take())
    }
}

/// Faults.
impl<P: Process> Simulation<P> {
    /// Pauses a node, as a handler does that takes very long: until the node is
    /// [resumed](Self::resume), nothing arrives there and nothing is handled. A failed node stays
    /// failed.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn pause(&mut self, node: NodeId) -> Result<(), UnknownNode> {
        self.check_node(node)?;
        self.write_down(Action::Pause(node));
        self.set_paused(node, true);
        Ok(())
    }

    /// Resumes a paused node.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn resume(&mut self, node: NodeId) -> Result<(), UnknownNode> {
        self.check_node(node)?;
        self.write_down(Action::Resume(node));
        self.set_paused(node, false);
        Ok(())
    }

    fn set_paused(&mut self, node: NodeId, is_paused: bool) {
        // A run passes over the planned steps of a paused node and forgets them. So the agenda is
        // made anew.
        self.agenda = None;
        let condition = &mut self.conditions[node.index()];
        condition.is_paused = is_paused;
        let takes_in = !is_paused && !condition.has_failed;
        for link in self.topology.in_links(node) {
            let is_empty = self.links[link.id.index()].is_empty();
            self.enabled.set(Step::Deliver(link.id), takes_in && !is_empty);
        }
        for link in self.topology.out_links(node) {
            let back = &self.links[link.id.index()].back;
            let is_empty = back.as_ref().is_none_or(BackQueue::is_empty);
            self.enabled.set(Step::Return(link.id), takes_in && !is_empty);
        }
        for step in self.appointments.at(node) {
            self.enabled.set(step, takes_in);
        }
        self.look_at(node);
    }

    /// Stops a node from outside, as [`Context::stop`](crate::Context::stop) does from within: the
    /// node handles nothing more, and takes part in snapshots. Returns the snapshots that this call
    /// has completed, as [`step`](Self::step) does: markers that waited behind messages are handled
    /// now.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn stop_node(
        &mut self,
        node: NodeId,
    ) -> Result<&[Arc<GlobalSnapshot<P::State, P::Message>>], UnknownNode> {
        self.check_node(node)?;
        let complete = self.snapshots.len();
        self.write_down(Action::Stop(node));
        self.call(node, |node| node.core_mut().stop());
        Ok(&self.snapshots[complete..])
    }

    /// Stops a node as [`stop_node`](Self::stop_node) does, and lets it drain its in-links: the
    /// node drops each message that it receives, in [a step](Step::Handle) of its own. Returns the
    /// snapshots that this call has completed.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn stop_node_and_drain(
        &mut self,
        node: NodeId,
    ) -> Result<&[Arc<GlobalSnapshot<P::State, P::Message>>], UnknownNode> {
        self.check_node(node)?;
        let complete = self.snapshots.len();
        self.write_down(Action::StopAndDrain(node));
        self.call(node, |node| node.core_mut().stop_and_drain());
        Ok(&self.snapshots[complete..])
    }

    /// Makes a node fail, as if one of its handlers had panicked. Snapshots that still need the
    /// node fail, messages to it are lost, and later snapshots go without it.
    ///
    /// # Errors
    /// If there is no such node.
    pub fn fail(&mut self, node: NodeId) -> Result<(), UnknownNode> {
        self.check_node(node)?;
        self.write_down(Action::Fail(node));
        if !self.conditions[node.index()].has_failed {
            let (node, panic) = (self.topology.named(node), "failed from outside".to_owned());
            self.node_fails(&NodeFailure { node, panic });
        }
        Ok(())
    }

    fn check_node(&self, node: NodeId) -> Result<(), UnknownNode> {
        let nodes = self.topology.node_count();
        if self.topology.contains(node) { Ok(()) } else { Err(UnknownNode { node, nodes }) }
    }

    /// Notes that a node has failed.
    pub(super) fn node_fails(&mut self, failure: &NodeFailure) {
        let node = failure.node.id;
        self.conditions[node.index()].has_failed = true;
        self.appointments.remove_at(node);
        let topology = Arc::clone(&self.topology);
        self.enabled.clear(node, &topology);
        for link in topology.in_links(node) {
            self.links[link.id.index()].clear();
        }
        for link in topology.out_links(node) {
            let back = self.links[link.id.index()].back.as_mut();
            back.into_iter().for_each(BackQueue::clear);
        }
        self.end_links_of(node, &topology);
        self.collector.node_failed(failure.clone());
        let waits = |id: &SnapshotId| self.collector.waits_for(*id, node);
        let lost: Vec<_> = self.collector.live().filter(waits).collect();
        for snapshot in lost {
            self.collector.abandon(snapshot);
            self.give_up(snapshot);
            let failure = failure.clone();
            self.failed.push((snapshot, SnapshotError::NodeFailed { snapshot, failure }));
        }
        // Senders that wait for room at the failed node now have it.
        for link in topology.in_links(node).iter().filter(|link| link.source != node) {
            self.acknowledge_all(link.id);
        }
    }

    fn end_links_of(&mut self, node: NodeId, topology: &Topology) {
        for &Link { id, target, .. } in topology.out_links(node) {
            let condition = &self.conditions[target.index()];
            if condition.has_failed {
                continue;
            }
            let due = self.links[id.index()].put(Envelope::End, self.now, &mut self.chance);
            self.enabled.set(Step::Deliver(id), !condition.is_paused);
            if let Some(agenda) = &mut self.agenda {
                agenda.plan(Step::Deliver(id), due);
            }
        }
    }

    /// Tells every node that a snapshot is over.
    fn give_up(&mut self, snapshot: SnapshotId) {
        self.noons.remove(&snapshot);
        for step in self.appointments.remove_of(snapshot) {
            self.enabled.set(step, false);
        }
        for node in self.topology.nodes() {
            self.call(node, |node| node.abandon_snapshot(snapshot));
        }
    }
}
