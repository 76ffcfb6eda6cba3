//! Messages: a cluster beside a bare loop, each on timely dataflow.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use timely::worker::Worker;

use crate::engine::{Where, hops_per_second};
use crate::goal::{Goals, Wanted};
use crate::support::figures::{is_bench, median};
use crate::tokens::Workload;
use crate::{bare, on_a_cluster};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Bare,
    Cluster,
}

/// Which worker runs a node.
#[derive(Clone, Copy)]
pub(crate) enum Placing {
    Blocks,
    /// Every hop of a ring changes the worker.
    InTurn,
}

/// A row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    name: &'static str,
    nodes: usize,
    tokens: usize,
    is_ring: bool,
    pub(crate) placement: Placing,
    place: Where,
    wanted: Wanted,
}

/// The row with two processes, which the second process must know.
pub(crate) const ACROSS: Row = Row {
    name: "across processes: ring of 10,000, every hop, 10,000 tokens",
    nodes: 10_000,
    tokens: 10_000,
    is_ring: true,
    placement: Placing::InTurn,
    place: Where::TwoProcesses,
    wanted: Wanted::AtLeast(0.5),
};

const SMALL_GRAPH: Row = Row {
    name: "inside two workers: random graph of 10,000, 1,000 tokens",
    nodes: 10_000,
    tokens: 1_000,
    is_ring: false,
    placement: Placing::Blocks,
    place: Where::Here(2),
    wanted: Wanted::Anything,
};

const LARGE_GRAPH: Row = Row {
    name: "inside two workers: random graph of 1,000,000, 100,000 tokens",
    nodes: 1_000_000,
    tokens: 100_000,
    ..SMALL_GRAPH
};

const ROWS: [Row; 7] = [
    Row {
        name: "inside a worker: ring of 1,000, 1,000 tokens",
        nodes: 1_000,
        tokens: 1_000,
        placement: Placing::Blocks,
        place: Where::Here(1),
        ..ACROSS
    },
    Row {
        name: "inside two workers: ring of 1,000,000 in blocks, 10,000 tokens",
        nodes: 1_000_000,
        placement: Placing::Blocks,
        place: Where::Here(2),
        wanted: Wanted::Anything,
        ..ACROSS
    },
    SMALL_GRAPH,
    LARGE_GRAPH,
    Row {
        name: "across workers: ring of 10,000, every hop, 10,000 tokens",
        place: Where::Here(2),
        ..ACROSS
    },
    Row {
        name: "across workers: ring of 100,000, every hop, 100,000 tokens",
        nodes: 100_000,
        tokens: 100_000,
        place: Where::Here(2),
        wanted: Wanted::Anything,
        ..ACROSS
    },
    ACROSS,
];

impl Side {
    pub(crate) fn name(self) -> &'static str {
        if self == Side::Bare { "bare" } else { "cluster" }
    }

    pub(crate) fn named(name: &str) -> Self {
        if name == "bare" { Side::Bare } else { Side::Cluster }
    }
}

impl Row {
    pub(crate) fn workload(&self) -> Workload {
        let nodes = if is_bench() { self.nodes } else { self.nodes.min(1_000) };
        let tokens = self.tokens.min(nodes);
        if self.is_ring { Workload::ring(nodes, tokens) } else { Workload::graph(nodes, tokens) }
    }

    fn measure(&self, side: Side, workload: &Workload) -> f64 {
        let (workload, placement) = (workload.clone(), self.placement);
        hops_per_second(self.place, side, move |worker, stop| {
            run(side, worker, &workload, placement, stop);
        })
    }
}

pub(crate) fn measure(goals: &mut Goals) {
    for row in ROWS.iter().filter(|row| goals.wants(row.name)).collect::<Vec<_>>() {
        let workload = row.workload();
        let (bare, cluster) =
            (|| row.measure(Side::Bare, &workload), || row.measure(Side::Cluster, &workload));
        goals.ratio(row.name, row.wanted, bare, cluster);
    }
}

/// How many times as long a hop of the bare loop takes in a random graph of 1,000,000 nodes as in
/// one of 10,000: the median of some rounds.
pub(crate) fn growth_of_a_bare_hop() -> f64 {
    let workloads = [SMALL_GRAPH, LARGE_GRAPH].map(|row| (row, row.workload()));
    let [small, large] = &workloads;
    let speed = |(row, workload): &(Row, Workload)| row.measure(Side::Bare, workload);
    let rounds = if is_bench() { 5 } else { 1 };
    median(&(0..rounds).map(|_| speed(small) / speed(large)).collect::<Vec<_>>())
}

/// Runs one side on a worker until `stop` is set.
pub(crate) fn run(
    side: Side,
    worker: &mut Worker,
    workload: &Workload,
    placement: Placing,
    stop: &Arc<AtomicBool>,
) {
    match side {
        Side::Bare => bare::run(worker, workload, placement, stop),
        Side::Cluster => on_a_cluster::run(worker, workload, placement, stop),
    }
}
