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
pub struct Cut(Box<[usize]>);

/// Why a cut is not consistent, or a snapshot is not that of the cut.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CutError {
    /// It includes a receipt and not the sending.
    #[error(
        "the cut includes that {receiver} received message {number} of {link}, and not that {sender} sent it"
    )]
    Inconsistent {
        /// The link.
        link: LinkId,
        /// Which of its messages.
        number: u64,
        /// Who sent it.
        sender: NodeId,
        /// Who received it.
        receiver: NodeId,
    },
    /// It includes an event that needed room, and not the receipt that made it.
    #[error(
        "the cut includes that {sender} knew message {number} of {link} to be received, and not that {receiver} received it"
    )]
    RoomFromOutside {
        /// The link.
        link: LinkId,
        /// Which of its messages.
        number: u64,
        /// The link's sender.
        sender: NodeId,
        /// The link's receiver.
        receiver: NodeId,
    },
    /// It is a cut of another trace.
    #[error(
        "the cut is of {nodes} nodes, and includes {included} events of {node}, of which the trace has {events}: take a cut of this trace"
    )]
    Foreign {
        /// How many nodes it has.
        nodes: usize,
        /// The node.
        node: NodeId,
        /// How many events the cut includes.
        included: usize,
        /// How many the trace has.
        events: usize,
    },
    /// The snapshot is of another topology.
    #[error(
        "the snapshot is of a system with other nodes or links than the trace has: take one of the traced run"
    )]
    ForeignSnapshot,
    /// The snapshot says that other messages were in flight than the cut.
    #[error(
        "by the cut messages {first} to {last} of {link} are in flight, and the snapshot has {sent} sent and {received} received"
    )]
    WrongChannel {
        /// The link.
        link: LinkId,
        /// The first message that was sent before the cut and received after it.
        first: u64,
        /// The last one; before the first if there is none.
        last: u64,
        /// What the snapshot says was sent.
        sent: u64,
        /// What it says was received.
        received: u64,
    },
}

impl Cut {
    /// A cut that includes so many events of each node.
    #[must_use]
    pub fn new(events: impl IntoIterator<Item = usize>) -> Self {
        Cut(events.into_iter().collect())
    }

    /// How many events of the node are included; none of one that is not in the topology.
    #[must_use]
    pub fn events_of(&self, node: NodeId) -> usize {
        self.0.get(node.index()).copied().unwrap_or(0)
    }

    /// Whether an event is included.
    #[must_use]
    pub fn includes(&self, event: &Event) -> bool {
        event.nth < self.events_of(event.node)
    }

    /// Checks that it is consistent: with each event all are included that happen before it. It is enough to look at what is
    /// received and acknowledged, since of each node the first events are included.
    ///
    /// # Errors
    /// With the first message that is received before the cut and sent after it, or known to its sender to be received before the
    /// cut and received after it, in the order of the trace.
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

    /// The messages of each link that are in flight at the cut, by number: sent before it and received after it. By link, and
    /// behind the topology's links the environment links; of these it is not known how many were sent, and the range ends with
    /// what the trace received.
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

    /// Checks a snapshot against its cut: that this is consistent, and that the snapshot holds of each link just the messages that
    /// are in flight at the cut, by number. Links to nodes that have failed are passed over, and so is what was yet to come from
    /// outside.
    ///
    /// # Errors
    /// With the first difference.
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
