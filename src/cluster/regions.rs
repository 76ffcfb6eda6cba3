//! The queues of a worker: what is to be done at which node.
//!
//! A million nodes do not fit into a processor's cache, and a worker that went to nodes at random
//! would wait for memory most of the time. So the nodes are divided into regions of neighbouring
//! positions, small enough for the cache, and each region has queues of its own. The worker stays
//! in a region for a while before it goes on to the next one that has work.
//!
//! All items for a node stand in one queue, so they keep their order.

use std::collections::VecDeque;
use std::ops::Range;

use super::parcel::{Item, Visit};

/// How many nodes a region has, as a power of two.
const REGION_BITS: u32 = 8;

/// The memory for this many items is kept when a queue is empty.
const KEPT: usize = 256;

/// The queues of all regions.
#[derive(Debug)]
pub(super) struct Regions<M> {
    nodes: u32,
    regions: Box<[Region<M>]>,
    /// The regions that have work, each once.
    listed: VecDeque<u32>,
}

#[derive(Debug)]
struct Region<M> {
    visits: VecDeque<Visit<M>>,
    /// The positions of nodes that have messages to handle.
    ready: VecDeque<u32>,
    is_listed: bool,
}

impl<M> Regions<M> {
    pub(super) fn new(nodes: u32) -> Self {
        let region =
            |_| Region { visits: VecDeque::new(), ready: VecDeque::new(), is_listed: false };
        let count = nodes.div_ceil(1 << REGION_BITS);
        Regions { nodes, regions: (0..count).map(region).collect(), listed: VecDeque::new() }
    }

    /// Adds an item for the node at a position.
    #[inline]
    pub(super) fn visit(&mut self, at: u32, item: Item<M>) {
        let region = at >> REGION_BITS;
        self.regions[region as usize].visits.push_back(Visit { at, item });
        self.list(region);
    }

    /// Adds an item for all nodes: one in each region.
    pub(super) fn visit_all(&mut self, item: impl Fn() -> Item<M>) {
        for region in 0..self.regions.len() as u32 {
            self.visit(region << REGION_BITS, item());
        }
    }

    /// Adds a node that has messages to handle.
    pub(super) fn make_ready(&mut self, at: u32) {
        let region = at >> REGION_BITS;
        self.regions[region as usize].ready.push_back(at);
        self.list(region);
    }

    /// Whether no region has work.
    pub(super) fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Takes the next region that has work. The caller [leaves](Self::leave) it afterwards.
    pub(super) fn enter(&mut self) -> Option<u32> {
        self.listed.pop_front()
    }

    /// Puts a region behind the others if it still has work.
    pub(super) fn leave(&mut self, region: u32) {
        let left = &mut self.regions[region as usize];
        left.is_listed = !left.visits.is_empty() || !left.ready.is_empty();
        if left.is_listed {
            self.listed.push_back(region);
        } else if left.visits.capacity() > KEPT {
            left.visits.shrink_to(KEPT);
        }
    }

    #[inline]
    pub(super) fn next_visit(&mut self, region: u32) -> Option<Visit<M>> {
        self.regions[region as usize].visits.pop_front()
    }

    /// The positions of the next nodes to visit.
    pub(super) fn next_positions(&self, region: u32, items: usize) -> impl Iterator<Item = u32> {
        self.regions[region as usize].visits.iter().take(items).map(|visit| visit.at)
    }

    #[inline]
    pub(super) fn next_ready(&mut self, region: u32) -> Option<u32> {
        self.regions[region as usize].ready.pop_front()
    }

    /// The positions of the region's nodes, from one of them on.
    pub(super) fn rest_from(&self, at: u32) -> Range<u32> {
        let end = ((at >> REGION_BITS) + 1) << REGION_BITS;
        at..end.min(self.nodes)
    }

    /// Takes out all items.
    pub(super) fn clear(&mut self) -> impl Iterator<Item = Visit<M>> {
        self.listed.clear();
        self.regions.iter_mut().flat_map(|region| {
            (region.is_listed, region.ready) = (false, VecDeque::new());
            std::mem::take(&mut region.visits)
        })
    }

    #[inline]
    fn list(&mut self, region: u32) {
        let listed = &mut self.regions[region as usize].is_listed;
        if !std::mem::replace(listed, true) {
            self.listed.push_back(region);
        }
    }
}
