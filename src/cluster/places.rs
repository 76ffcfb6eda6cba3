//! The place of every node: its worker, and its position there.

use super::build_error::BuildError;
use super::placement::Placement;
use crate::id::NodeId;
use crate::topology::Topology;

/// The places of all nodes. Each worker has them all.
#[derive(Debug)]
pub(super) struct Places {
    workers: usize,
    nodes: u32,
    table: Table,
}

#[derive(Debug)]
enum Table {
    /// Each worker has a block of nodes that follow each other. The number of its first node, or
    /// of the next worker's if it has no node, by worker: this needs no memory for each node.
    Blocks(Box<[u32]>),
    /// By node.
    Each(Box<[Place]>),
}

/// The place of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) worker: u32,
    /// The node's position among the nodes of its worker.
    pub(super) at: u32,
}

impl Places {
    pub(super) fn new(
        topology: &Topology,
        placement: &Placement,
        workers: usize,
    ) -> Result<Self, BuildError> {
        let worker_of = placement.workers(topology, workers)?;
        // A topology has fewer nodes than there are numbers of nodes.
        let nodes = worker_of.len() as u32;
        let table = if worker_of.is_sorted() {
            let first = |worker| worker_of.partition_point(|&other| other < worker) as u32;
            Table::Blocks((0..workers as u32).map(first).collect())
        } else {
            Table::Each(places_of(&worker_of, workers))
        };
        Ok(Places { workers, nodes, table })
    }

    /// How many workers there are.
    pub(super) fn workers(&self) -> usize {
        self.workers
    }

    #[inline]
    pub(super) fn of(&self, node: NodeId) -> Place {
        match &self.table {
            Table::Blocks(firsts) => {
                let number = node.index() as u32;
                let worker = firsts.partition_point(|&first| first <= number) - 1;
                Place { worker: worker as u32, at: number - firsts[worker] }
            }
            Table::Each(places) => places[node.index()],
        }
    }

    /// The place of a node that may not exist.
    pub(super) fn find(&self, node: NodeId) -> Option<Place> {
        (node.index() < self.nodes as usize).then(|| self.of(node))
    }

    /// The nodes of a worker, by position.
    pub(super) fn nodes_on(&self, worker: u32) -> impl Iterator<Item = NodeId> {
        let nodes = (0..self.nodes).map(NodeId::new);
        nodes.filter(move |&node| self.of(node).worker == worker)
    }
}

/// The place of each node, by the number of its worker.
fn places_of(worker_of: &[u32], workers: usize) -> Box<[Place]> {
    let mut next = vec![0_u32; workers];
    let place = |&worker: &u32| {
        let next = &mut next[worker as usize];
        let at = *next;
        *next += 1;
        Place { worker, at }
    };
    worker_of.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Link;

    fn on_workers(places: &Places, nodes: usize) -> Vec<u32> {
        (0..nodes as u32).map(|node| places.of(NodeId::new(node)).worker).collect()
    }

    fn cut(topology: &Topology, places: &Places) -> usize {
        let is_cut = |link: &&Link| places.of(link.source).worker != places.of(link.target).worker;
        topology.links().iter().filter(is_cut).count()
    }

    #[test]
    fn blocks_differ_by_one_node_at_most_and_follow_each_other() {
        for nodes in 1..40 {
            for workers in 1..9 {
                let topology = Topology::ring(nodes).expect("a ring");
                let places = Places::new(&topology, &Placement::blocks(), workers).expect("fits");
                let on = on_workers(&places, nodes);
                assert!(on.is_sorted(), "{on:?}");
                let sizes: Vec<_> =
                    (0..workers as u32).map(|worker| places.nodes_on(worker).count()).collect();
                let (least, most) = (sizes.iter().min(), sizes.iter().max());
                assert!(
                    most.zip(least).is_some_and(|(most, least)| most - least <= 1),
                    "{sizes:?}"
                );
            }
        }
    }

    #[test]
    fn each_node_has_one_position_on_its_worker() {
        let topology = Topology::complete(50).expect("complete");
        let placements = [
            Placement::hashed(),
            Placement::few_cut_links(),
            Placement::by(|node| node.index() % 3),
        ];
        for placement in placements {
            let places = Places::new(&topology, &placement, 3).expect("fits");
            let mut all = Vec::new();
            for worker in 0..3 {
                for (at, node) in (0..).zip(places.nodes_on(worker)) {
                    assert_eq!(places.of(node), Place { worker, at }, "{placement:?}");
                    all.push(node);
                }
            }
            all.sort_unstable();
            assert!(all.into_iter().eq(topology.nodes()), "{placement:?}");
        }
    }

    #[test]
    fn few_cut_links_finds_the_groups_that_a_hash_tears_apart() {
        // Four complete groups of 25 nodes, numbered in turn, joined in a ring.
        let group = |node: usize| node % 4;
        let mut links = Vec::new();
        for source in 0..100 {
            links.extend((0..100).filter(|&t| group(t) == group(source)).map(|t| (source, t)));
        }
        links.extend((0..4).map(|node| (node, (node + 1) % 4)));
        let topology = Topology::from_links(100, links).expect("valid");
        let few = Places::new(&topology, &Placement::few_cut_links(), 4).expect("fits");
        for worker in 0..4 {
            assert_eq!(few.nodes_on(worker).count(), 25);
        }
        let hashed = Places::new(&topology, &Placement::hashed(), 4).expect("fits");
        assert!(cut(&topology, &hashed) > 1000);
        // The groups are joined by four links.
        assert_eq!(cut(&topology, &few), 4);
    }

    #[test]
    fn a_worker_that_does_not_exist_is_refused_by_name() {
        let topology: Topology = "Seattle -> Denver".parse().expect("an edge list");
        let placement = Placement::by(|node| 2 * node.index());
        let error = Places::new(&topology, &placement, 2).expect_err("worker 2 of 2");
        assert_eq!(
            error.to_string(),
            "Placement::by puts node 1 (Denver) on worker 2, and there are 2 workers, counted from \
             0: return a smaller number"
        );
    }
}
