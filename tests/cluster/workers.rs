//! Workers of a cluster, all in this process.

use std::sync::Arc;
use std::sync::mpsc::channel;

use consistent_cut::cluster::{Cluster, ClusterHandle, ClusterSettings, Placement, Portable};
use consistent_cut::{NodeId, Process, Topology};
use timely::Config;

/// The plan of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) workers: usize,
    pub(crate) topology: Arc<Topology>,
    pub(crate) placement: Placement,
    pub(crate) settings: ClusterSettings,
}

impl Plan {
    pub(crate) fn new(workers: usize, topology: Topology) -> Self {
        Plan {
            workers,
            topology: Arc::new(topology),
            placement: Placement::blocks(),
            settings: ClusterSettings::new(),
        }
    }

    /// Runs the cluster while `body` runs, and shuts it down. Returns the processes by node.
    pub(crate) fn run<P, T>(
        self,
        process: impl Fn(NodeId, &Topology) -> P + Send + Sync + 'static,
        body: impl FnOnce(&ClusterHandle<P::State, P::Message>) -> T,
    ) -> (T, Vec<(NodeId, P)>)
    where
        P: Process + Send + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        let (tx, handles) = channel();
        let Plan { workers, topology, placement, settings } = self;
        let guards = timely::execute(Config::process(workers), move |worker| {
            let cluster = worker.dataflow::<u64, _, _>(|scope| {
                let process = |node| process(node, &topology);
                let built = Cluster::build(scope, &topology, &placement, &settings, process);
                built.expect("a plan that works").0
            });
            if let Some(handle) = cluster.handle() {
                tx.send(handle.clone()).expect("the test waits");
            }
            while !cluster.has_ended() {
                worker.step_or_park(None);
            }
            cluster.into_processes()
        });
        let guards = guards.expect("threads");
        let handle = handles.recv().expect("the first worker has the handle");
        let result = body(&handle);
        handle.shut_down();
        let ended = guards.join().into_iter().map(|ended| ended.expect("a worker ends"));
        let mut processes: Vec<_> = ended.flatten().collect();
        processes.sort_by_key(|(node, _)| *node);
        (result, processes)
    }
}
