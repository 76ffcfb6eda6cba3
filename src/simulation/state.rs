//! The state of a simulation, for an observer who sees everything.

use std::sync::Arc;
use std::time::Duration;

use super::schedule::Schedule;
use super::step::Step;
use super::world::Simulation;
use crate::causality::{Trace, TraceError};
use crate::driver::NodeFailure;
use crate::id::{NodeId, SnapshotId};
use crate::process::Process;
use crate::protocol::{LinkRecord, Report};
use crate::snapshot::{GlobalSnapshot, SnapshotError};
use crate::topology::Topology;

impl<P: Process> Simulation<P> {
    /// The topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// The steps that are possible now. Their order means nothing, and is the same in every run
    /// with the same choices.
    #[must_use]
    pub fn enabled(&self) -> &[Step] {
        self.enabled.steps()
    }

    /// The time that has passed since the start.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.now
    }

    /// How many messages links have delivered so far.
    #[must_use]
    pub fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// The process of a node, as it is now; `None` if there is no such node.
    #[must_use]
    pub fn process(&self, node: NodeId) -> Option<&P> {
        self.nodes.get(node.index()).map(|node| node.core().process())
    }

    /// The complete snapshots, in the order in which they became complete, whichever call has
    /// completed them. [`step`](Self::step) and [`stop_node`](Self::stop_node) also return the
    /// snapshots that they have completed, and [`snapshot`](Self::snapshot) returns the snapshot
    /// that it has begun. Calls that take several steps, such as [`run`](Self::run), return their
    /// snapshots here only.
    #[must_use]
    pub fn snapshots(&self) -> &[Arc<GlobalSnapshot<P::State, P::Message>>] {
        &self.snapshots
    }

    /// The snapshots that have failed, and why.
    #[must_use]
    pub fn failed_snapshots(&self) -> &[(SnapshotId, SnapshotError)] {
        &self.failed
    }

    /// The nodes that have failed, in the order in which they failed.
    #[must_use]
    pub fn failures(&self) -> &[NodeFailure] {
        self.collector.failures()
    }

    /// Every action so far. The schedule is empty if the simulation [writes no
    /// schedule](super::SimulationBuilder::without_schedule).
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        self.schedule.clone().unwrap_or_default()
    }

    /// The events so far.
    ///
    /// # Errors
    /// If the simulation is not [traced](super::SimulationBuilder::traced).
    pub fn trace(&self) -> Result<&Trace, TraceError> {
        self.trace.as_ref().ok_or(TraceError::NotKept)
    }

    /// The real global state now: the state of every node and of every link. It has the form of a
    /// snapshot, so that any question about a snapshot can be asked about the truth. Its id and
    /// initiators mean nothing. `None` if every node has failed.
    ///
    /// A message that has arrived at a node and is not handled yet counts as on its link.
    #[must_use]
    pub fn global_state(&self) -> Option<GlobalSnapshot<P::State, P::Message>> {
        let mut collector = self.collector.without_snapshots();
        let id = SnapshotId::new(self.next_id);
        collector.begin(id, &collector.cover_with(&[]), self.now).ok()?;
        let mut state = None;
        for report in self.reports(id) {
            // The collector waits for each of these reports.
            state = collector.add(report, self.now).ok()?;
        }
        state
    }

    fn reports(&self, id: SnapshotId) -> impl Iterator<Item = Report<P::State, P::Message>> {
        let is_up = |node: NodeId| !self.conditions[node.index()].has_failed;
        let nodes = self.topology.nodes().filter(move |&node| is_up(node));
        let nodes = nodes.map(move |node| {
            let mut record = self.nodes[node.index()].core().record(id);
            record.output.untaken = self.outputs.untaken(node);
            Report::Node(record)
        });
        let links = self.topology.links().iter().filter(move |link| is_up(link.target));
        let links = links.map(move |link| {
            let waiting = self.nodes[link.target.index()].core().waiting_on(link.id);
            let on_the_way = self.links[link.id.index()].messages();
            let messages = waiting.chain(on_the_way).cloned().collect();
            Report::Link(LinkRecord { snapshot: id, link: link.id, messages })
        });
        nodes.chain(links)
    }
}
