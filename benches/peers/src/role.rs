//! The roles of actors, the same on every peer and the same as those of consistent-cut's processes.

use crossbeam_channel::Sender;

use crate::support::workload::{Message, Tally};

/// Messages that a producer sends for each message to itself.
const BURST: u64 = 64;

/// How an actor handles its messages.
pub(crate) enum Role {
    /// Passes tokens on; the first one asked starts them all.
    Hop {
        tokens: u64,
        hops: u64,
        on_their_way: u64,
    },
    Produce {
        left: u64,
    },
    PassOn,
    Consume {
        expected: u64,
    },
}

/// The receiver of a message.
pub(crate) enum To {
    Next,
    /// The actor itself, so that others have their turn meanwhile.
    Itself,
}

/// Channels to the caller: the actor is connected, the workload is done, and at last the count of
/// messages received.
#[derive(Clone)]
pub(crate) struct Reports {
    pub(crate) ready: Sender<()>,
    pub(crate) done: Sender<()>,
    pub(crate) tallies: Sender<Tally>,
}

pub(crate) struct Actor {
    role: Role,
    tally: Tally,
    reports: Reports,
}

impl Actor {
    pub(crate) fn new(role: Role, reports: Reports) -> Self {
        Actor { role, tally: Tally::default(), reports }
    }

    /// Reports that the actor knows its next.
    pub(crate) fn is_ready(&self) {
        self.reports.ready.send(()).unwrap();
    }

    /// Handles a message, and returns whether the actor goes on.
    pub(crate) fn handle(&mut self, message: Message, mut send: impl FnMut(To, Message)) -> bool {
        if message == Message::STOP {
            self.reports.tallies.send(self.tally).unwrap();
            return false;
        }
        match &mut self.role {
            Role::Hop { tokens, hops, .. } if message == Message::START => {
                for payload in 0..*tokens {
                    send(To::Next, Message { number: *hops, payload });
                }
            }
            Role::Produce { left } => {
                for _ in 0..BURST.min(*left) {
                    send(To::Next, Message { number: *left, payload: *left });
                    *left -= 1;
                }
                if *left > 0 {
                    send(To::Itself, Message { number: 0, payload: 0 });
                }
            }
            Role::Hop { on_their_way, .. } => {
                self.tally.take(message);
                if message.number > 1 {
                    send(To::Next, Message { number: message.number - 1, ..message });
                    return true;
                }
                *on_their_way -= 1;
                if *on_their_way == 0 {
                    self.reports.done.send(()).unwrap();
                }
            }
            Role::PassOn => {
                self.tally.take(message);
                send(To::Next, message);
            }
            Role::Consume { expected } => {
                self.tally.take(message);
                if self.tally.received == *expected {
                    self.reports.done.send(()).unwrap();
                }
            }
        }
        true
    }
}
