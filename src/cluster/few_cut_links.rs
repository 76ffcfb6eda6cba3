//! A placement that keeps nodes together that have links to each other.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use crate::id::NodeId;
use crate::topology::{Link, Topology};

/// Stands for a node that has no worker yet.
const NOWHERE: u32 = u32::MAX;

/// The most rounds of exchanges. Each round cuts fewer links than the one before, or is the last.
const MOST_ROUNDS: usize = 16;

/// The worker of each node. No worker has more than its share of the nodes, rounded up.
pub(super) fn few_cut_links(topology: &Topology, workers: usize) -> Box<[u32]> {
    let mut places = Places::new(topology, workers);
    places.fill();
    let mut cut = places.cut();
    for _ in 0..MOST_ROUNDS {
        let before = places.worker_of.clone();
        places.exchange();
        let now = places.cut();
        if now >= cut {
            return before.into();
        }
        cut = now;
    }
    places.worker_of.into()
}

/// Nodes on workers.
struct Places<'a> {
    topology: &'a Topology,
    worker_of: Vec<u32>,
    /// How many neighbours of the present node each worker has.
    near: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(topology: &'a Topology, workers: usize) -> Self {
        let worker_of = vec![NOWHERE; topology.node_count()];
        Places { topology, worker_of, near: vec![0; workers] }
    }

    /// Places the nodes one after the other, each where most of its neighbours are by then, full
    /// workers less likely. A node without neighbours goes to the emptiest worker.
    fn fill(&mut self) {
        let share = self.topology.node_count().div_ceil(self.near.len());
        let mut filled = vec![0_usize; self.near.len()];
        for node in along_links(self.topology) {
            self.look_near(node);
            let open = (0..filled.len()).filter(|&worker| filled[worker] < share);
            let best = open.max_by_key(|&worker| {
                let weight = self.near[worker] * (share - filled[worker]);
                (weight, Reverse(filled[worker]), Reverse(worker))
            });
            // All shares together hold every node, so one worker is open.
            let best = best.unwrap_or(0);
            (self.worker_of[node.index()], filled[best]) = (best as u32, filled[best] + 1);
        }
    }

    /// Exchanges nodes of two workers that would both rather be on the other worker, those first
    /// that gain most. The number of nodes of each worker stays.
    fn exchange(&mut self) {
        let mut wishes: BTreeMap<(u32, u32), Vec<(usize, NodeId)>> = BTreeMap::new();
        for node in self.topology.nodes() {
            self.look_near(node);
            let from = self.worker_of[node.index()];
            for to in (0..self.near.len() as u32).filter(|to| *to != from) {
                if let Some(gain @ 1..) =
                    self.near[to as usize].checked_sub(self.near[from as usize])
                {
                    wishes.entry((from, to)).or_default().push((gain, node));
                }
            }
        }
        wishes
            .values_mut()
            .for_each(|wishes| wishes.sort_by_key(|&(gain, node)| (Reverse(gain), node)));
        let mut has_moved = vec![false; self.topology.node_count()];
        for (&(from, to), there) in wishes.iter().filter(|((from, to), _)| from < to) {
            let Some(back) = wishes.get(&(to, from)) else { continue };
            let mut free = back.iter().filter(|(_, node)| !has_moved[node.index()]);
            let mut pairs = Vec::new();
            for &(_, node) in there.iter().filter(|(_, node)| !has_moved[node.index()]) {
                let Some(&(_, other)) = free.next() else { break };
                pairs.push((node, other));
            }
            for (node, other) in pairs {
                (self.worker_of[node.index()], self.worker_of[other.index()]) = (to, from);
                (has_moved[node.index()], has_moved[other.index()]) = (true, true);
            }
        }
    }

    fn look_near(&mut self, node: NodeId) {
        self.near.fill(0);
        for neighbour in neighbours(self.topology, node) {
            if let Some(count) = self.near.get_mut(self.worker_of[neighbour.index()] as usize) {
                *count += 1;
            }
        }
    }

    /// How many links lead from one worker to another.
    fn cut(&self) -> usize {
        let is_cut = |link: &&Link| {
            self.worker_of[link.source.index()] != self.worker_of[link.target.index()]
        };
        self.topology.links().iter().filter(is_cut).count()
    }
}

/// All nodes, each component breadth first along its links in either direction.
fn along_links(topology: &Topology) -> Vec<NodeId> {
    let mut is_found = vec![false; topology.node_count()];
    let mut order = Vec::with_capacity(topology.node_count());
    let mut next = VecDeque::new();
    for first in topology.nodes() {
        if !std::mem::replace(&mut is_found[first.index()], true) {
            next.push_back(first);
        }
        while let Some(node) = next.pop_front() {
            order.push(node);
            for neighbour in neighbours(topology, node) {
                if !std::mem::replace(&mut is_found[neighbour.index()], true) {
                    next.push_back(neighbour);
                }
            }
        }
    }
    order
}

fn neighbours(topology: &Topology, node: NodeId) -> impl Iterator<Item = NodeId> {
    let targets = topology.out_links(node).iter().map(|link| link.target);
    targets.chain(topology.in_links(node).iter().map(|link| link.source))
}
