//! The counts of messages on links, for observers.

use std::fmt;

use super::gauge::Gauge;
use crate::topology::Link;

/// The messages of one link, counted while the system runs. The counts are read one after the other
/// and belong to no cut. Messages that a busy node has sent may be counted a moment later. If the
/// counts must fit together, take a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkTraffic {
    /// The link.
    pub link: Link,
    /// Messages sent so far.
    pub sent: u64,
    /// Messages received so far; `None` if the receiver has ended, and messages to it are dropped.
    pub received: Option<u64>,
    /// Messages that have no room and wait at the sender.
    pub waiting: u64,
}

impl LinkTraffic {
    /// Messages that were sent and not received; `None` if the receiver has ended.
    #[must_use]
    pub fn in_flight(&self) -> Option<u64> {
        self.received.map(|received| self.sent.saturating_sub(received))
    }

    pub(crate) fn read(link: Link, gauge: &Gauge) -> Self {
        // This order ensures that no message seems to be received but not sent.
        let received = gauge.received();
        let sent = gauge.sent();
        if gauge.has_ended() {
            return LinkTraffic { link, sent, received: None, waiting: 0 };
        }
        let sent = sent.max(received);
        let waiting = (sent - received).saturating_sub(gauge.capacity());
        LinkTraffic { link, sent, received: Some(received), waiting }
    }
}

impl fmt::Display for LinkTraffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} sent, ", self.link, self.sent)?;
        match self.received {
            Some(received) => write!(f, "{received} received, {} waiting", self.waiting),
            None => f.write_str("receiver ended"),
        }
    }
}
