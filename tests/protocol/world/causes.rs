//! The happens-before order of a world, for the oracle that knows nothing else.

use consistent_cut::causality::{self, Cut, Logged, Trace, TraceError};
use consistent_cut::{LinkId, NodeId};

use super::{Snapshot, World};
use crate::teller::Cause;

/// The trace of a world that started and whose links keep their order.
pub(crate) struct Causes {
    trace: Trace,
    broken: Option<TraceError>,
}

impl Causes {
    pub(super) fn new(trace: Trace) -> Self {
        Causes { trace, broken: None }
    }

    pub(super) fn set_capacity(&mut self, link: LinkId, capacity: u64) {
        self.trace.set_capacity(link, capacity);
    }

    /// A sender was told how many messages of a link were processed.
    pub(super) fn acknowledge(&mut self, sender: NodeId, link: LinkId, processed: u64) {
        if self.broken.is_none() {
            self.broken = self.trace.add(sender, Logged::Acknowledged(link, processed)).err();
        }
    }

    /// A handler has run at a node and sent on these links.
    pub(super) fn add(&mut self, node: NodeId, cause: Cause, sends: &[LinkId]) {
        let cause = match cause {
            Cause::Start | Cause::Restore => causality::Cause::Start,
            Cause::Message(link, number) => causality::Cause::Message { link, number },
            Cause::Timer(timer) => causality::Cause::Timer(timer),
        };
        if self.broken.is_none() {
            self.broken = self.trace.add(node, Logged::handled(cause, sends.iter().copied())).err();
        }
    }
}

impl World {
    /// How many messages were put on each link that leaves a node.
    pub(super) fn logged(&self, node: NodeId) -> Vec<usize> {
        let links = self.topology.out_links(node);
        links.iter().map(|link| self.log[link.id.index()].len()).collect()
    }

    /// The last event is a handler of this node. Before it, `logged` messages were put on each of
    /// the node's out-links.
    pub(super) fn trace_last(&mut self, node: NodeId, logged: &[usize]) {
        let Some(event) = self.events.last().filter(|_| self.origin.is_none()) else { return };
        let new = self.logged(node).into_iter().zip(logged).map(|(now, before)| now - before);
        let links = self.topology.out_links(node).iter().zip(new);
        let sends: Vec<_> =
            links.flat_map(|(link, new)| std::iter::repeat_n(link.id, new)).collect();
        self.causes.add(node, event.cause, &sends);
    }

    /// Checks that the cut of a snapshot, by the steps in the recorded states, is consistent, and
    /// that the messages in flight on each link are those sent before the cut and received after
    /// it.
    pub(crate) fn causality(&self, snapshot: &Snapshot) -> Result<(), String> {
        if self.origin.is_some() {
            return Ok(());
        }
        let Causes { trace, broken } = &self.causes;
        if let Some(error) = broken {
            return Err(error.to_string());
        }
        let all = |node| trace.events_of(node).len();
        let steps =
            |node| snapshot.find_state(node).map_or(all(node), |state| state.steps as usize);
        let cut = Cut::new(self.topology.nodes().map(steps));
        cut.check(trace).map_err(|error| error.to_string())?;
        for (channel, in_flight) in snapshot.channels().iter().zip(cut.in_flight(trace)) {
            let (link, numbers) =
                (channel.link(), channel.messages().iter().map(|note| note.number));
            let upper = if link.is_environment() { u64::MAX } else { *in_flight.end() };
            let wanted = (*in_flight.start()..=upper).take(numbers.len());
            let is_whole =
                link.is_environment() || numbers.len() as u64 == in_flight.clone().count() as u64;
            if snapshot.find_state(link.target).is_some() && !(is_whole && numbers.eq(wanted)) {
                return Err(format!(
                    "{link}: {in_flight:?} are in flight, not {:?}",
                    channel.messages()
                ));
            }
        }
        Ok(())
    }
}
