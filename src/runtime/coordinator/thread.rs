//! The coordinator's thread. It starts snapshots, hands reports to the collector core, and ends
//! snapshots.

mod nodes;
mod snapshots;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use super::active_nodes::ActiveNodes;
use super::client::Shared;
use super::halt::Halt;
use super::nodes::Nodes;
use super::registry::Due;
use super::request::{Event, Request};
use super::settings::OnFailure;
use crate::id::{NodeId, SnapshotId};
use crate::protocol::CollectorCore;
use crate::runtime::clock::Clock;
use crate::runtime::node::digest::Digests;
use crate::runtime::node::event::NodeEvent;
use crate::snapshot::SnapshotError;
use crate::sync::Receiver;
use crate::topology::Topology;

/// The most events that the coordinator takes in before it acts on them.
const EVENTS_TOGETHER: usize = 1024;

/// The parts of a coordinator.
pub(crate) struct Parts<S, M, N> {
    pub(crate) topology: Arc<Topology>,
    pub(crate) shared: Arc<Shared<S, M>>,
    pub(crate) nodes: N,
    pub(crate) collector: CollectorCore<S, M>,
    pub(crate) on_failure: OnFailure,
    /// Set if recorded values are compared.
    pub(crate) digests: Option<Digests<S, M>>,
    pub(crate) clock: Clock,
}

/// The coordinator of a system whose nodes are reached by `N`. It starts snapshots, hands reports
/// to the collector core, and ends snapshots.
pub(crate) struct Coordinator<S, M, N: Nodes> {
    parts: Parts<S, M, N>,
    active: ActiveNodes,
    /// Nodes that have requested a snapshot since the last look at the registry.
    requesting: Vec<NodeId>,
    /// The last snapshot, for which the nodes were halted.
    last: Option<SnapshotId>,
    /// Whether to look at the registry before the next wait.
    must_look: bool,
    /// When to look there if no event comes before.
    wake: Option<Duration>,
    /// Whether the nodes were ended, and no snapshot begins any more.
    is_halted: bool,
}

/// However the coordinator ends, all waits for it end.
impl<S, M, N: Nodes> Drop for Coordinator<S, M, N> {
    fn drop(&mut self) {
        if !self.is_halted {
            self.parts.shared.ended.open();
            self.close(&Halt::ShutDown);
            self.parts.shared.settled.open();
        }
    }
}

/// The loop.
impl<S, M, N: Nodes> Coordinator<S, M, N> {
    pub(crate) fn new(parts: Parts<S, M, N>) -> Self {
        Coordinator {
            active: ActiveNodes::new(&parts.topology),
            parts,
            requesting: Vec::new(),
            last: None,
            must_look: false,
            wake: None,
            is_halted: false,
        }
    }

    /// Serves until it is told to shut down.
    pub(crate) fn run(mut self, events: &Receiver<Event<S, M>>) {
        while self.hear_all(events) {
            self.act();
        }
    }

    /// Waits for events and takes in those that have come. False if it is told to shut down.
    fn hear_all(&mut self, events: &Receiver<Event<S, M>>) -> bool {
        let mut next = self.next_event(events);
        let mut heard = 0;
        while let Some(event) = next {
            if matches!(event, Event::Caller(Request::ShutDown)) {
                return false;
            }
            #[cfg(feature = "timely")]
            if let Event::ProcessLost(lost) = &event {
                self.process_lost(lost);
                return false;
            }
            self.hear(event);
            heard += 1;
            next = if heard < EVENTS_TOGETHER { events.take() } else { None };
        }
        true
    }

    /// Waits for the next event. `None` if there is something to do before that.
    fn next_event(&self, events: &Receiver<Event<S, M>>) -> Option<Event<S, M>> {
        match self.wake.map(|wake| self.parts.clock.instant(wake)) {
            Some(Some(deadline)) => events.recv_until(deadline),
            // The clock cannot represent that moment.
            None | Some(None) => events.recv(),
        }
    }

    fn hear(&mut self, event: Event<S, M>) {
        match event {
            Event::Caller(Request::Opened) => self.must_look = true,
            Event::Caller(Request::Cancel(id)) => self.cancel(id),
            // The loop ends at these events.
            Event::Caller(Request::ShutDown) => {}
            #[cfg(feature = "timely")]
            Event::ProcessLost(_) => {}
            Event::Node(NodeEvent::Requested(node)) => {
                self.requesting.push(node);
                self.must_look = true;
            }
            Event::Node(NodeEvent::Reports(reports, at)) => self.add(reports, at),
            #[cfg(feature = "timely")]
            Event::Node(NodeEvent::Recorded(recordings)) => self.add_recordings(recordings),
            Event::Node(NodeEvent::Stopped(node)) => {
                self.active.stopped(node);
                self.settle();
            }
            Event::Node(NodeEvent::Halted(node)) => {
                self.active.halted(node);
                self.settle();
            }
            Event::Node(NodeEvent::Failed(failure)) => self.node_failed(failure),
        }
    }

    /// Ends snapshots that are overdue, and begins those that may begin.
    fn act(&mut self) {
        if self.is_halted {
            return self.refuse_requests();
        }
        while self.must_look || self.wake.is_some_and(|wake| wake <= self.parts.clock.now()) {
            self.must_look = false;
            let requesting = std::mem::take(&mut self.requesting);
            let now = self.parts.clock.now();
            let due = self.parts.shared.registry.lock().look(requesting, now);
            match due {
                Due::Fail(overdue) => self.fail_overdue(overdue),
                Due::Begin { snapshots, last, wake } => {
                    self.wake = wake;
                    snapshots.into_iter().for_each(|(id, initiators)| self.begin(id, initiators));
                    self.halt_nodes_for(last);
                }
            }
        }
    }

    fn fail_overdue(&mut self, overdue: Vec<(SnapshotId, Duration)>) {
        for (snapshot, timeout) in overdue {
            self.fail(snapshot, |missing| SnapshotError::TimedOut { snapshot, timeout, missing });
        }
        self.must_look = true;
    }
}
