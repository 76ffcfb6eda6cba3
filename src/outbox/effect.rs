//! One request of a node to its driver.

use std::time::Duration;

use crate::id::{LinkId, ReplyTo, SnapshotId, TimerId};

/// One request of a node to its driver.
#[derive(Debug)]
pub(crate) enum Effect<M> {
    /// Messages of one link, or of the [output](LinkId::OUTPUT), in their order.
    Messages {
        link: LinkId,
        messages: Vec<M>,
    },
    Marker {
        link: LinkId,
        snapshot: SnapshotId,
    },
    /// The marker goes back on each limited in-link that is open when this effect is drained.
    Returns(SnapshotId),
    /// The node's record for this snapshot goes to the collector at this place, with the state that
    /// the process has when this effect is drained. The record itself is large and rare, so it is
    /// kept elsewhere.
    State(SnapshotId),
    /// The record of an in-link that has closed goes to the collector.
    Closed,
    /// Boxed, since it is rare and would make every effect larger.
    SetTimer(Box<(TimerId, Duration)>),
    CancelTimer(TimerId),
    RequestSnapshot,
    /// Boxed for the same reason.
    Reply(Box<(ReplyTo, M)>),
    Stop {
        /// Whether the node drains its in-links from this effect on.
        drains: bool,
    },
    /// A message that a draining node has received and does not handle.
    Discard(M),
}

pub(super) fn has_messages<M>(effect: &Effect<M>) -> bool {
    matches!(effect, Effect::Messages { messages, .. } if !messages.is_empty())
}

/// Takes out the last message of a link.
pub(super) fn last_message<M>(effects: &mut [Effect<M>], link: LinkId) -> Option<M> {
    effects.iter_mut().rev().find_map(|effect| match effect {
        Effect::Messages { link: of, messages } if *of == link => messages.pop(),
        _ => None,
    })
}
