//! Checkpoints that all workers of a cluster write, and that any number of workers, threads and the
//! simulation restore.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::channel;

use consistent_cut::checkpoint::{
    CheckpointId, Checkpoints, Chunk, Format, PartKind, Record, SharedStore, Store, Which,
};
use consistent_cut::cluster::{
    Cluster, ClusterCheckpoint, ClusterHandle, ClusterSettings, Placement, Portable, ProcessConfig,
    execute,
};
use consistent_cut::simulation::Simulation;
use consistent_cut::{Context, GlobalSnapshot, Link, NodeId, Process, Restore, System, Topology};

use crate::company::Company;
use crate::effort::scaled;
use crate::laws::placement;
use crate::merge::{self, Merge, MergeSnapshot, Merged};
use crate::same_ends::{finish, reference};
use crate::support::bucket::Bucket;
use crate::support::chance::{Chance, for_seeds_until_all_is_seen};
use crate::watchdog::finishes;
use crate::workers::{Plan, Running};

/// A client of the bucket for each worker.
pub(crate) fn clients(bucket: &Bucket, workers: usize) -> Vec<Bucket> {
    (0..workers).map(|_| bucket.client()).collect()
}

/// Starts a cluster in which each worker saves by a client of its own.
pub(crate) fn start_saving<P>(
    plan: Plan,
    clients: &[Bucket],
    process: impl Fn(NodeId, &Topology) -> P + Send + Sync + 'static,
) -> Running<P>
where
    P: Process + Send + 'static,
    P::State: Portable,
    P::Message: Portable,
{
    let clients = clients.to_vec();
    plan.start_saving(process, move |worker| {
        Some(Checkpoints::new(clients[worker].open(), Format::default()).keep(99))
    })
}

/// All that a snapshot holds, as text.
fn all<S: Debug, M: Debug>(snapshot: &GlobalSnapshot<S, M>) -> String {
    format!("{:?}", snapshot.parts())
}

/// The checkpoint, which holds the snapshot that the cluster has taken.
fn load<S: Portable + Debug, M: Portable + Debug>(
    bucket: &Bucket,
    saved: &ClusterCheckpoint<S, M>,
) -> Arc<GlobalSnapshot<S, M>> {
    let record = &saved.record;
    let stored = Checkpoints::new(bucket.client().open(), Format::default());
    let loaded = stored.load(Which::Id(record.id)).expect("it is good");
    assert_eq!(all(&loaded.snapshot), all(&saved.snapshot));
    assert_eq!(loaded.record, *record);
    stored.catalog().verify(record.id).expect("it is good");
    Arc::new(loaded.snapshot)
}

/// How many workers have written a list of nodes.
pub(crate) fn lists(bucket: &Bucket, id: CheckpointId) -> usize {
    let store = bucket.client().open();
    let parts = store.view().expect("it is read").parts(id).expect("they are there");
    parts.iter().filter(|part| matches!(part.kind, PartKind::List { .. })).count()
}

/// Ends the workload on another number of workers, on threads, and in a simulation.
fn ends(topology: &Arc<Topology>, from: &Arc<MergeSnapshot>) -> Vec<Vec<Merged>> {
    let on_workers = [1, 2, 5].map(|workers| {
        let plan = Plan::new(workers, Arc::clone(topology));
        finish(&plan.restore(from, Merge::new).expect("it fits"))
    });
    let builder = merge::builder(topology, 3);
    let system = builder.restore(from, |node| Merge::new(node, topology)).expect("it fits");
    let builder = Simulation::builder(Arc::clone(topology)).without_schedule();
    let simulation = builder.restore(from, |node| Merge::new(node, topology));
    let mut simulation = simulation.expect("it fits");
    simulation.run(u64::MAX);
    let simulated = simulation.global_state().expect("no node has failed");
    let mut ends = Vec::from(on_workers);
    ends.extend([merge::finish(&system), merge::states(&simulated)]);
    ends
}

/// The order and the number of the values decide the result of this workload.
#[test]
fn a_checkpoint_of_three_workers_goes_on_anywhere() {
    finishes(|| {
        let topologies = merge::topologies();
        let is_all = |count: &usize| *count > 0;
        for_seeds_until_all_is_seen(2 * scaled(2), 0, is_all, |seed, in_flight| {
            let topology = &topologies[seed as usize % topologies.len()];
            let reference = reference(topology);
            let bucket = Bucket::new();
            let plan = Plan::new(3, Arc::clone(topology));
            let plan = plan.placed(placement(&mut Chance::new(seed), 3));
            let cluster = start_saving(plan, &clients(&bucket, 3), Merge::new);
            let saved: Vec<_> =
                (0..3).map(|_| cluster.checkpoint().expect("it is saved")).collect();
            for saved in &saved {
                assert_eq!(lists(&bucket, saved.record.id), 3);
                let loaded = load(&bucket, saved);
                *in_flight += loaded.in_flight().count();
                for end in ends(topology, &loaded) {
                    assert_eq!(end, reference);
                }
            }
            assert_eq!(finish(&cluster), reference, "checkpoints change nothing");
        });
    });
}

/// Keeps the large numbers that come, emits them, and passes them on.
#[derive(Clone)]
struct Collector(Vec<u64>);

impl Process for Collector {
    type State = Vec<u64>;
    type Message = u64;

    fn on_message(&mut self, _: Link, number: u64, ctx: &mut Context<'_, u64>) {
        self.0.push(number);
        ctx.emit(number);
        ctx.send_on(ctx.out_links()[0].id, number + 1);
    }

    fn state(&self) -> Vec<u64> {
        self.0.clone()
    }
}

impl Restore for Collector {
    fn on_restore(&mut self, numbers: Vec<u64>, _: &mut Context<'_, u64>) {
        self.0 = numbers;
    }
}

/// The hashes of the chunks of these nodes' states.
fn state_chunks(bucket: &Bucket, record: &Record, of: impl Fn(NodeId) -> bool) -> BTreeSet<String> {
    let stored: Checkpoints<Vec<u64>, u64> =
        Checkpoints::new(bucket.client().open(), Format::default());
    let parts = stored.catalog().parts(record.id).expect("it is good");
    let states = parts.into_iter().filter(|part| match part.kind {
        PartKind::Node { node, .. } => of(node),
        _ => false,
    });
    let chunks = states.flat_map(|part| part.chunks).filter_map(|chunk| match chunk {
        Chunk::Blob { hash, .. } => Some(format!("{hash:#}")),
        Chunk::Inline(_) => None,
    });
    chunks.collect()
}

/// The hashes of the chunks that a client has put.
fn put(client: &Bucket) -> BTreeSet<String> {
    let paths = client.put();
    let names = paths.iter().filter_map(|path| path.strip_prefix("blobs/"));
    names.map(|name| name[3..67].to_owned()).collect()
}

#[test]
fn each_worker_writes_the_states_of_its_own_nodes_and_no_others() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(9).unwrap());
        let bucket = Bucket::new();
        let clients = clients(&bucket, 3);
        let plan =
            Plan::new(3, Arc::clone(&topology)).placed(Placement::by(|node| node.index() % 3));
        let first =
            |node: NodeId| (0..1000).map(|nth| node.index() as u64 * 10_000 + nth).collect();
        let cluster = start_saving(plan, &clients, move |node, _| Collector(first(node)));
        topology.nodes().for_each(|node| cluster.inject(node, 7).unwrap());
        let saved = cluster.checkpoint().expect("it is saved");
        let (loaded, record) = (load(&bucket, &saved), &saved.record);
        assert_eq!(loaded.topology(), &topology);
        for (worker, client) in clients.iter().enumerate() {
            let put = put(client);
            let own = state_chunks(&bucket, record, |node| node.index() % 3 == worker);
            let others = state_chunks(&bucket, record, |node| node.index() % 3 != worker);
            assert!(own.len() >= 3 && put.is_superset(&own), "worker {worker}");
            assert!(put.is_disjoint(&others), "worker {worker}");
            let makes_visible =
                |path: &String| path.starts_with("heads") || path.starts_with("parts");
            let paths = client.put();
            // The store was opened by a client that has made its first head.
            assert!(worker == 0 || paths.iter().filter(|p| makes_visible(p)).count() <= 1);
        }
        // Old chunks of states that grow at their end are not written again.
        let before: usize = clients.iter().map(|client| client.put().len()).sum();
        let next = cluster.checkpoint().expect("it is saved");
        load(&bucket, &next);
        let after: usize = clients.iter().map(|client| client.put().len()).sum();
        println!("{} and then {} objects", before, after - before);
    });
}

#[test]
fn a_store_that_cannot_be_shared_is_written_by_the_first_worker() {
    finishes(|| {
        let topology = Arc::new(Topology::ring(5).unwrap());
        let store = Arc::new(consistent_cut::checkpoint::MemoryStore::new());
        let stored = Checkpoints::new(Arc::clone(&store), Format::default());
        let save = stored.clone();
        let plan = Plan::new(3, Arc::clone(&topology));
        let cluster =
            plan.start_saving(Merge::new, move |worker| (worker == 0).then(|| save.clone()));
        let record = cluster.checkpoint().expect("it is saved").record;
        let loaded = stored.load(Which::Newest).expect("it is good");
        assert_eq!(loaded.record, record);
        assert_eq!(finish(&cluster), reference(&topology));
    });
}

/// The task of a process below, with a folder after it.
pub(crate) const SAVE_IN: &str = "save in ";

/// The nodes of the processes below.
fn processes() -> Arc<Topology> {
    Arc::new(Topology::ring(9).expect("a ring"))
}

/// A process of a cluster that saves in a folder. The first saves three checkpoints.
pub(crate) fn run_and_save(config: ProcessConfig, task: &str) -> String {
    let topology = processes();
    let config = config.application("these tests", &topology);
    let folder = PathBuf::from(task.strip_prefix(SAVE_IN).expect("a folder"));
    let (tx, handles) = channel();
    let leader = std::thread::Builder::new().name("leader".into()).spawn(move || {
        let Ok(handle): Result<ClusterHandle<Vec<u64>, u64>, _> = handles.recv() else {
            return;
        };
        handle.inject(NodeId::new(0), 1).expect("it runs");
        for _ in 0..3 {
            println!("\nSAVED {}", handle.checkpoint().expect("it is saved").record);
        }
        handle.shut_down();
    });
    let result = execute(&config, move |worker, _| {
        let cluster = worker.dataflow::<u64, _, _>(|scope| {
            let process = |node: NodeId| Collector(vec![node.index() as u64; 100]);
            let (placement, settings) = (Placement::hashed(), ClusterSettings::new());
            Cluster::build(scope, &topology, &placement, &settings, process).map(|(part, _)| part)
        })?;
        let store = SharedStore::in_folder(&folder)?;
        cluster.save_to(&Checkpoints::new(store, Format::default()));
        if let Some(handle) = cluster.handle() {
            tx.send(handle.clone())?;
        }
        while !cluster.has_ended() {
            worker.step_or_park(None);
        }
        Ok(())
    });
    leader.expect("a thread").join().expect("it saves all");
    result.map_or_else(|error| error.to_string(), |_| "in order".to_owned())
}

#[test]
fn several_processes_save_in_one_folder() {
    let folder = env::temp_dir().join(format!("consistent-cut-cluster-{}", std::process::id()));
    let task = format!("{SAVE_IN}{}", folder.display());
    let mut company = Company::start(&task, 3, |config| config.workers(2));
    for process in 0..3 {
        assert_eq!(company.end_of(process), "in order", "process {process}");
    }
    let store = SharedStore::in_folder(&folder).expect("a folder");
    let stored: Checkpoints<Vec<u64>, u64> = Checkpoints::new(store, Format::default());
    assert_eq!(stored.catalog().list().expect("it is read").len(), 3);
    let loaded = stored.load(Which::Newest).expect("it is good");
    assert!(loaded.damaged.is_empty());
    let system = System::builder(processes()).restore(&loaded.snapshot, |_| Collector(Vec::new()));
    let system = system.expect("it fits");
    let state = system.snapshot_and_stop().expect("no node has failed");
    // Wherever the number is, it counts the steps that were made.
    let steps: usize = state.states().map(|(_, list)| list.len() - 100).sum();
    let (_, last) = state.in_flight().next().expect("it is on its way");
    assert_eq!(*last as usize, steps + 1);
    let _ = std::fs::remove_dir_all(folder);
}
