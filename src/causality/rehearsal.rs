//! A trace, run again through fresh processes.

use std::collections::VecDeque;
use std::fmt;

use thiserror::Error;

use super::event::{Cause, Event};
use super::trace::Trace;
use crate::id::{LinkId, NodeId};
use crate::outbox::{Effect, Outbox};
use crate::process::{Context, Process};
use crate::snapshot::GlobalSnapshot;

/// Fresh processes and empty links, through which the events of a trace are run one by one, in any order that the trace allows.
/// Nothing of the snapshot algorithm is in it.
///
/// The processes must be deterministic: with the same events in the same order at each node they do the same. One that is not
/// is found out as soon as it sends on another link than it did, or in a state that differs.
pub struct Rehearsal<'a, P: Process> {
    trace: &'a Trace,
    processes: Vec<P>,
    /// What is under way on each link, environment links included.
    links: Vec<VecDeque<P::Message>>,
    /// How many messages each link has handed out.
    received: Vec<u64>,
}

/// A trace and the processes do not fit.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RehearsalError {
    /// A handler sent on other links than the trace says.
    #[error(
        "{node} sent on {did:?} for {cause}, and the trace says {should:?}: the process is not deterministic, or is not the one that \
         was traced"
    )]
    SentElsewhere {
        /// The node.
        node: NodeId,
        /// What made the handler run.
        cause: Cause,
        /// The links it sent on.
        did: Vec<LinkId>,
        /// Those of the trace.
        should: Vec<LinkId>,
    },
    /// A message is not there that an event receives.
    #[error(
        "{node} is to receive message {number} of {link}, which is not the first one there: inject it first, or run the events in an order that the trace allows"
    )]
    NotThere {
        /// The receiver.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// Which message.
        number: u64,
    },
    /// A node is not what the snapshot says.
    #[error(
        "{0} is in another state: the process is not deterministic, or the snapshot is not of this cut"
    )]
    OtherState(NodeId),
    /// A link does not hold what the snapshot says.
    #[error(
        "{0} holds other messages: the process is not deterministic, or the snapshot is not of this cut"
    )]
    OtherMessages(LinkId),
}

impl<'a, P: Process> Rehearsal<'a, P> {
    /// Makes the process of each node, in order. Nothing has run yet.
    pub fn new(trace: &'a Trace, process: impl FnMut(NodeId) -> P) -> Self {
        let topology = trace.topology();
        Rehearsal {
            trace,
            processes: topology.nodes().map(process).collect(),
            links: topology.all_links().map(|_| VecDeque::new()).collect(),
            received: topology.all_links().map(|_| 0).collect(),
        }
    }

    /// Puts a message on the environment link of a node; passed over if there is no such node.
    pub fn inject(&mut self, node: NodeId, message: P::Message) {
        if let Some(link) = self.trace.topology().environment_link(node) {
            self.links[link.id.index()].push_back(message);
        }
    }

    /// Runs events of the trace, in this order.
    ///
    /// # Errors
    /// With the first event that does not come out as traced.
    pub fn run<'e>(
        &mut self,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<(), RehearsalError> {
        events.into_iter().try_for_each(|event| self.run_event(event))
    }

    fn run_event(&mut self, event: &Event) -> Result<(), RehearsalError> {
        let (node, topology) = (event.node, self.trace.topology());
        let mut outbox = Outbox::new();
        let process = &mut self.processes[node.index()];
        let mut ctx = Context::new(node, topology, &mut outbox);
        match event.cause {
            Cause::Start => process.on_start(&mut ctx),
            Cause::Timer(timer) => process.on_timer(timer, &mut ctx),
            Cause::Message { link, number } => {
                let received = &mut self.received[link.index()];
                let first = self.links[link.index()].pop_front();
                let (Some(message), Some(from)) =
                    (first.filter(|_| *received + 1 == number), topology.link(link))
                else {
                    return Err(RehearsalError::NotThere { node, link, number });
                };
                *received += 1;
                process.on_message(from, message, &mut ctx);
            }
        }
        outbox.commit();
        self.take(event, outbox)
    }

    fn take(
        &mut self,
        event: &Event,
        mut outbox: Outbox<P::Message>,
    ) -> Result<(), RehearsalError> {
        let out_links = self.trace.topology().out_links(event.node);
        let mut did = Vec::new();
        for effect in outbox.drain() {
            if let Effect::Send { slot, message } = effect {
                let link = out_links[slot as usize].id;
                did.push(link);
                self.links[link.index()].push_back(message);
            }
        }
        if did == event.sends {
            return Ok(());
        }
        let (node, cause, should) = (event.node, event.cause, event.sends.clone());
        Err(RehearsalError::SentElsewhere { node, cause, did, should })
    }

    /// Compares what has come out with a snapshot: the state of each node, and the messages on each link. Nodes that were down are
    /// passed over, with what was sent to them.
    ///
    /// # Errors
    /// With the first difference.
    pub fn compare(
        &self,
        snapshot: &GlobalSnapshot<P::State, P::Message>,
    ) -> Result<(), RehearsalError>
    where
        P::State: PartialEq,
        P::Message: PartialEq,
    {
        for (node, state) in snapshot.states() {
            if self.processes[node.index()].state() != *state {
                return Err(RehearsalError::OtherState(node));
            }
        }
        for channel in snapshot.channels() {
            let Some(_) = snapshot.find_state(channel.link().target) else { continue };
            let link = channel.link().id;
            if !self.links[link.index()].iter().eq(channel.messages()) {
                return Err(RehearsalError::OtherMessages(link));
            }
        }
        Ok(())
    }

    /// The messages that are on a link now, in their order; none if there is no such link.
    #[must_use]
    pub fn messages_on(&self, link: LinkId) -> impl ExactSizeIterator<Item = &P::Message> {
        let nothing = const { &VecDeque::new() };
        self.links.get(link.index()).unwrap_or(nothing).iter()
    }

    /// The process of a node as it is now; `None` if there is no such node.
    #[must_use]
    pub fn process(&self, node: NodeId) -> Option<&P> {
        self.processes.get(node.index())
    }
}

impl<P: Process> fmt::Debug for Rehearsal<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal").field("trace", self.trace).finish_non_exhaustive()
    }
}
