//! Steps that a snapshot has ahead of it at a node, and the times at which they are due.

use std::collections::BTreeMap;
use std::time::Duration;

use super::step::Step;
use crate::id::{NodeId, SnapshotId};

#[derive(Debug, Default)]
pub(super) struct Appointments(BTreeMap<Step, Duration>);

impl Appointments {
    pub(super) fn add(&mut self, step: Step, due: Duration) {
        self.0.insert(step, due);
    }

    pub(super) fn due(&self, step: Step) -> Option<Duration> {
        self.0.get(&step).copied()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = (Step, Duration)> {
        self.0.iter().map(|(step, due)| (*step, *due))
    }

    pub(super) fn at(&self, node: NodeId) -> impl Iterator<Item = Step> {
        self.0.keys().copied().filter(move |step| is_at(*step, node))
    }

    pub(super) fn remove(&mut self, step: Step) {
        self.0.remove(&step);
    }

    pub(super) fn remove_at(&mut self, node: NodeId) {
        self.0.retain(|step, _| !is_at(*step, node));
    }

    /// Removes the steps of a snapshot that has failed, and returns them.
    pub(super) fn remove_of(&mut self, snapshot: SnapshotId) -> Vec<Step> {
        let of_snapshot: Vec<_> =
            self.0.keys().copied().filter(|step| is_of(*step, snapshot)).collect();
        of_snapshot.iter().for_each(|step| self.remove(*step));
        of_snapshot
    }
}

fn is_at(step: Step, node: NodeId) -> bool {
    step.of_snapshot().is_some_and(|(at, _)| at == node)
}

fn is_of(step: Step, snapshot: SnapshotId) -> bool {
    step.of_snapshot().is_some_and(|(_, of)| of == snapshot)
}
