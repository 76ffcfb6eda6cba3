//! A cluster beside the same system on threads.

use consistent_cut::System;

use crate::engine::{Where, hops_per_second};
use crate::goal::{Goals, Wanted};
use crate::messages::{Placing, Side, run};
use crate::support::figures::is_bench;
use crate::tokens::{Workload, speed};

pub(crate) fn measure(goals: &mut Goals) {
    let nodes = if is_bench() { 10_000 } else { 100 };
    row(goals, "beside threads: ring of 8, 1,000 tokens", &Workload::ring(8, 1_000));
    let graph = "beside threads: random graph of 10,000, 10,000 tokens";
    row(goals, graph, &Workload::graph(nodes, nodes));
}

fn row(goals: &mut Goals, name: &str, workload: &Workload) {
    let threads = || {
        let builder = System::builder(workload.topology.clone()).capacity(usize::MAX);
        let system = builder.spawn(|node| workload.process(node)).unwrap();
        let speed = speed();
        drop(system);
        speed
    };
    let cluster = || {
        let workload = workload.clone();
        hops_per_second(Where::Here(2), Side::Cluster, move |worker, stop| {
            run(Side::Cluster, worker, &workload, Placing::Blocks, stop);
        })
    };
    goals.ratio(name, Wanted::Anything, threads, cluster);
}
