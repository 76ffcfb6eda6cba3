//! The algorithms that take snapshots.

use std::collections::BTreeMap;
use std::time::Duration;

use super::clock::{Clock, Reading};
use crate::id::NodeId;

/// How snapshots are taken. Only [`ChandyLamport`](Self::ChandyLamport) is right. The others are
/// here to show how they fail, as they are the first that come to mind. Systems on threads use
/// `ChandyLamport` alone.
///
/// | | a node records | a link's state | what goes wrong |
/// |---|---|---|---|
/// | [`PhysicalTime`](Self::PhysicalTime) | at noon | messages that come after noon and were sent before noon, by the clocks | clocks differ: a message that was sent after noon is received before noon. A message is in the snapshot twice, or not at all |
/// | [`MarkersOnly`](Self::MarkersOnly) | at the first marker | nothing | messages in flight are lost |
/// | [`ChandyLamport`](Self::ChandyLamport) | at the first marker | messages that come between recording and marker | nothing |
///
/// Every algorithm makes [`GlobalSnapshot`](crate::GlobalSnapshot)s. These hold the counts of
/// messages sent and received that the nodes really had.
/// [`Cut::check_snapshot`](crate::causality::Cut::check_snapshot) finds every fault of a snapshot.
/// [`verify`](crate::GlobalSnapshot::verify) finds the faults that show in the counts: it does not
/// know how many messages a failed node had sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Algorithm {
    /// Markers, and channel states between recording and marker, as in
    /// [`protocol`](crate::protocol).
    #[default]
    ChandyLamport,
    /// Markers alone: each node records before it receives anything that was sent after another
    /// node has recorded. So the cut is consistent, but links count as empty.
    MarkersOnly,
    /// Every node records when its own clock shows noon.
    PhysicalTime(PhysicalTime),
}

/// The clocks of the nodes, and the time of noon.
///
/// When a snapshot is begun, a noon is chosen that no clock has shown yet. Each node records when
/// its own clock shows noon. The snapshots are right on two conditions: the clocks differ by less
/// than the least time that a message takes, and `patience` is longer than the greatest time that a
/// message takes and this difference together. A [paused](crate::simulation::Simulation::pause) node may look
/// at its clock too late. It then records late, and the snapshot may be wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PhysicalTime {
    clocks: BTreeMap<NodeId, Clock>,
    notice: Duration,
    patience: Duration,
}

impl PhysicalTime {
    /// Noon comes `notice` after the beginning of a snapshot, and at least a nanosecond after it,
    /// by the clock that is farthest ahead. After its own noon, by its own clock, a node waits for
    /// `patience` for messages that were sent before noon: no node can know when the last one has
    /// come.
    ///
    /// All clocks are right until [`clock`](Self::clock) sets others.
    #[must_use]
    pub fn new(notice: Duration, patience: Duration) -> Self {
        PhysicalTime { clocks: BTreeMap::new(), notice, patience }
    }

    /// Gives a node a clock. A clock for a node that is not in the topology has no effect.
    #[must_use]
    pub fn clock(mut self, node: NodeId, clock: Clock) -> Self {
        self.clocks.insert(node, clock);
        self
    }

    pub(in crate::simulation) fn clock_of(&self, node: NodeId) -> Clock {
        self.clocks.get(&node).copied().unwrap_or_default()
    }

    /// The noon of a snapshot that is begun now.
    pub(in crate::simulation) fn noon(
        &self,
        now: Duration,
        nodes: impl Iterator<Item = NodeId>,
    ) -> Reading {
        let readings = nodes.map(|node| self.clock_of(node).reads(now));
        let farthest = readings.max().unwrap_or(Clock::exact().reads(now));
        // Messages sent at this very moment, before the node records, are sent before noon.
        farthest.plus(self.notice.max(Duration::from_nanos(1)))
    }

    pub(in crate::simulation) fn patience(&self) -> Duration {
        self.patience
    }
}
