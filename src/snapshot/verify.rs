//! The channel law, checked by number.

use std::fmt;

use thiserror::Error;

use super::{ChannelState, GlobalSnapshot};
use crate::id::SnapshotId;
use crate::topology::NamedLink;

impl<S, M> GlobalSnapshot<S, M> {
    /// Checks the channel law: with n messages sent before the sender recorded, and m received
    /// before the receiver recorded, a link holds n - m messages. Every snapshot that this crate
    /// hands out passes. The check finds faults of an engine of your own that loses or doubles
    /// envelopes at the cut.
    ///
    /// For a link with a capacity the check also looks at room: the sender must use no room that
    /// the receiver made after it recorded. So [`acknowledged`](crate::ChannelState::acknowledged)
    /// is at most m. Then all messages in flight beyond the capacity waited at the sender, as in
    /// every state of a system with that capacity.
    ///
    /// The law is checked by number. Whether the messages are the right ones, m+1 to n in their
    /// order, cannot be checked without telling messages apart; the crate's own tests do so.
    ///
    /// # Errors
    /// The error names every link that breaks the law.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let is_broken =
            |channel: &&ChannelState<M>| !channel.obeys_the_law() || !channel.obeys_its_capacity();
        let broken = self.0.channels.iter().filter(is_broken);
        let violations: Vec<_> = broken
            .map(|channel| Violation {
                link: self.0.topology.named_link(channel.link),
                sent: channel.sent,
                received: channel.received,
                acknowledged: channel.acknowledged,
                recorded: channel.messages.len(),
            })
            .collect();
        if violations.is_empty() {
            return Ok(());
        }
        Err(VerifyError { snapshot: self.0.id, violations })
    }
}

/// Links of a snapshot that break the channel law.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{snapshot} breaks the channel law: {}", list(violations))]
pub struct VerifyError {
    /// The snapshot.
    pub snapshot: SnapshotId,
    /// The links, by id.
    pub violations: Vec<Violation>,
}

/// One link that breaks the channel law.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The link.
    pub link: NamedLink,
    /// n: how many messages were sent before the sender recorded.
    pub sent: u64,
    /// m: how many messages were received before the receiver recorded.
    pub received: u64,
    /// How many messages the sender knew to be received; by the law at most m.
    pub acknowledged: u64,
    /// How many messages were recorded; by the law n - m.
    pub recorded: usize,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { link, sent, received, acknowledged, recorded } = self;
        write!(f, "{link} has {sent} sent, {received} received, {recorded} recorded")?;
        if acknowledged > received {
            write!(f, ", and its sender knew of {acknowledged} received")?;
        }
        Ok(())
    }
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(Violation::to_string).collect::<Vec<_>>().join("; ")
}
