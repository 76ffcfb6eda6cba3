//! Nodes whose clocks differ, for the algorithm that trusts clocks, compared with the latency of
//! messages.

use std::time::Duration;

use consistent_cut::Topology;
use consistent_cut::simulation::{Algorithm, Clock, PhysicalTime};

use super::chance::Chance;

/// The least latency of a message.
pub(crate) const LEAST: Duration = Duration::from_millis(2);
/// The largest latency of a message, where latencies are between the two.
pub(crate) const MOST: Duration = Duration::from_millis(9);

/// Clocks that differ by at most `skew`, and nodes that wait for late messages for the time
/// `patience`.
pub(crate) fn clocks(
    chance: &mut Chance,
    topology: &Topology,
    skew: Duration,
    patience: Duration,
) -> Algorithm {
    let time = topology.nodes().fold(PhysicalTime::new(skew, patience), |time, node| {
        let off = Duration::from_nanos(chance.below(skew.as_nanos() as usize / 2 + 1) as u64);
        let is_ahead = chance.one_in(2);
        time.clock(node, if is_ahead { Clock::ahead(off) } else { Clock::behind(off) })
    });
    Algorithm::PhysicalTime(time)
}

/// The clocks differ by more than a latency, and every message is waited for.
pub(crate) fn clocks_that_differ(chance: &mut Chance, topology: &Topology) -> Algorithm {
    clocks(chance, topology, MOST * 2, MOST * 5)
}

/// The clocks are good enough, and not every message is waited for.
pub(crate) fn nodes_without_patience(chance: &mut Chance, topology: &Topology) -> Algorithm {
    clocks(chance, topology, LEAST, LEAST)
}
