//! Whose turn it is to begin. Pure: the time is an argument, counted from any start.

use std::collections::BTreeSet;
use std::time::Duration;

use super::settings::Limits;
use crate::id::NodeId;

/// Counts the snapshots under way against the limits, and holds the requests of nodes. Requests of
/// nodes wait until no caller waits.
#[derive(Debug)]
pub(super) struct Turns {
    limits: Limits,
    under_way: usize,
    rest_until: Duration,
    /// The nodes whose processes want a snapshot that has not begun. One snapshot answers them all.
    requests: BTreeSet<NodeId>,
    /// Whether a snapshot that answers nodes is under way.
    is_answering: bool,
}

impl Turns {
    pub(super) fn new(limits: Limits) -> Self {
        Turns {
            limits,
            under_way: 0,
            rest_until: Duration::ZERO,
            requests: BTreeSet::new(),
            is_answering: false,
        }
    }

    /// Adds requests of these nodes' processes to the requests of other nodes.
    pub(super) fn request(&mut self, nodes: impl IntoIterator<Item = NodeId>) {
        self.requests.extend(nodes);
    }

    /// Whether a snapshot may begin now.
    pub(super) fn may_begin(&self, now: Duration) -> bool {
        now >= self.rest_until && !self.is_full()
    }

    /// Whether requests may be answered now, if no caller waits. The snapshot that answered earlier
    /// requests must have ended.
    pub(super) fn may_answer(&self, now: Duration) -> bool {
        self.wants_answer() && self.may_begin(now)
    }

    /// Takes the nodes whose requests wait, even if it is not their turn.
    pub(super) fn take_requests(&mut self) -> Vec<NodeId> {
        std::mem::take(&mut self.requests).into_iter().collect()
    }

    /// Notes that a snapshot is under way from now on.
    pub(super) fn begin(&mut self, answers_nodes: bool) {
        self.under_way += 1;
        self.is_answering |= answers_nodes;
    }

    /// Notes that a snapshot which was under way has ended. The pause before the next one starts
    /// then, unless the snapshot could not begin.
    pub(super) fn end(&mut self, answers_nodes: bool, ended: Option<Duration>) {
        self.under_way -= 1;
        self.is_answering &= !answers_nodes;
        if let Some(now) = ended {
            self.rest_until = now.saturating_add(self.limits.min_pause);
        }
    }

    /// When the next snapshot may begin, if one waits and none must end before.
    pub(super) fn next(&self, does_caller_wait: bool) -> Option<Duration> {
        let is_wanted = does_caller_wait || self.wants_answer();
        (is_wanted && !self.is_full()).then_some(self.rest_until)
    }

    fn wants_answer(&self) -> bool {
        !self.requests.is_empty() && !self.is_answering
    }

    fn is_full(&self) -> bool {
        self.under_way >= self.limits.max_concurrent_snapshots
    }
}
