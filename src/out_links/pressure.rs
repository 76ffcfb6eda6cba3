//! The limits of the links that leave a node.

use super::OutLinks;

/// The capacities of links, and what follows from them. A node without limits has none of this.
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

/// Limits and room.
impl<M> OutLinks<M> {
    pub(crate) fn set_capacity(&mut self, slot: usize, capacity: u64) {
        if capacity < u64::MAX || self.pressure.is_some() {
            self.pressure().set_capacity(slot, capacity);
            self.end(slot).limit = capacity;
        }
    }

    pub(super) fn pressure(&mut self) -> &mut Pressure {
        self.pressure.get_or_insert_default()
    }

    pub(super) fn capacity(&self, slot: usize) -> u64 {
        self.pressure.as_ref().map_or(u64::MAX, |pressure| pressure.capacity(slot))
    }

    /// How many more messages a link has room for; [`u64::MAX`] if it has no limit. The link is
    /// watched from then on, so that the driver acknowledges in time.
    pub(crate) fn room(&mut self, slot: usize) -> u64 {
        if self.capacity(slot) == u64::MAX {
            return u64::MAX;
        }
        let watched = &mut self.pressure().watched;
        if !watched.contains(&slot) {
            watched.push(slot);
        }
        let link = &self.links[slot];
        link.limit.saturating_sub(link.sent())
    }

    /// Whether a message waits for room, so that the node must not send more.
    #[inline]
    pub(crate) fn is_blocked(&self) -> bool {
        self.pressure.as_ref().is_some_and(|pressure| !pressure.full.is_empty())
    }

    /// Whether a driver has work to do before the next handler: with a full batch, or about room.
    #[inline]
    pub(crate) fn calls_driver(&self) -> bool {
        self.has_full_batch
            || self.pressure.as_ref().is_some_and(|pressure| pressure.calls_driver())
    }

    /// Slots of the links whose room the process asks for.
    #[inline]
    pub(crate) fn watched(&self) -> &[usize] {
        self.pressure.as_ref().map_or(&[], |pressure| &pressure.watched)
    }

    /// Slots of the links on which messages wait.
    pub(crate) fn full(&self) -> &[usize] {
        self.pressure.as_ref().map_or(&[], |pressure| &pressure.full)
    }

    /// How many of each link's messages are known to be received; zero for a link without a limit.
    /// The output is left out. Empty if no link has a limit.
    pub(crate) fn acknowledged(&self) -> Box<[u64]> {
        if self.pressure.is_none() {
            return Box::default();
        }
        let links = self.links[..self.output()].iter().enumerate();
        links.map(|(slot, link)| link.limit - self.capacity(slot)).collect()
    }
}
