//! Workers of a cluster, all in this process.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use consistent_cut::causality::{Logged, Trace};
#[cfg(feature = "object-store")]
use consistent_cut::checkpoint::Checkpoints;
use consistent_cut::cluster::{
    BuildError, Cluster, ClusterHandle, ClusterSettings, Placement, Portable,
};
use consistent_cut::{Emitted, GlobalSnapshot, NodeId, Process, Restore, Topology};
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use timely::Config;
use timely::communication::WorkerGuards;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::operators::{Input, Inspect};
use timely::dataflow::{InputHandle, Scope, Stream};
use timely::worker::Worker;

/// The plan of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) workers: usize,
    pub(crate) topology: Arc<Topology>,
    pub(crate) placement: Placement,
    pub(crate) settings: ClusterSettings,
    /// Whether messages come on a stream too. The workers look there often, and never sleep long.
    pub(crate) has_streams: bool,
}

type Built<'scope, P> =
    Result<(Cluster<P>, Stream<'scope, u64, Vec<Emitted<<P as Process>::Message>>>), BuildError>;

/// Messages for nodes.
type Mail<M> = Vec<(NodeId, M)>;

type MailStream<M> = InputHandle<u64, CapacityContainerBuilder<Mail<M>>>;

impl Plan {
    pub(crate) fn new(workers: usize, topology: impl Into<Arc<Topology>>) -> Self {
        Plan {
            workers,
            topology: topology.into(),
            placement: Placement::blocks(),
            settings: ClusterSettings::new(),
            has_streams: false,
        }
    }

    pub(crate) fn with(self, settings: ClusterSettings) -> Self {
        Plan { settings, ..self }
    }

    pub(crate) fn placed(self, placement: Placement) -> Self {
        Plan { placement, ..self }
    }

    pub(crate) fn with_streams(self) -> Self {
        Plan { has_streams: true, ..self }
    }

    /// Starts a cluster of new nodes.
    pub(crate) fn start<P>(
        self,
        process: impl Fn(NodeId, &Topology) -> P + Send + Sync + 'static,
    ) -> Running<P>
    where
        P: Process + Send + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        self.try_start(process).expect("a plan that works")
    }

    /// Starts a cluster whose workers save by the checkpoints that `save` gives them.
    #[cfg(feature = "object-store")]
    pub(crate) fn start_saving<P>(
        self,
        process: impl Fn(NodeId, &Topology) -> P + Send + Sync + 'static,
        save: impl Fn(usize) -> Option<Checkpoints<P::State, P::Message>> + Send + Sync + 'static,
    ) -> Running<P>
    where
        P: Process + Send + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        let running = self.launch(move |scope, plan| {
            let process = |node| process(node, &plan.topology);
            let Plan { topology, placement, settings, .. } = plan;
            let built = Cluster::build(scope, topology, placement, settings, process)?;
            save(scope.index()).iter().for_each(|checkpoints| built.0.save_to(checkpoints));
            Ok(built)
        });
        running.expect("a plan that works")
    }

    pub(crate) fn try_start<P>(
        self,
        process: impl Fn(NodeId, &Topology) -> P + Send + Sync + 'static,
    ) -> Result<Running<P>, BuildError>
    where
        P: Process + Send + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        self.launch(move |scope, plan| {
            let process = |node| process(node, &plan.topology);
            Cluster::build(scope, &plan.topology, &plan.placement, &plan.settings, process)
        })
    }

    /// Starts a cluster that goes on from a snapshot.
    pub(crate) fn restore<P>(
        self,
        snapshot: &Arc<GlobalSnapshot<P::State, P::Message>>,
        process: impl Fn(NodeId, &Topology) -> P + Send + Sync + 'static,
    ) -> Result<Running<P>, BuildError>
    where
        P: Restore + Send + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        let snapshot = Arc::clone(snapshot);
        self.launch(move |scope, plan| {
            let process = |node| process(node, &plan.topology);
            let Plan { topology, placement, settings, .. } = plan;
            Cluster::restore(scope, topology, placement, settings, &snapshot, process)
        })
    }

    /// All workers return the same error, or none does.
    fn launch<P>(
        self,
        build: impl for<'scope> Fn(Scope<'scope, u64>, &Plan) -> Built<'scope, P>
        + Send
        + Sync
        + 'static,
    ) -> Result<Running<P>, BuildError>
    where
        P: Process + Send + 'static,
        P::State: Portable,
        P::Message: Portable,
    {
        let workers = self.workers;
        let (has_built, built) = unbounded();
        let (emits, emitted) = unbounded();
        let (refuses, refused) = unbounded();
        let (streams, mails): (Vec<_>, Vec<_>) = (0..workers).map(|_| bounded(64)).unzip();
        let guards = timely::execute(Config::process(workers), move |worker| {
            let mut stream = InputHandle::new();
            let cluster = worker.dataflow::<u64, _, _>(|scope| {
                let (cluster, outputs) = build(scope, &self)?;
                tell_each(outputs, &emits);
                if self.has_streams {
                    tell_each(cluster.inject_from(scope.input_from(&mut stream)), &refuses);
                }
                Ok(cluster)
            });
            let cluster = match cluster {
                Ok(cluster) => cluster,
                Err(error) => {
                    has_built.send(Err(error)).expect("the test waits");
                    return Part { logs: Vec::new(), processes: Vec::new() };
                }
            };
            has_built.send(Ok(cluster.handle().cloned())).expect("the test waits");
            let mail = self.has_streams.then(|| &mails[worker.index()]);
            work(worker, &cluster, &mut stream, mail);
            Part { logs: cluster.take_logs(), processes: cluster.into_processes() }
        });
        let guards = guards.expect("the machine has room for a few threads");
        let built: Vec<Result<Option<_>, BuildError>> = built.iter().take(workers).collect();
        let failed = built.iter().filter(|built| built.is_err()).count();
        assert!(failed == 0 || failed == workers, "{failed} of {workers} workers refuse");
        let handles: Result<Vec<_>, _> = built.into_iter().collect();
        let mut handles = handles?.into_iter().flatten();
        let handle = handles.next().expect("the first worker has the handle");
        assert!(handles.next().is_none(), "only the first worker has the handle");
        Ok(Running { handle, guards: Some(guards), emitted, refused, streams })
    }
}

/// Steps until the cluster has ended.
fn work<P: Process>(
    worker: &mut Worker,
    cluster: &Cluster<P>,
    stream: &mut MailStream<P::Message>,
    mail: Option<&Receiver<Mail<P::Message>>>,
) {
    while !cluster.has_ended() {
        put(stream, mail);
        worker.step_or_park(mail.map(|_| Duration::from_micros(100)));
    }
    // The messages that still come are refused, until no more can come.
    for messages in mail.into_iter().flatten() {
        give(stream, messages);
        worker.step();
    }
}

/// Puts some of what has come on the stream.
fn put<M: Clone + 'static>(stream: &mut MailStream<M>, mail: Option<&Receiver<Mail<M>>>) {
    let messages = mail.into_iter().flat_map(Receiver::try_iter).take(16);
    messages.for_each(|messages| give(stream, messages));
}

/// Puts messages on the stream. They leave when its time goes on.
fn give<M: Clone + 'static>(stream: &mut MailStream<M>, messages: Mail<M>) {
    messages.into_iter().for_each(|message| stream.send(message));
    let next = stream.time() + 1;
    stream.advance_to(next);
}

fn tell_each<T: Clone + 'static>(stream: Stream<'_, u64, Vec<T>>, to: &Sender<T>) {
    let to = to.clone();
    // A test that is over listens no more.
    stream.inspect(move |message| drop(to.send(message.clone())));
}

/// The remains of a worker.
struct Part<P> {
    logs: Vec<(NodeId, Vec<Logged>)>,
    processes: Vec<(NodeId, P)>,
}

/// A cluster that runs. It is shut down when this is dropped.
pub(crate) struct Running<P: Process> {
    handle: ClusterHandle<P::State, P::Message>,
    guards: Option<WorkerGuards<Part<P>>>,
    /// The messages that nodes have emitted.
    pub(crate) emitted: Receiver<Emitted<P::Message>>,
    /// The messages of the streams that were refused.
    pub(crate) refused: Receiver<(NodeId, P::Message)>,
    /// The streams of messages from outside, one a worker.
    pub(crate) streams: Vec<Sender<Mail<P::Message>>>,
}

/// What a cluster leaves behind.
pub(crate) struct Ended<P> {
    /// The processes of nodes that have not failed, by node.
    pub(crate) processes: Vec<(NodeId, P)>,
    /// The logs of all nodes, by node.
    logs: Vec<(NodeId, Vec<Logged>)>,
}

impl<P: Process> Running<P> {
    /// Shuts the cluster down.
    pub(crate) fn end(self) -> Ended<P> {
        self.shut_down();
        self.join()
    }

    /// Waits for the end of the cluster, and until every message of a stream has been taken or
    /// refused.
    pub(crate) fn join(mut self) -> Ended<P> {
        self.streams.clear();
        let guards = self.guards.take().expect("it is joined once");
        let (mut processes, mut logs) = (Vec::new(), Vec::new());
        for part in guards.join() {
            let part = part.expect("a worker ends");
            processes.extend(part.processes);
            logs.extend(part.logs);
        }
        processes.sort_by_key(|(node, _)| *node);
        logs.sort_by_key(|(node, _)| *node);
        Ended { processes, logs }
    }
}

impl<P> Ended<P> {
    /// The processes, of nodes none of which has failed.
    pub(crate) fn all(self) -> Vec<P> {
        let processes = self.processes.into_iter().enumerate().map(|(index, (node, process))| {
            assert_eq!(node.index(), index);
            process
        });
        processes.collect()
    }

    /// The trace of the run.
    pub(crate) fn trace(&self, topology: &Arc<Topology>) -> Trace {
        let logs = self.logs.iter().map(|(_, log)| log.clone()).collect();
        Trace::merge(Arc::clone(topology), logs).expect("the logs of one run")
    }
}

impl<P: Process> Deref for Running<P> {
    type Target = ClusterHandle<P::State, P::Message>;

    fn deref(&self) -> &Self::Target {
        &self.handle
    }
}

impl<P: Process> Drop for Running<P> {
    fn drop(&mut self) {
        if let Some(guards) = self.guards.take() {
            self.handle.shut_down();
            self.streams.clear();
            // A test that has failed already says why.
            drop(guards.join());
        }
    }
}
