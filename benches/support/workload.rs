//! The workloads, the same for every side.

use std::fmt;
use std::time::Duration;

use crossbeam_channel::Receiver;

/// The message of all workloads: 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Hops that a token of the ring has left; elsewhere a number.
    pub(crate) number: u64,
    pub(crate) payload: u64,
}

impl Message {
    /// Comes from outside, and asks a node to send the first messages of the workload.
    pub(crate) const START: Message = Message { number: u64::MAX, payload: 0 };
    /// Ends a thread that was written by hand.
    pub(crate) const STOP: Message = Message { number: u64::MAX - 1, payload: 0 };
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Workload {
    /// Tokens go round a ring.
    Ring { nodes: usize, tokens: u64 },
    /// Producers send to one sink.
    FanIn { producers: usize },
    /// A source sends through stages to a sink.
    Pipeline { stages: usize },
}

impl Workload {
    pub(crate) const ALL: [Workload; 4] = [
        Workload::Ring { nodes: 8, tokens: 1_000 },
        Workload::Ring { nodes: 64, tokens: 10_000 },
        Workload::Pipeline { stages: 8 },
        Workload::FanIn { producers: 16 },
    ];
    pub(crate) const TWO_NODES: Workload = Workload::Ring { nodes: 2, tokens: 1 };

    /// Hops of each token, or messages of each source, so that about `messages` are received.
    pub(crate) fn each(self, messages: u64) -> u64 {
        let among = match self {
            Workload::Ring { tokens, .. } => tokens,
            Workload::FanIn { producers } => producers as u64,
            Workload::Pipeline { stages } => stages as u64 - 1,
        };
        (messages / among).max(1)
    }

    /// The messages that are received in all.
    pub(crate) fn received(self, each: u64) -> u64 {
        match self {
            Workload::Ring { tokens, .. } => tokens * each,
            Workload::FanIn { producers } => producers as u64 * each,
            Workload::Pipeline { stages } => (stages as u64 - 1) * each,
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Workload::Ring { nodes: 2, tokens: 1 } => f.write_str("two nodes with one token"),
            Workload::Ring { nodes, tokens } => write!(f, "ring of {nodes}, {tokens} tokens"),
            Workload::FanIn { producers } => write!(f, "fan-in {producers} to 1"),
            Workload::Pipeline { stages } => write!(f, "pipeline of {stages} stages"),
        }
    }
}

/// How many messages a link, or a hand-written inbox, holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Capacity {
    Unbounded,
    Of(usize),
}

impl Capacity {
    pub(crate) const ALL: [Capacity; 3] =
        [Capacity::Of(1 << 10), Capacity::Of(1 << 16), Capacity::Unbounded];
    /// The capacity of a link for which none is set.
    pub(crate) const DEFAULT: Capacity = Capacity::Of(1 << 16);
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Capacity::Unbounded => f.write_str("unbounded"),
            Capacity::Of(messages) => write!(f, "capacity {messages}"),
        }
    }
}

/// The work of a node for each message: count it, and mix it into a sum, so that the compiler
/// leaves no work out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) received: u64,
    pub(crate) sum: u64,
}

impl Tally {
    pub(crate) fn take(&mut self, message: Message) {
        self.received += 1;
        self.sum = self.sum.wrapping_mul(31).wrapping_add(message.number ^ message.payload);
    }
}

/// Waits until the last message is received. A lost message ends the bench with an error.
pub(crate) fn wait_for(done: &Receiver<()>) {
    done.recv_timeout(Duration::from_secs(60)).expect("all messages are received within a minute");
}

/// Every message was received, and once.
pub(crate) fn check(tallies: impl IntoIterator<Item = Tally>, expected: u64) {
    let received: u64 = tallies.into_iter().map(|tally| std::hint::black_box(tally).received).sum();
    assert_eq!(received, expected, "messages received");
}
