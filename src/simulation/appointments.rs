//! Steps that a snapshot has ahead of it at a node, and when they are due.

use std::time::Duration;

use super::step::Step;
use crate::id::{NodeId, SnapshotId};

#[derive(Debug, Default)]
pub(super) struct Appointments(Vec<(Step, Duration)>);

impl Appointments {
    pub(super) fn add(&mut self, step: Step, due: Duration) {
        self.0.push((step, due));
    }

    pub(super) fn due(&self, step: Step) -> Option<Duration> {
        self.0.iter().find(|(of, _)| *of == step).map(|(_, due)| *due)
    }

    pub(super) fn all(&self) -> &[(Step, Duration)] {
        &self.0
    }

    pub(super) fn at(&self, node: NodeId) -> impl Iterator<Item = Step> {
        self.0.iter().map(|(step, _)| *step).filter(move |step| is_at(*step, node))
    }

    pub(super) fn keep(&mut self, step: Step) {
        self.0.retain(|(of, _)| *of != step);
    }

    pub(super) fn cancel_at(&mut self, node: NodeId) {
        self.0.retain(|(step, _)| !is_at(*step, node));
    }

    /// Hands out those of a snapshot that will never be kept.
    pub(super) fn cancel(&mut self, snapshot: SnapshotId) -> Vec<Step> {
        let is_of = |step: &Step| match *step {
            Step::Initiate(_, of) | Step::Close(_, of) => of == snapshot,
            Step::Deliver(_) | Step::Handle(_) | Step::Fire(_) => false,
        };
        let (cancelled, kept) =
            std::mem::take(&mut self.0).into_iter().partition(|(s, _)| is_of(s));
        self.0 = kept;
        let cancelled: Vec<(Step, Duration)> = cancelled;
        cancelled.into_iter().map(|(step, _)| step).collect()
    }
}

fn is_at(step: Step, node: NodeId) -> bool {
    matches!(step, Step::Initiate(at, _) | Step::Close(at, _) if at == node)
}
