//! The workload on a cluster.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use consistent_cut::cluster::{Cluster, ClusterSettings, Placement};
use timely::worker::Worker;

use crate::messages::Placing;
use crate::tokens::{Relay, Workload};

pub(crate) fn run(
    worker: &mut Worker,
    workload: &Workload,
    placement: Placing,
    stop: &Arc<AtomicBool>,
) {
    let cluster = build(worker, workload, placement);
    while !cluster.has_ended() {
        worker.step_or_park(Some(Duration::from_millis(1)));
        if stop.load(Ordering::Relaxed)
            && let Some(handle) = cluster.handle()
        {
            handle.shut_down();
        }
    }
}

pub(crate) fn build(
    worker: &mut Worker,
    workload: &Workload,
    placement: Placing,
) -> Cluster<Relay> {
    let workers = worker.peers();
    let placement = match placement {
        Placing::Blocks => Placement::blocks(),
        Placing::InTurn => Placement::by(move |node| node.index() % workers),
    };
    worker.dataflow::<u64, _, _>(|scope| {
        let process = |node| workload.process(node);
        let settings = ClusterSettings::new();
        Cluster::build(scope, &workload.topology, &placement, &settings, process).unwrap().0
    })
}
