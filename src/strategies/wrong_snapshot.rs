//! The faults that a snapshot of a numbered system can have.

use thiserror::Error;

use super::numbered_process::{NumberedMessage, NumberedState};
use crate::id::{LinkId, NodeId};
use crate::snapshot::{ChannelState, GlobalSnapshot, VerifyError};
use crate::topology::{Link, Topology};

/// Why a snapshot of a [`NumberedSystem`](super::NumberedSystem) is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WrongSnapshot {
    /// The snapshot breaks the channel law by its own counts.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The snapshot is of another system.
    #[error("the snapshot is of a system with another topology: check it with the system it is of")]
    OtherSystem,
    /// The snapshot has no state of a node.
    #[error("{0} is not in the snapshot, so the tokens cannot be counted")]
    MissingNode(NodeId),
    /// A node has received messages out of order.
    #[error("{0} received messages of a link out of order")]
    OutOfOrder(NodeId),
    /// A link does not hold exactly the messages that were sent and not received.
    #[error(
        "{link} holds the messages {found:?}, and by the states of its ends it holds {received} + 1 to {sent}"
    )]
    Link {
        /// The link.
        link: LinkId,
        /// How many messages the link's sender counted when it recorded.
        sent: u64,
        /// How many messages the link's receiver counted when it recorded.
        received: u64,
        /// The numbers of the messages that the link holds.
        found: Vec<u64>,
    },
    /// Tokens were lost, or counted twice.
    #[error(
        "there are {expected} tokens, and the snapshot has {resting} at nodes and {in_flight} on links"
    )]
    Tokens {
        /// How many tokens there are.
        expected: u64,
        /// How many tokens rest at nodes.
        resting: u64,
        /// How many tokens are in flight.
        in_flight: u64,
    },
}

type Snapshot = GlobalSnapshot<NumberedState, NumberedMessage>;

pub(super) fn check(
    topology: &Topology,
    expected: u64,
    snapshot: &Snapshot,
) -> Result<(), WrongSnapshot> {
    if **snapshot.topology() != *topology {
        return Err(WrongSnapshot::OtherSystem);
    }
    snapshot.verify()?;
    let mut resting = 0;
    for node in topology.nodes() {
        let state = snapshot.find_state(node).ok_or(WrongSnapshot::MissingNode(node))?;
        resting += state.resting;
        if !state.in_order {
            return Err(WrongSnapshot::OutOfOrder(node));
        }
    }
    topology.links().iter().try_for_each(|&link| check_link(link, snapshot))?;
    let in_flight = snapshot.in_flight().count() as u64;
    if resting + in_flight != expected {
        return Err(WrongSnapshot::Tokens { expected, resting, in_flight });
    }
    Ok(())
}

fn check_link(link: Link, snapshot: &Snapshot) -> Result<(), WrongSnapshot> {
    let topology = snapshot.topology();
    let count = |node, counts: fn(&NumberedState) -> &Vec<u64>, slot: Option<usize>| {
        let state = snapshot.find_state(node).ok_or(WrongSnapshot::MissingNode(node))?;
        // A node that recorded before it started has no counts.
        Ok::<u64, WrongSnapshot>(
            slot.and_then(|slot| counts(state).get(slot).copied()).unwrap_or(0),
        )
    };
    let sent = count(link.source, |state| &state.sent, topology.out_slot(link.id))?;
    let received = count(link.target, |state| &state.received, topology.in_slot(link.id))?;
    let channel = snapshot.channels().get(link.id.index());
    let messages = channel.into_iter().flat_map(ChannelState::messages);
    let found: Vec<_> = messages.map(|message| message.number).collect();
    if !found.iter().copied().eq(received + 1..=sent) {
        return Err(WrongSnapshot::Link { link: link.id, sent, received, found });
    }
    Ok(())
}
