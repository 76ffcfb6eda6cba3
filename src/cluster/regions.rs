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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use crate::id::LinkId;

    const NODES: u32 = 1000;

    fn message(message: u64) -> Item<u64> {
        Item::Message { link: LinkId::new(0), message }
    }

    fn number(item: &Item<u64>) -> u64 {
        match item {
            Item::Message { message, .. } => *message,
            other => panic!("{other:?}"),
        }
    }

    /// Items come at random, also while the worker is in a region. Each is handed out once, those
    /// of a node in their order, and a region in which there is work is never forgotten.
    #[test]
    fn each_item_comes_once_and_those_of_a_node_in_their_order() {
        for seed in 0..20 {
            let mut chance = Chance::new(seed);
            let mut regions = Regions::new(NODES);
            let (mut sent, mut left) = (vec![0_u64; NODES as usize], 3000);
            let (mut had, mut ready) = (vec![0_u64; NODES as usize], 0_u32);
            loop {
                let most = chance.below(4);
                for _ in 0..most.min(left) {
                    left -= 1;
                    let at = chance.below(NODES as usize);
                    if chance.below(4) == 0 {
                        regions.make_ready(at as u32);
                        ready += 1;
                    } else {
                        sent[at] += 1;
                        regions.visit(at as u32, message(sent[at]));
                    }
                }
                let Some(region) = regions.enter() else {
                    if left == 0 {
                        break;
                    }
                    continue;
                };
                for _ in 0..chance.below(6) {
                    if let Some(Visit { at, item }) = regions.next_visit(region) {
                        had[at as usize] += 1;
                        assert_eq!(number(&item), had[at as usize], "at {at}, seed {seed}");
                        assert_eq!(at >> REGION_BITS, region);
                    }
                    ready -= u32::from(regions.next_ready(region).is_some());
                    // A handler sends to a node of the same region.
                    if chance.below(3) == 0 && left > 0 {
                        left -= 1;
                        let at = region << REGION_BITS;
                        sent[at as usize] += 1;
                        regions.visit(at, message(sent[at as usize]));
                    }
                }
                regions.leave(region);
            }
            assert!(regions.is_empty());
            assert_eq!((had, ready), (sent, 0), "seed {seed}");
        }
    }

    /// A region that always has more to do stands behind the others each time.
    #[test]
    fn no_region_waits_for_more_than_one_stay_in_each_other() {
        let mut regions = Regions::new(NODES);
        let count = regions.regions.len() as u32;
        (0..count).for_each(|region| regions.visit(region << REGION_BITS, message(0)));
        for round in 0..3 {
            for expected in 0..count {
                let region = regions.enter().expect("all have work");
                assert_eq!(region, expected, "in round {round}");
                assert!(regions.next_visit(region).is_some());
                regions.visit(region << REGION_BITS, message(0));
                regions.leave(region);
            }
        }
    }

    #[test]
    fn an_item_for_all_reaches_each_position_once() {
        for nodes in [0, 1, 255, 256, 257, NODES] {
            let mut regions: Regions<u64> = Regions::new(nodes);
            regions.visit_all(|| message(1));
            let mut reached = Vec::new();
            while let Some(region) = regions.enter() {
                while let Some(Visit { at, .. }) = regions.next_visit(region) {
                    reached.extend(regions.rest_from(at));
                }
                regions.leave(region);
            }
            assert!(reached.into_iter().eq(0..nodes), "{nodes} nodes");
        }
    }

    #[test]
    fn all_items_are_taken_out_at_the_end() {
        let mut regions = Regions::new(NODES);
        for at in [3, 900, 4, 300] {
            regions.visit(at, message(u64::from(at)));
            regions.make_ready(at);
        }
        let taken: Vec<_> = regions.clear().map(|visit| number(&visit.item)).collect();
        assert_eq!(taken, [3, 4, 300, 900]);
        assert!(regions.is_empty() && regions.enter().is_none());
        regions.visit(900, message(1));
        assert_eq!(regions.enter(), Some(900 >> REGION_BITS));
    }
}
