//! The limits of the links that leave a node.

/// The capacities of links, and what follows from them. Most nodes of a system without limits have
/// none of it.
#[derive(Debug, Default)]
pub(super) struct Pressure {
    /// By slot. Slots behind the last have no limit.
    capacities: Vec<u64>,
    /// Slots of the links on which messages wait.
    pub(super) full: Vec<usize>,
    /// Slots of the links with a limit whose room the process has asked for.
    pub(super) watched: Vec<usize>,
}

impl Pressure {
    pub(super) fn set_capacity(&mut self, slot: usize, capacity: u64) {
        if self.capacities.len() <= slot {
            self.capacities.resize(slot + 1, u64::MAX);
        }
        self.capacities[slot] = capacity;
    }

    pub(super) fn capacity(&self, slot: usize) -> u64 {
        self.capacities.get(slot).copied().unwrap_or(u64::MAX)
    }

    /// Whether a message waits for room, or the process asks for it.
    #[inline]
    pub(super) fn calls_driver(&self) -> bool {
        !self.full.is_empty() || !self.watched.is_empty()
    }
}
