//! Which algorithm takes the snapshots.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::Clock;
use crate::id::NodeId;

/// How snapshots are taken. Only one of these is right; the others are there to be seen failing, as they are the first that come to
/// mind. Threads know the right one alone.
///
/// | | a node records | a link's state | what goes wrong |
/// |---|---|---|---|
/// | [`PhysicalTime`](Self::PhysicalTime) | at noon | what comes after noon and was sent before, by the clocks | clocks differ: a message is received before noon that was sent after noon, and is in the snapshot twice; or not at all |
/// | [`Better`](Self::Better) | at the first marker | nothing | what was in flight is lost |
/// | [`ChandyLamport`](Self::ChandyLamport) | at the first marker | what comes between recording and marker | nothing |
///
/// Every algorithm's snapshots are [`GlobalSnapshot`](crate::GlobalSnapshot)s with the same counts of messages sent and received, which
/// nodes really have; so [`verify`](crate::GlobalSnapshot::verify) and
/// [`Cut::check_snapshot`](crate::causality::Cut::check_snapshot) find out whatever is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// Markers, and channel states between recording and marker, as in [`protocol`](crate::protocol).
    #[default]
    ChandyLamport,
    /// Markers alone: each node records before it receives anything that was sent after another has recorded. So the cut is consistent, but
    /// links count as empty.
    Better,
    /// Every node records when its own clock shows noon.
    PhysicalTime(PhysicalTime),
}

/// The nodes' clocks, and when noon is.
///
/// A node that looks too late at its clock, since it is [paused](super::Simulation::pause), records then. One that is asked when its
/// clock is past noon records at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhysicalTime {
    clocks: BTreeMap<NodeId, Clock>,
    notice: Duration,
    patience: Duration,
}

impl PhysicalTime {
    /// Noon is so long after a snapshot is begun, by a clock that is right, and a node waits with `patience` for messages sent before noon:
    /// so long after its own noon, by its own clock. Nobody can know when the last one has come.
    ///
    /// All clocks are right, if nothing else is said.
    #[must_use]
    pub fn new(notice: Duration, patience: Duration) -> Self {
        PhysicalTime { clocks: BTreeMap::new(), notice, patience }
    }

    /// Gives a node a clock. One for a node that is not in the topology means nothing.
    #[must_use]
    pub fn clock(mut self, node: NodeId, clock: Clock) -> Self {
        self.clocks.insert(node, clock);
        self
    }

    pub(super) fn clock_of(&self, node: NodeId) -> Clock {
        self.clocks.get(&node).copied().unwrap_or_default()
    }

    pub(super) fn notice(&self) -> Duration {
        self.notice
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }
}
