//! The beginning of a snapshot, and the steps that nodes still have to take for it.

use std::time::Duration;

use super::lecture::{Algorithm, PhysicalTime, Reading};
use super::schedule::Action;
use super::step::Step;
use super::world::Simulation;
use crate::id::{NodeId, SnapshotId};
use crate::process::Process;
use crate::protocol::BeginError;
use crate::snapshot::SnapshotOptions;

impl<P: Process> Simulation<P> {
    /// Begins a snapshot at the smallest set of nodes that reaches all nodes. Each of them still
    /// has to [initiate](Step::Initiate) the snapshot, so nothing is recorded yet.
    ///
    /// # Errors
    /// If every node has failed.
    pub fn begin_snapshot(&mut self) -> Result<SnapshotId, BeginError> {
        self.begin_snapshot_at(&self.collector.cover_with(&[]))
    }

    /// Begins a snapshot with these options. Each initiator still has to [initiate](Step::Initiate)
    /// the snapshot, so nothing is recorded yet. With [`Algorithm::PhysicalTime`] every node that
    /// has not failed is an initiator, whatever the options say.
    ///
    /// # Errors
    /// If the initiators do not reach every node, or if an initiator has failed.
    pub fn begin_snapshot_with(
        &mut self,
        options: SnapshotOptions,
    ) -> Result<SnapshotId, BeginError> {
        match options.initiators {
            None => self.begin_snapshot(),
            Some(initiators) => self.begin_snapshot_at(&initiators),
        }
    }

    pub(super) fn begin_snapshot_at(
        &mut self,
        initiators: &[NodeId],
    ) -> Result<SnapshotId, BeginError> {
        let (id, initiators) = self.begin(initiators)?;
        self.write_down(Action::Begin(id, initiators));
        Ok(id)
    }

    /// Begins a snapshot for which a node has asked. The node has not failed, and together with
    /// others it reaches all nodes. The schedule does not hold this beginning, because in a replay
    /// the node asks again.
    pub(super) fn begin_at(&mut self, node: NodeId) {
        let initiators = self.collector.cover_with(&[node]);
        // If the snapshot cannot begin, there is no snapshot.
        let _ = self.begin(&initiators);
    }

    fn begin(&mut self, initiators: &[NodeId]) -> Result<(SnapshotId, Vec<NodeId>), BeginError> {
        let id = SnapshotId::new(self.next_id);
        let initiators = match self.algorithm {
            Algorithm::PhysicalTime(_) => self.all_that_are_up(),
            Algorithm::ChandyLamport => initiators.to_vec(),
            Algorithm::MarkersOnly => {
                self.collector.check_coverage_along_links(initiators)?;
                initiators.to_vec()
            }
        };
        self.collector.begin(id, &initiators, self.now)?;
        self.next_id += 1;
        if let Algorithm::PhysicalTime(time) = &self.algorithm {
            self.noons.insert(id, time.noon(self.now, self.topology.nodes()));
        }
        for &node in &initiators {
            self.appoint(Step::Initiate(node, id), node, self.when(node, id, Duration::ZERO));
        }
        Ok((id, initiators))
    }

    fn all_that_are_up(&self) -> Vec<NodeId> {
        let is_up = |node: &NodeId| !self.conditions[node.index()].has_failed;
        self.topology.nodes().filter(is_up).collect()
    }

    /// The time at which the node's clock shows `after` past the snapshot's noon. It is now if the
    /// algorithm does not go by time.
    fn when(&self, node: NodeId, snapshot: SnapshotId, after: Duration) -> Duration {
        match self.time_and_noon(snapshot) {
            Some((time, noon)) => time.clock_of(node).when(noon.plus(after)).max(self.now),
            None => self.now,
        }
    }

    fn time_and_noon(&self, snapshot: SnapshotId) -> Option<(&PhysicalTime, Reading)> {
        match &self.algorithm {
            Algorithm::PhysicalTime(time) => Some((time, *self.noons.get(&snapshot)?)),
            Algorithm::ChandyLamport | Algorithm::MarkersOnly => None,
        }
    }

    fn appoint(&mut self, step: Step, node: NodeId, due: Duration) {
        self.enabled.set(step, !self.conditions[node.index()].is_paused);
        self.appointments.add(step, due);
        if let Some(agenda) = &mut self.agenda {
            agenda.plan(step, due);
        }
    }

    pub(super) fn initiate(&mut self, node: NodeId, snapshot: SnapshotId) {
        self.end_appointment(Step::Initiate(node, snapshot));
        let noon = self.noons.get(&snapshot).copied();
        self.call(node, |node| node.begin_snapshot(snapshot, noon));
        self.plan_to_close(node, snapshot);
    }

    /// Plans the end of a node's wait for messages that were sent before noon. The node has
    /// recorded by its clock.
    fn plan_to_close(&mut self, node: NodeId, snapshot: SnapshotId) {
        let Some((time, _)) = self.time_and_noon(snapshot) else { return };
        let due = self.when(node, snapshot, time.patience());
        if !self.conditions[node.index()].has_failed {
            self.appoint(Step::Close(node, snapshot), node, due);
        }
    }

    pub(super) fn close(&mut self, node: NodeId, snapshot: SnapshotId) {
        self.end_appointment(Step::Close(node, snapshot));
        self.call(node, |node| node.close(snapshot));
        if self.collector.live().all(|live| live != snapshot) {
            self.noons.remove(&snapshot);
        }
    }

    fn end_appointment(&mut self, step: Step) {
        self.enabled.set(step, false);
        self.appointments.remove(step);
    }
}
