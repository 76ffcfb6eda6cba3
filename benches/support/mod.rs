//! The workloads, and how each side runs them.

pub(crate) mod by_hand;
pub(crate) mod by_hand_batches;
pub(crate) mod on_a_system;

use std::fmt;

/// What travels: 16 bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Message {
    /// Hops that a token of the ring has left; elsewhere a number.
    pub(crate) number: u64,
    pub(crate) payload: u64,
}

/// Who sends what to whom.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Workload {
    /// Tokens go round a ring.
    Ring { nodes: usize, tokens: u64 },
    /// Producers send to one sink.
    FanIn { producers: usize },
    /// A source sends through stages to a sink.
    Pipeline { stages: usize },
}

/// How many messages a link, or a hand-written inbox, holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Capacity {
    Unbounded,
    Of(usize),
}

impl fmt::Display for Capacity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Capacity::Unbounded => f.write_str("unbounded"),
            Capacity::Of(messages) => write!(f, "capacity {messages}"),
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Workload::Ring { nodes, tokens } => write!(f, "ring of {nodes}, {tokens} tokens"),
            Workload::FanIn { producers } => write!(f, "fan-in {producers} to 1"),
            Workload::Pipeline { stages } => write!(f, "pipeline of {stages} stages"),
        }
    }
}

/// What a node does with a message, the same on both sides, so that neither is optimised away.
pub(crate) fn work(sum: u64, message: Message) -> u64 {
    sum.wrapping_mul(31).wrapping_add(message.number ^ message.payload)
}
