//! A trace, run again through fresh processes.

use std::collections::VecDeque;
use std::fmt;

use thiserror::Error;

use super::event::{Cause, Event};
use super::room::Room;
use super::trace::Trace;
use crate::id::{LinkId, NodeId};
use crate::outbox::{Effect, Outbox};
use crate::process::{Context, Process};
use crate::snapshot::{ChannelState, GlobalSnapshot};
use crate::topology::Link;

/// Fresh processes and empty links, through which the events of a trace are run one by one, in any
/// order that the trace allows. The replay uses nothing of the snapshot algorithm.
///
/// The processes must be deterministic: given the same events in the same order at each node, they
/// do the same. [`run`](Self::run) reports a process that sends on other links than in the trace.
/// [`compare`](Self::compare) reports a process whose state differs, and a message that differs, if
/// this message is still on its link. Timers are not kept: the handler of a timer runs where the
/// trace says so. A replay ignores timers that a process sets, and calls that stop a node.
pub struct Replay<'a, P: Process> {
    trace: &'a Trace,
    processes: Vec<P>,
    /// The messages under way on each link, environment links included.
    links: Vec<VecDeque<P::Message>>,
    /// How many of its events each node has run.
    done: Vec<usize>,
    /// For each link: how many messages were sent, and how many of these its sender knows to be
    /// received.
    sent: Vec<u64>,
    known: Vec<u64>,
}

/// Why a replay, its trace and a snapshot do not fit together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// An event is of another trace. Nothing has run.
    #[error(
        "{node} has no event {nth} with the cause {cause} in the trace that is replayed: run events of that trace"
    )]
    ForeignEvent {
        /// The node.
        node: NodeId,
        /// The number of the event among those of its node, from 0.
        nth: usize,
        /// The cause of the event.
        cause: Cause,
    },
    /// An event is not the next one of its node. It has not run.
    #[error(
        "event {nth} of {node} is to run, and the next one there is {next}: run each event once, and those of a node in their order"
    )]
    NotNext {
        /// The node.
        node: NodeId,
        /// The number of the event among those of its node, from 0.
        nth: usize,
        /// The number of the node's next event.
        next: usize,
    },
    /// A handler sent on other links than the trace says.
    #[error(
        "{node} sent on {did:?} for {cause}, and the trace says {should:?}: the process is not deterministic, or is not the one that \
         was traced"
    )]
    SentElsewhere {
        /// The node.
        node: NodeId,
        /// The cause of the handler's run.
        cause: Cause,
        /// The links on which the handler sent.
        did: Vec<LinkId>,
        /// The links that the trace says.
        should: Vec<LinkId>,
    },
    /// An event receives a message that is not there. The event has not run.
    #[error(
        "{node} is to receive message {number} of {link}, which is not there: inject it first, or run the events in an order that the trace allows"
    )]
    NotThere {
        /// The receiver.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
    },
    /// A node knows of a receipt that has not happened. The event has not run.
    #[error(
        "{node} is to know that message {number} of {link} was received, and it was not: run the events in an order that the trace allows"
    )]
    RoomNotMade {
        /// The link's sender.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
    },
    /// A node is to run an event while messages that it sent wait for room. The event has not run.
    #[error(
        "{node} runs {cause} while {link} holds {under_way} messages and has a capacity of {capacity}: a system with this capacity does not reach this state"
    )]
    NoRoom {
        /// The link's sender.
        node: NodeId,
        /// The cause of the handler's run.
        cause: Cause,
        /// The link.
        link: LinkId,
        /// How many messages were sent on the link and are not known to be received.
        under_way: u64,
        /// How many messages the link holds.
        capacity: u64,
    },
    /// The snapshot is of another topology.
    #[error(
        "the snapshot is of a system with other nodes or links than the trace has: compare with one of the traced run"
    )]
    ForeignSnapshot,
    /// The state of a node differs from the snapshot.
    #[error(
        "{0} is in another state: the process is not deterministic, or the snapshot is not of this cut"
    )]
    OtherState(NodeId),
    /// The messages on a link differ from the snapshot.
    #[error(
        "{0} holds other messages: the process is not deterministic, or the snapshot is not of this cut"
    )]
    OtherMessages(LinkId),
}

impl<'a, P: Process> Replay<'a, P> {
    /// Makes the process of each node, in order. Nothing has run yet.
    pub fn new(trace: &'a Trace, process: impl FnMut(NodeId) -> P) -> Self {
        let topology = trace.topology();
        Replay {
            trace,
            processes: topology.nodes().map(process).collect(),
            links: topology.all_links().map(|_| VecDeque::new()).collect(),
            done: topology.nodes().map(|_| 0).collect(),
            sent: vec![0; topology.link_count()],
            known: vec![0; topology.link_count()],
        }
    }

    /// Puts a message on the environment link of a node. If there is no such node, the message is
    /// dropped.
    pub fn inject(&mut self, node: NodeId, message: P::Message) {
        if let Some(link) = self.trace.topology().environment_link(node) {
            self.links[link.id.index()].push_back(message);
        }
    }

    /// Runs events of the trace, in this order.
    ///
    /// # Errors
    /// If an event is not of the trace, cannot run yet, or does not come out as traced. The error
    /// is about the first such event.
    pub fn run<'e>(
        &mut self,
        events: impl IntoIterator<Item = &'e Event>,
    ) -> Result<(), ReplayError> {
        events.into_iter().try_for_each(|event| self.run_event(event))
    }

    fn run_event(&mut self, event: &Event) -> Result<(), ReplayError> {
        self.check_turn(event)?;
        self.learn_of_room(event)?;
        let received = self.receive(event)?;
        self.done[event.node.index()] += 1;
        let mut outbox = self.outbox_before(event.node);
        let topology = self.trace.topology();
        let process = &mut self.processes[event.node.index()];
        let mut ctx =
            Context::new(event.node, topology, topology.out_links(event.node), &mut outbox);
        match (event.cause, received) {
            (Cause::Timer(timer), _) => process.on_timer(timer, &mut ctx),
            (Cause::Discarded { .. }, _) => {}
            (_, Some((from, message))) => process.on_message(from, message, &mut ctx),
            (_, None) => process.on_start(&mut ctx),
        }
        drop(ctx);
        self.take(event, outbox)
    }

    /// An outbox with the counts of the node's out-links before its next event.
    fn outbox_before(&self, node: NodeId) -> Outbox<P::Message> {
        let out_links = self.trace.topology().out_links(node);
        let mut outbox = Outbox::new(self.trace.topology(), node);
        for (slot, link) in out_links.iter().enumerate() {
            if let Some(capacity) = self.trace.capacity(link.id) {
                outbox.links.set_capacity(slot, capacity);
            }
            outbox.links.restore(slot, self.sent[link.id.index()], self.known[link.id.index()]);
        }
        outbox
    }

    /// Checks that the event is the next one of its node. After this check its node and links are
    /// known to exist, and its message, if it is there, is the next on its link.
    fn check_turn(&self, event: &Event) -> Result<(), ReplayError> {
        let Event { node, nth, cause, .. } = *event;
        if self.trace.event(node, nth) != Some(event) {
            return Err(ReplayError::ForeignEvent { node, nth, cause });
        }
        let next = self.done[node.index()];
        if nth != next {
            return Err(ReplayError::NotNext { node, nth, next });
        }
        Ok(())
    }

    /// Checks that the event's node has room on every link, as far as the node knows, if a handler
    /// runs.
    fn learn_of_room(&mut self, event: &Event) -> Result<(), ReplayError> {
        let node = event.node;
        for &Room { link, received } in self.trace.room_before(event) {
            self.known[link.index()] = received;
            // The number of messages that were sent, less the messages that are still on the link.
            let taken = self.sent[link.index()] - self.links[link.index()].len() as u64;
            if received > taken && received < u64::MAX {
                return Err(ReplayError::RoomNotMade { node, link, number: received });
            }
        }
        // A stopped node drops messages without room: no handler runs.
        if let Cause::Discarded { .. } = event.cause {
            return Ok(());
        }
        for link in self.trace.topology().out_links(node).iter().map(|link| link.id) {
            let under_way = self.sent[link.index()].saturating_sub(self.known[link.index()]);
            match self.trace.capacity(link) {
                Some(capacity) if under_way > capacity => {
                    let cause = event.cause;
                    return Err(ReplayError::NoRoom { node, cause, link, under_way, capacity });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Takes the message that an event receives off its link, if the event receives a message.
    fn receive(&mut self, event: &Event) -> Result<Option<(Link, P::Message)>, ReplayError> {
        let Some((link, number)) = event.cause.received() else { return Ok(None) };
        let message = self.links[link.index()].pop_front();
        let received = self.trace.topology().link(link).zip(message);
        let not_there = ReplayError::NotThere { node: event.node, link, number };
        received.map(Some).ok_or(not_there)
    }

    fn take(&mut self, event: &Event, mut outbox: Outbox<P::Message>) -> Result<(), ReplayError> {
        let did: Vec<LinkId> = outbox.sends().collect();
        outbox.commit();
        for effect in outbox.drain() {
            if let Effect::Messages { link, messages } = effect {
                // Emitted outputs are dropped in a replay.
                if link == LinkId::OUTPUT {
                    continue;
                }
                self.sent[link.index()] += messages.len() as u64;
                self.links[link.index()].extend(messages);
            }
        }
        if did == event.sends {
            return Ok(());
        }
        let (node, cause, should) = (event.node, event.cause, event.sends.clone());
        Err(ReplayError::SentElsewhere { node, cause, did, should })
    }

    /// Compares the state that was reached with a snapshot: the state of each node, and the
    /// messages on each link. Failed nodes and the links to them are not compared. Timers, and
    /// whether a node has stopped, are not compared either.
    ///
    /// On an [environment link](crate::Topology::environment_link) the messages need only begin
    /// with those of the snapshot: the messages behind these were injected after the cut. So
    /// everything can be injected before the first event runs.
    ///
    /// # Errors
    /// If the two differ. The error names the first difference.
    pub fn compare(
        &self,
        snapshot: &GlobalSnapshot<P::State, P::Message>,
    ) -> Result<(), ReplayError>
    where
        P::State: PartialEq,
        P::Message: PartialEq,
    {
        if !self.trace.fits(snapshot.topology()) {
            return Err(ReplayError::ForeignSnapshot);
        }
        for (node, state) in snapshot.states() {
            if self.processes[node.index()].state() != *state {
                return Err(ReplayError::OtherState(node));
            }
        }
        for channel in snapshot.channels() {
            let takes_part = snapshot.find_state(channel.link().target).is_some();
            if takes_part && !self.holds(channel) {
                return Err(ReplayError::OtherMessages(channel.link().id));
            }
        }
        Ok(())
    }

    fn holds(&self, channel: &ChannelState<P::Message>) -> bool
    where
        P::Message: PartialEq,
    {
        let (link, recorded) = (channel.link(), channel.messages());
        let here = &self.links[link.id.index()];
        let is_enough =
            here.len() == recorded.len() || (link.is_environment() && here.len() > recorded.len());
        is_enough && here.iter().zip(recorded).all(|(here, recorded)| here == recorded)
    }

    /// The messages that are on a link now, in their order; none if there is no such link.
    #[must_use]
    pub fn messages_on(
        &self,
        link: LinkId,
    ) -> impl ExactSizeIterator<Item = &P::Message> + DoubleEndedIterator + Clone {
        let nothing = const { &VecDeque::new() };
        self.links.get(link.index()).unwrap_or(nothing).iter()
    }

    /// The process of a node as it is now; `None` if there is no such node.
    #[must_use]
    pub fn process(&self, node: NodeId) -> Option<&P> {
        self.processes.get(node.index())
    }
}

impl<P: Process> fmt::Debug for Replay<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replay").field("trace", self.trace).finish_non_exhaustive()
    }
}
