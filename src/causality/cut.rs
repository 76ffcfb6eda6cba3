//! Cuts, and whether they are consistent.

use std::ops::RangeInclusive;

use thiserror::Error;

use super::event::Event;
use super::room::Room;
use super::trace::Trace;
use crate::id::{LinkId, NodeId};
use crate::snapshot::GlobalSnapshot;

/// For each node, how many of its events are included.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Cut(Box<[usize]>);

/// Why a cut is not consistent, or why a snapshot does not belong to the cut.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CutError {
    /// The cut includes the receipt of a message and not its sending.
    #[error(
        "the cut includes that {receiver} received message {number} of {link}, and not that {sender} sent it"
    )]
    Inconsistent {
        /// The link.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
        /// The node that sent the message.
        sender: NodeId,
        /// The node that received the message.
        receiver: NodeId,
    },
    /// The cut includes an event that needed room on a link, and not the receipt that made this
    /// room.
    #[error(
        "the cut includes that {sender} knew message {number} of {link} to be received, and not that {receiver} received it"
    )]
    RoomFromOutside {
        /// The link.
        link: LinkId,
        /// The number of the message on its link, from 1.
        number: u64,
        /// The link's sender.
        sender: NodeId,
        /// The link's receiver.
        receiver: NodeId,
    },
    /// The cut is a cut of another trace.
    #[error(
        "the cut is of {nodes} nodes, and includes {included} events of {node}, of which the trace has {events}: take a cut of this trace"
    )]
    Foreign {
        /// How many nodes the cut has.
        nodes: usize,
        /// The node.
        node: NodeId,
        /// How many events the cut includes.
        included: usize,
        /// How many events of the node the trace has.
        events: usize,
    },
    /// The snapshot is of another topology.
    #[error(
        "the snapshot is of a system with other nodes or links than the trace has: take one of the traced run"
    )]
    ForeignSnapshot,
    /// The snapshot and the cut differ in the messages that were in flight.
    #[error(
        "by the cut messages {first} to {last} of {link} are in flight, and the snapshot has {sent} sent and {received} received"
    )]
    WrongChannel {
        /// The link.
        link: LinkId,
        /// The number of the first message that was sent before the cut and received after it.
        first: u64,
        /// The number of the last such message. It is less than `first` if there is none.
        last: u64,
        /// How many messages were sent, by the snapshot.
        sent: u64,
        /// How many messages were received, by the snapshot.
        received: u64,
    },
}

impl Cut {
    /// A cut that includes the given number of events of each node.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = usize>) -> Self {
        Cut(events.into_iter().collect())
    }

    /// How many events of the node are included; 0 for a node that is not in the topology.
    #[must_use]
    pub fn events_of(&self, node: NodeId) -> usize {
        self.0.get(node.index()).copied().unwrap_or(0)
    }

    /// Whether an event is included.
    #[must_use]
    pub fn includes(&self, event: &Event) -> bool {
        event.nth < self.events_of(event.node)
    }

    /// Checks that the cut is consistent: for each event that it includes, it includes all events
    /// that happen before this event. The first events of each node are included, so it is enough
    /// to look at receipts and acknowledgements.
    ///
    /// # Errors
    /// If the cut is not consistent. The error names a message that is received before the cut and
    /// sent after it, or that its sender knows before the cut to be received, though it is received
    /// after the cut. The first such message in the order of the trace is named; those of the first
    /// kind come first.
    pub fn check(&self, trace: &Trace) -> Result<(), CutError> {
        self.check_size(trace)?;
        for event in trace.events().iter().filter(|event| self.includes(event)) {
            let Some((link, number)) = event.cause.received() else { continue };
            match trace.sender(link, number) {
                Some(sender) if !self.includes(sender) => {
                    let (sender, receiver) = (sender.node, event.node);
                    return Err(CutError::Inconsistent { link, number, sender, receiver });
                }
                _ => {}
            }
        }
        self.check_room(trace)
    }

    fn check_room(&self, trace: &Trace) -> Result<(), CutError> {
        for event in trace.events().iter().filter(|event| self.includes(event)) {
            for &Room { link, received: number } in trace.room_before(event) {
                match trace.receiver(link, number) {
                    Some(receipt) if !self.includes(receipt) => {
                        let (sender, receiver) = (event.node, receipt.node);
                        return Err(CutError::RoomFromOutside { link, number, sender, receiver });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn check_size(&self, trace: &Trace) -> Result<(), CutError> {
        let nodes = self.0.len();
        for node in trace.topology().nodes() {
            let (included, events) = (self.events_of(node), trace.events_of(node).len());
            if included > events || nodes != trace.topology().node_count() {
                return Err(CutError::Foreign { nodes, node, included, events });
            }
        }
        Ok(())
    }

    /// The messages of each link that are in flight at the cut, by number: sent before the cut and
    /// received after it. The ranges are ordered by link; the environment links come behind the
    /// links of the topology. A trace does not tell how many messages were sent on an environment
    /// link, so that its range ends with the last message that the trace received.
    #[must_use]
    pub fn in_flight(&self, trace: &Trace) -> Vec<RangeInclusive<u64>> {
        let links = trace.topology().link_count() + trace.topology().node_count();
        let (mut sent, mut received) = (vec![0; links], vec![0; links]);
        for event in trace.events() {
            let is_included = self.includes(event);
            if is_included {
                event.sends.iter().for_each(|link| sent[link.index()] += 1);
            }
            if let Some((link, number)) = event.cause.received() {
                received[link.index()] += u64::from(is_included);
                if trace.sender(link, number).is_none() {
                    sent[link.index()] = number;
                }
            }
        }
        sent.into_iter().zip(received).map(|(sent, received)| received + 1..=sent).collect()
    }

    /// Checks a snapshot against its cut: the cut is consistent, and the snapshot holds for each
    /// link exactly the messages that are in flight at the cut, by number. Links to failed nodes
    /// are not checked. Of an environment link only the received messages are compared: a trace
    /// does not tell how many were sent on it.
    ///
    /// # Errors
    /// If the two differ. The error names the first difference.
    pub fn check_snapshot<S, M>(
        &self,
        trace: &Trace,
        snapshot: &GlobalSnapshot<S, M>,
    ) -> Result<(), CutError> {
        if !trace.fits(snapshot.topology()) {
            return Err(CutError::ForeignSnapshot);
        }
        self.check(trace)?;
        for (channel, in_flight) in snapshot.channels().iter().zip(self.in_flight(trace)) {
            let link = channel.link();
            let (first, last) = in_flight.into_inner();
            let (sent, received) = (channel.sent(), channel.received());
            let is_whole = sent.checked_sub(received) == Some(channel.messages().len() as u64);
            let is_right = received + 1 == first && (sent == last || link.is_environment());
            if snapshot.find_state(link.target).is_some() && !(is_whole && is_right) {
                return Err(CutError::WrongChannel { link: link.id, first, last, sent, received });
            }
        }
        Ok(())
    }
}
