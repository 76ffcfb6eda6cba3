//! What is on the links, as observers see it.

use std::fmt;

use super::gauge::Gauge;
use crate::topology::Link;

/// The messages of one link, counted while the system runs. The counts are read one after the other
/// and are no part of any cut, and what a busy node has sent may show a moment later: where they
/// must fit together, take a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LinkTraffic {
    /// The link.
    pub link: Link,
    /// Messages sent so far.
    pub sent: u64,
    /// Messages received so far; `None` if the receiver has ended, and what is sent drains into
    /// nothing.
    pub received: Option<u64>,
    /// Messages that have no room and keep the sender waiting.
    pub waiting: u64,
}

impl LinkTraffic {
    /// Messages that were sent and not received; `None` if the receiver has ended.
    #[must_use]
    pub fn in_flight(&self) -> Option<u64> {
        self.received.map(|received| self.sent.saturating_sub(received))
    }

    pub(crate) fn read(link: Link, gauge: &Gauge) -> Self {
        // In this order, so that no message seems received that was not sent.
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
