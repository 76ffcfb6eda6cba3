//! The events of a run.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use super::clock::VectorClock;
use super::cut::Cut;
use super::event::{Cause, Event, EventId, Logged, Mark, MarkKind};
use super::room::Room;
use super::texts::{Texts, Times};
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{Link, Topology};

/// The events of a run in an order in which they could have happened: each event comes after all
/// events that happen before it.
#[derive(Clone)]
pub struct Trace {
    pub(super) topology: Arc<Topology>,
    pub(super) events: Vec<Event>,
    /// The events of each node, in their order.
    pub(super) of_node: Vec<Vec<EventId>>,
    /// The event that sent each message of each link. Messages from outside have no such event.
    senders: Vec<Vec<EventId>>,
    /// The event that received each message of each link, environment links included.
    pub(super) receivers: Vec<Vec<EventId>>,
    /// How many messages each link holds. Links without a limit are left out.
    pub(super) capacities: BTreeMap<LinkId, u64>,
    /// What the node of an event had learnt of the room on its links since its previous event.
    /// Events before which nothing was learnt are left out.
    pub(super) room: BTreeMap<EventId, Vec<Room>>,
    /// What a node has learnt since its last event.
    pub(super) news: BTreeMap<NodeId, Vec<Room>>,
    /// For each snapshot: how many events each node had run when it recorded.
    recorded: BTreeMap<SnapshotId, BTreeMap<NodeId, usize>>,
    pub(super) marks: Vec<Mark>,
    pub(super) texts: Texts,
    pub(super) times: Times,
}

/// Why there is no trace, or why an event cannot happen at the end of the trace. A refused event
/// changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TraceError {
    /// No trace was asked for.
    #[error("there is no trace: ask for one before the start (`traced` of the builder)")]
    NotKept,
    /// The system has not ended.
    #[error("there is no trace yet: take it after the shutdown")]
    NotEnded,
    /// The system was restored from a snapshot. Its run began in an earlier life, so the messages
    /// that it received then are unknown.
    #[error(
        "there is no trace of a restored system, whose run began before the snapshot: trace one that is started by spawn"
    )]
    Restored,
    /// Every node has panicked in `on_start`, so that no node has an event.
    #[error("there is nothing to trace: every node has panicked in on_start, and has no event")]
    NoEvents,
    /// The system was shut down, and the shutdown did not wait for all of the nodes.
    #[error(
        "there is no trace, since the log of {0} is missing: its handler had not returned when the shutdown gave it up"
    )]
    GivenUp(NodeId),
    /// The topology has no such node.
    #[error("{0} is not in the topology: trace a run with the topology that it had")]
    UnknownNode(NodeId),
    /// A message is received on a link that does not end at the node, or sent on a link that does
    /// not leave it.
    #[error(
        "{link} does not lead to or from {node} as it should: trace a run with the topology that it had"
    )]
    NotItsLink {
        /// The node.
        node: NodeId,
        /// The link.
        link: LinkId,
    },
    /// A message is received that was not sent, or that is not the next on its link.
    #[error(
        "{node} receives message {number} of {link}, of which {sent} were sent and {received} received: the link is not FIFO, or an event is missing"
    )]
    OutOfTurn {
        /// The receiver.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
        /// How many messages were sent on the link by then.
        sent: u64,
        /// How many messages were received on the link by then.
        received: u64,
    },
    /// A node is told that more messages were received than the trace shows.
    #[error(
        "{node} is told that {number} messages of {link} were received, and {received} were: an event is missing"
    )]
    AcknowledgedTooSoon {
        /// The link's sender.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// How many messages were received, as the node is told.
        number: u64,
        /// How many messages were received on the link by then.
        received: u64,
    },
    /// A marker comes on a link whose source has not recorded, or comes back on a link whose target
    /// has not recorded.
    #[error(
        "{node} receives the marker of {snapshot} on {link}, and the other end of the link has not recorded: a recording is missing"
    )]
    MarkerTooSoon {
        /// The receiver.
        node: NodeId,
        /// The link.
        link: LinkId,
        /// The snapshot to which the marker belongs.
        snapshot: SnapshotId,
    },
}

impl Trace {
    /// A trace without events.
    #[must_use]
    pub fn new(topology: Arc<Topology>) -> Self {
        Trace {
            events: Vec::new(),
            of_node: topology.nodes().map(|_| Vec::new()).collect(),
            senders: topology.links().iter().map(|_| Vec::new()).collect(),
            receivers: topology.all_links().map(|_| Vec::new()).collect(),
            capacities: BTreeMap::new(),
            room: BTreeMap::new(),
            news: BTreeMap::new(),
            recorded: BTreeMap::new(),
            marks: Vec::new(),
            texts: Texts::default(),
            times: Times::default(),
            topology,
        }
    }

    /// A trace of the same system without events.
    pub(super) fn without_events(&self) -> Trace {
        let mut trace = Trace::new(Arc::clone(&self.topology));
        trace.capacities.clone_from(&self.capacities);
        trace
    }

    /// Adds an entry of a node's log behind everything else. An entry [`Logged::Handled`] is an
    /// event; [`Logged::handled`] makes one. Of several recordings of a node for one snapshot, only
    /// the first counts.
    ///
    /// # Errors
    /// If the node is not in the topology, or if the entry cannot happen there. For instance the
    /// node receives a message that was not sent, sends on a link that does not leave it, or
    /// receives a marker before the other end of the link has recorded.
    pub fn add(&mut self, node: NodeId, entry: impl Borrow<Logged>) -> Result<(), TraceError> {
        if !self.topology.contains(node) {
            return Err(TraceError::UnknownNode(node));
        }
        match entry.borrow() {
            Logged::Handled { cause, sends } => self.push(node, *cause, sends)?,
            Logged::Recorded(snapshot) => self.record(*snapshot, node),
            Logged::Marker(snapshot, link) => self.receive_marker(node, *snapshot, *link)?,
            Logged::MarkerReturned(snapshot, link) => {
                self.receive_returned_marker(node, *snapshot, *link)?;
            }
            Logged::Acknowledged(link, number) => self.acknowledge(node, *link, *number)?,
        }
        Ok(())
    }

    /// Adds an event of a node of the topology.
    pub(super) fn push(
        &mut self,
        node: NodeId,
        cause: Cause,
        sends: &[LinkId],
    ) -> Result<(), TraceError> {
        self.check(node, cause, sends)?;
        let id = EventId(self.events.len());
        if let Some((link, _)) = cause.received() {
            self.receivers[link.index()].push(id);
        }
        if let Some(news) = self.news.remove(&node) {
            self.room.insert(id, news);
        }
        sends.iter().for_each(|link| self.senders[link.index()].push(id));
        let nth = self.of_node[node.index()].len();
        self.of_node[node.index()].push(id);
        self.events.push(Event { node, nth, cause, sends: sends.to_vec() });
        self.times.event_is_added();
        Ok(())
    }

    fn check(&self, node: NodeId, cause: Cause, sends: &[LinkId]) -> Result<(), TraceError> {
        let leaves =
            |link: LinkId| self.topology.link(link).is_some_and(|link| link.source == node);
        if let Some(&link) = sends.iter().find(|&&link| !leaves(link)) {
            return Err(TraceError::NotItsLink { node, link });
        }
        let Some((link, number)) = cause.received() else { return Ok(()) };
        let found = self.in_link(node, link)?;
        let received = self.received_on(link);
        let sent = self.senders.get(link.index()).map_or(number, |senders| senders.len() as u64);
        if number == received + 1 && (number <= sent || found.is_environment()) {
            return Ok(());
        }
        Err(TraceError::OutOfTurn { node, link, number, sent, received })
    }

    pub(super) fn received_on(&self, link: LinkId) -> u64 {
        self.receivers.get(link.index()).map_or(0, |receivers| receivers.len() as u64)
    }

    fn in_link(&self, node: NodeId, link: LinkId) -> Result<Link, TraceError> {
        let found = self.topology.link(link).filter(|link| link.target == node);
        found.ok_or(TraceError::NotItsLink { node, link })
    }

    /// Notes that a node has recorded its state for a snapshot, after all of its events so far.
    fn record(&mut self, snapshot: SnapshotId, node: NodeId) {
        let events = self.of_node[node.index()].len();
        if let Entry::Vacant(place) = self.recorded.entry(snapshot).or_default().entry(node) {
            place.insert(events);
            self.mark(node, MarkKind::Recorded(snapshot));
        }
    }

    /// Notes that a marker has arrived.
    fn receive_marker(
        &mut self,
        node: NodeId,
        snapshot: SnapshotId,
        link: LinkId,
    ) -> Result<(), TraceError> {
        let source = self.in_link(node, link)?.source;
        if !self.has_recorded(source, snapshot) {
            return Err(TraceError::MarkerTooSoon { node, link, snapshot });
        }
        self.mark(node, MarkKind::Marker(snapshot, link));
        Ok(())
    }

    pub(super) fn has_recorded(&self, node: NodeId, snapshot: SnapshotId) -> bool {
        self.recorded.get(&snapshot).is_some_and(|of| of.contains_key(&node))
    }

    pub(super) fn mark(&mut self, node: NodeId, kind: MarkKind) {
        self.marks.push(Mark { node, after: self.events.len(), kind });
        self.times.mark_is_added();
    }
}

/// Questions.
impl Trace {
    /// The topology.
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// All events, in their order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The marks: recordings of nodes and arrivals of markers, in order.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// The events of a node, in their order. The iterator is empty if there is no such node.
    pub fn events_of(
        &self,
        node: NodeId,
    ) -> impl ExactSizeIterator<Item = &Event> + DoubleEndedIterator + Clone {
        let of_node = self.of_node.get(node.index()).map_or(&[][..], Vec::as_slice);
        of_node.iter().map(|id| &self.events[id.0])
    }

    /// An event by its node and its number there, from 0.
    pub(super) fn event(&self, node: NodeId, nth: usize) -> Option<&Event> {
        self.of_node.get(node.index())?.get(nth).map(|id| &self.events[id.0])
    }

    /// Whether this may be the trace of a system of the topology: their nodes and links are the
    /// same by number.
    pub(super) fn fits(&self, topology: &Arc<Topology>) -> bool {
        Arc::ptr_eq(&self.topology, topology) || self.topology.difference(topology).is_none()
    }

    /// The event that sent a message, by its number from 1. `None` if no event did, as for messages
    /// from outside.
    #[must_use]
    pub fn sender(&self, link: LinkId, number: u64) -> Option<&Event> {
        let nth = usize::try_from(number.checked_sub(1)?).ok()?;
        self.senders.get(link.index())?.get(nth).map(|id| &self.events[id.0])
    }

    /// The cut of a snapshot: for each node, its events before it recorded. A node that did not
    /// record, since it had failed, is included with all its events. `None` if no node has recorded
    /// for the snapshot.
    #[must_use]
    pub fn cut_of(&self, snapshot: SnapshotId) -> Option<Cut> {
        let recorded = self.recorded.get(&snapshot)?;
        let events = |(node, events): (NodeId, &Vec<EventId>)| {
            recorded.get(&node).copied().unwrap_or(events.len())
        };
        Some(Cut::new(self.topology.nodes().zip(&self.of_node).map(events)))
    }

    /// The vector clock of each event, in the order of the events. This takes memory for (events ×
    /// nodes) counts.
    #[must_use]
    pub fn clocks(&self) -> Vec<VectorClock> {
        let mut last: Vec<VectorClock> =
            self.topology.nodes().map(|_| VectorClock::zero(self.of_node.len())).collect();
        let mut clocks: Vec<VectorClock> = Vec::with_capacity(self.events.len());
        for event in &self.events {
            let clock = &mut last[event.node.index()];
            if let Some((link, number)) = event.cause.received() {
                let sender =
                    self.senders.get(link.index()).and_then(|s| s.get(number as usize - 1));
                sender.into_iter().for_each(|sender| clock.join(&clocks[sender.0]));
            }
            for room in self.room.get(&EventId(clocks.len())).into_iter().flatten() {
                let receivers = self.receivers.get(room.link.index());
                let receiver =
                    receivers.and_then(|r| r.get(room.received.wrapping_sub(1) as usize));
                receiver.into_iter().for_each(|receiver| clock.join(&clocks[receiver.0]));
            }
            clock.tick(event.node);
            clocks.push(clock.clone());
        }
        clocks
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trace").field("events", &self.events.len()).finish_non_exhaustive()
    }
}
