//! The steps that are possible now, kept up to date step by step.

use std::collections::BTreeMap;

use super::step::Step;
use crate::id::NodeId;
use crate::topology::Topology;

/// A set of steps, in an order that depends only on the calls made.
#[derive(Debug)]
pub(super) struct Enabled {
    steps: Vec<Step>,
    /// The place of each step that a link or node can have; [`NOWHERE`] if the step is not
    /// possible.
    places: Vec<u32>,
    /// The place of each possible step of a snapshot.
    of_snapshots: BTreeMap<Step, u32>,
    links: usize,
    nodes: usize,
}

const NOWHERE: u32 = u32::MAX;

impl Enabled {
    pub(super) fn none(topology: &Topology) -> Self {
        let (links, nodes) = (topology.link_count(), topology.node_count());
        let places = vec![NOWHERE; 2 * (links + nodes)];
        Enabled { steps: Vec::new(), places, of_snapshots: BTreeMap::new(), links, nodes }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether the step is possible. A step of a link or node that is not in the topology never is.
    #[inline]
    pub(super) fn contains(&self, step: Step) -> bool {
        self.is_in_topology(step) && self.is_set(step)
    }

    #[inline]
    fn is_in_topology(&self, step: Step) -> bool {
        match step {
            Step::Deliver(link) | Step::Return(link) => link.index() < self.links,
            Step::Handle(node) | Step::Fire(node) => node.index() < self.nodes,
            Step::Initiate(..) | Step::Close(..) => true,
        }
    }

    #[inline]
    fn is_set(&self, step: Step) -> bool {
        match self.key(step) {
            Some(key) => self.places.get(key).is_some_and(|&place| place != NOWHERE),
            None => self.of_snapshots.contains_key(&step),
        }
    }

    #[inline]
    pub(super) fn set(&mut self, step: Step, is_possible: bool) {
        if self.is_set(step) == is_possible {
            return;
        }
        if is_possible {
            self.put_at(self.steps.len(), step);
            self.steps.push(step);
        } else {
            self.remove(step);
        }
    }

    /// Removes all steps of a node that has failed.
    pub(super) fn clear(&mut self, node: NodeId, topology: &Topology) {
        self.set(Step::Handle(node), false);
        self.set(Step::Fire(node), false);
        topology.in_links(node).iter().for_each(|link| self.set(Step::Deliver(link.id), false));
        topology.out_links(node).iter().for_each(|link| self.set(Step::Return(link.id), false));
        let is_there = |step: &&Step| step.of_snapshot().is_some_and(|(at, _)| at == node);
        let of_snapshots: Vec<_> = self.of_snapshots.keys().filter(is_there).copied().collect();
        of_snapshots.into_iter().for_each(|step| self.set(step, false));
    }

    fn remove(&mut self, step: Step) {
        let place = match self.key(step) {
            Some(key) => std::mem::replace(&mut self.places[key], NOWHERE) as usize,
            None => self.of_snapshots.remove(&step).unwrap_or(NOWHERE) as usize,
        };
        self.steps.swap_remove(place);
        if let Some(&moved) = self.steps.get(place) {
            self.put_at(place, moved);
        }
    }

    fn put_at(&mut self, place: usize, step: Step) {
        match self.key(step) {
            Some(key) => self.places[key] = place as u32,
            None => drop(self.of_snapshots.insert(step, place as u32)),
        }
    }

    /// The index of a step in `places`. Steps of snapshots have none.
    #[inline]
    fn key(&self, step: Step) -> Option<usize> {
        match step {
            Step::Deliver(link) => Some(link.index()),
            Step::Handle(node) => Some(self.links + node.index()),
            Step::Fire(node) => Some(self.links + self.nodes + node.index()),
            Step::Return(link) => Some(self.links + 2 * self.nodes + link.index()),
            Step::Initiate(..) | Step::Close(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::chance::Chance;
    use crate::id::{LinkId, SnapshotId};

    /// Without the check, the place of such a step would be that of another.
    #[test]
    fn steps_that_no_link_or_node_can_have_are_not_in_it() {
        let topology = Topology::ring(3).expect("three nodes are a ring");
        let mut enabled = Enabled::none(&topology);
        for id in 0..3 {
            let (node, link) = (NodeId::new(id), LinkId::new(id));
            let steps =
                [Step::Deliver(link), Step::Return(link), Step::Handle(node), Step::Fire(node)];
            steps.into_iter().for_each(|step| enabled.set(step, true));
        }
        for id in (3..20).chain([u32::MAX]) {
            let (node, link) = (NodeId::new(id), LinkId::new(id));
            for step in
                [Step::Deliver(link), Step::Return(link), Step::Handle(node), Step::Fire(node)]
            {
                assert!(!enabled.contains(step), "{step}");
            }
        }
    }

    #[test]
    fn it_is_a_set() {
        let topology = Topology::ring(3).expect("three nodes are a ring");
        let (mut enabled, mut model) = (Enabled::none(&topology), BTreeSet::new());
        let mut chance = Chance::new(1);
        for _ in 0..10_000 {
            let (node, link) =
                (NodeId::new(chance.below(3) as u32), LinkId::new(chance.below(3) as u32));
            let snapshot = SnapshotId::new(chance.below(2) as u64);
            let step = match chance.below(6) {
                0 => Step::Deliver(link),
                4 => Step::Return(link),
                1 => Step::Handle(node),
                2 => Step::Fire(node),
                3 => Step::Close(node, snapshot),
                _ => Step::Initiate(node, snapshot),
            };
            let is_possible = chance.below(2) == 0;
            enabled.set(step, is_possible);
            if is_possible {
                model.insert(step)
            } else {
                model.remove(&step)
            };
            assert_eq!(enabled.contains(step), is_possible);
            let steps: BTreeSet<_> = enabled.steps().iter().copied().collect();
            assert_eq!((steps.len(), &steps), (enabled.steps().len(), &model));
        }
    }
}
