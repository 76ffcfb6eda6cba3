//! Which algorithm takes the snapshots.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::{Clock, Reading};
use crate::id::NodeId;

/// How snapshots are taken. Only one of these is right; the others are there to be seen failing, as they are the first that come to
/// mind. Threads know the right one alone.
///
/// | | a node records | a link's state | what goes wrong |
/// |---|---|---|---|
/// | [`PhysicalTime`](Self::PhysicalTime) | at noon | what comes after noon and was sent before, by the clocks | clocks differ: a message is received before noon that was sent after noon, and is in the snapshot twice; or not at all |
/// | [`MarkersOnly`](Self::MarkersOnly) | at the first marker | nothing | what was in flight is lost |
/// | [`ChandyLamport`](Self::ChandyLamport) | at the first marker | what comes between recording and marker | nothing |
///
/// Every algorithm's snapshots are [`GlobalSnapshot`](crate::GlobalSnapshot)s with the counts of messages sent and received that the
/// nodes really had. [`Cut::check_snapshot`](crate::causality::Cut::check_snapshot) finds out whatever is wrong, and
/// [`verify`](crate::GlobalSnapshot::verify) what can be seen by counts: of what a node has sent that has failed now, nobody knows the count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// Markers, and channel states between recording and marker, as in [`protocol`](crate::protocol).
    #[default]
    ChandyLamport,
    /// Markers alone: each node records before it receives anything that was sent after another has recorded. So the cut is consistent, but
    /// links count as empty.
    MarkersOnly,
    /// Every node records when its own clock shows noon.
    PhysicalTime(PhysicalTime),
}

/// The nodes' clocks, and when noon is.
///
/// When a snapshot is begun, a noon is chosen that no clock has shown yet. Each node records when its own clock shows it. Where clocks
/// differ by less than a message takes at least, and `patience` is longer than the slowest message and the difference together, the
/// snapshots are right. A node that looks too late at its clock, since it is [paused](super::Simulation::pause), records then, which may be
/// wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhysicalTime {
    clocks: BTreeMap<NodeId, Clock>,
    notice: Duration,
    patience: Duration,
}

impl PhysicalTime {
    /// Noon is so long after the beginning of a snapshot as `notice` says, by the clock that is farthest ahead; a nanosecond at least. A
    /// node waits with `patience` for messages sent before noon: so long after its own noon, by its own clock. Nobody can know when the last
    /// one has come.
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

    /// The noon of a snapshot that is begun now.
    pub(super) fn noon(&self, now: Duration, nodes: impl Iterator<Item = NodeId>) -> Reading {
        let readings = nodes.map(|node| self.clock_of(node).reads(now));
        let farthest = readings.max().unwrap_or(Clock::exact().reads(now));
        // What happens at this very moment, before the node records, is sent before noon.
        farthest.plus(self.notice.max(Duration::from_nanos(1)))
    }

    pub(super) fn patience(&self) -> Duration {
        self.patience
    }
}
