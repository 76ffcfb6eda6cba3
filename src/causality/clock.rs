//! Vector clocks.

use std::cmp::Ordering;

use crate::id::NodeId;

/// The vector clock of an event: how many events of each node happen before it or are it (Fidge
/// 1988, Mattern 1989). An event happens before another exactly if its clock is less.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct VectorClock(Box<[u64]>);

impl VectorClock {
    pub(super) fn zero(nodes: usize) -> Self {
        VectorClock(vec![0; nodes].into())
    }

    pub(super) fn tick(&mut self, node: NodeId) {
        self.0[node.index()] += 1;
    }

    pub(super) fn join(&mut self, other: &VectorClock) {
        self.0.iter_mut().zip(&other.0).for_each(|(own, other)| *own = (*own).max(*other));
    }

    /// The counts, by node.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.0
    }

    /// Whether the event with this clock happens before the event with the other clock.
    #[must_use]
    pub fn happens_before(&self, other: &VectorClock) -> bool {
        self.partial_cmp(other) == Some(Ordering::Less)
    }

    /// Whether the two clocks differ and neither event happens before the other.
    #[must_use]
    pub fn is_concurrent_with(&self, other: &VectorClock) -> bool {
        self.partial_cmp(other).is_none()
    }
}

/// The order is happens-before. The answer is `None` for clocks of concurrent events, and for
/// clocks of different systems.
impl PartialOrd for VectorClock {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        if self.0.len() != other.0.len() {
            return None;
        }
        let mut counts = self.0.iter().zip(&other.0).map(|(own, other)| own.cmp(other));
        counts.try_fold(Ordering::Equal, |so_far, count| match (so_far, count) {
            (so_far, Ordering::Equal) => Some(so_far),
            (Ordering::Equal, count) => Some(count),
            (so_far, count) => (so_far == count).then_some(so_far),
        })
    }
}
