//! Settings of a system, and its start.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::launch::Launch;
use super::settings::{Settings, need_time_for_timeout};
use super::system::System;
use super::thread_limits;
use crate::driver::SpawnError;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::process::{Process, Restore};
use crate::protocol::{MarkerPolicy, NodeCore, Scribe};
use crate::runtime::coordinator::settings::OnFailure;
use crate::runtime::node::digest::Digests;
use crate::runtime::node::thread::Start;
use crate::snapshot::GlobalSnapshot;
use crate::snapshot::RestoreError;
use crate::sync::{need_time, random_number};
use crate::topology::Topology;

/// Settings of a system, and its start. Made by [`System::builder`].
pub struct SystemBuilder<P: Process> {
    topology: Arc<Topology>,
    settings: Settings,
    digests: Option<Digests<P::State, P::Message>>,
    scribe: Option<Scribe<P::State, P::Message>>,
    process: PhantomData<fn() -> P>,
}

/// The beginning.
impl<P: Process> System<P> {
    /// Begins the description of a system of this topology.
    pub fn builder(topology: impl Into<Arc<Topology>>) -> SystemBuilder<P> {
        SystemBuilder::new(topology.into())
    }
}

/// Settings.
impl<P: Process> SystemBuilder<P> {
    fn new(topology: Arc<Topology>) -> Self {
        let settings = Settings::default();
        SystemBuilder { topology, settings, digests: None, scribe: None, process: PhantomData }
    }

    /// When nodes handle markers. [`MarkerPolicy::Overtaking`] if not set.
    #[must_use]
    pub fn marker_policy(mut self, policy: MarkerPolicy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// How many messages each link holds: those sent and not yet received. 65,536 if not set: a
    /// burst hardly ever meets this bound, and it keeps a runaway sender of 64-byte messages within
    /// 4 MiB per link. Set less where memory is short or a sender should be slowed down early. That
    /// costs speed where nodes are always busy: a pipeline of eight had 0.6 of it with 1,024
    /// (`cargo bench --bench goals -- pipeline`, 2 cores of an AMD EPYC).
    ///
    /// A handler's sends never block inside the handler. Messages that have no room wait at the
    /// sender, in order, and the sender handles nothing more until they are gone. Markers need no
    /// room. [`Context::room`](crate::Context::room) tells a handler how much room there is. A
    /// cycle of full links stands still for good, as in any system of bounded queues, and a
    /// snapshot shows it. A node that has stopped frees nothing: its in-links fill, and nodes that
    /// go on sending to it wait, unless it [drains](crate::Context::stop_and_drain) its in-links.
    ///
    /// Snapshots keep to the capacity: the state that a snapshot shows is one that the system with
    /// these capacities can reach. An acknowledgement is a message too, so on a link with a
    /// capacity the marker also goes back to the sender, ahead of the acknowledgements given after
    /// the recording. A link can hold more than its capacity only as in reality: the messages
    /// beyond it were sent by one handler and wait at the sender.
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.settings.capacities.others = limit(messages);
        self
    }

    /// How many messages one link holds, whatever is set for the others. Environment links have
    /// [one capacity](Self::environment_capacity) for all.
    #[must_use]
    pub fn link_capacity(mut self, link: LinkId, messages: usize) -> Self {
        self.settings.capacities.of.insert(link, limit(messages));
        self
    }

    /// Lets one link hold any number of messages, whatever is set for the others: no [deadlock of
    /// full links](crate::property::find_deadlock_on_full_links) goes through it, and memory grows
    /// where it fills up.
    #[must_use]
    pub fn link_unbounded(mut self, link: LinkId) -> Self {
        self.settings.capacities.of.insert(link, u64::MAX);
        self
    }

    /// Lets links hold any number of messages: no node ever waits, and memory grows where one sends
    /// faster than its neighbour handles. Takes back no [`link_capacity`](Self::link_capacity). One
    /// link alone: [`link_unbounded`](Self::link_unbounded).
    #[must_use]
    pub fn unbounded(mut self) -> Self {
        self.settings.capacities.others = u64::MAX;
        self
    }

    /// How many messages each environment link holds: those injected and not yet received. 65,536 if
    /// not set; [`usize::MAX`] is no limit. A caller that injects more
    /// [waits](System::inject).
    #[must_use]
    pub fn environment_capacity(mut self, messages: usize) -> Self {
        self.settings.capacities.environment = limit(messages);
        self
    }

    /// How long [`System::inject`] waits for room. A minute if not set; [`Duration::MAX`] is no
    /// limit.
    #[must_use]
    pub fn inject_timeout(mut self, timeout: Duration) -> Self {
        self.settings.inject_timeout = timeout;
        self
    }

    /// How many messages of each node may be [emitted](crate::Context::emit) and not taken. 65,536
    /// if not set; [`usize::MAX`] is no limit. A node that emits more handles nothing until somebody
    /// [takes](System::outputs) some.
    #[must_use]
    pub fn output_capacity(mut self, messages: usize) -> Self {
        self.settings.capacities.output = limit(messages);
        self
    }

    /// What happens to the other nodes when one panics. [`OnFailure::Stop`] if not set.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.settings.coordinator.on_failure = on_failure;
        self
    }

    /// How long a snapshot may take from the moment it is asked for, where its
    /// [`SnapshotOptions`](crate::SnapshotOptions) say nothing else. A minute if not set;
    /// [`Duration::MAX`] is no limit.
    #[must_use]
    pub fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        need_time_for_timeout(timeout);
        self.settings.coordinator.timeout = timeout;
        self
    }

    /// How many snapshots may be under way together. 64 if not set. More may be asked for: they
    /// wait for their turn. Of snapshots that nodes [request](crate::Context::request_snapshot),
    /// one is under way at a time.
    #[must_use]
    pub fn max_concurrent_snapshots(mut self, snapshots: usize) -> Self {
        self.settings.coordinator.limits.max_concurrent_snapshots = snapshots;
        self
    }

    /// How long the system is left alone after a snapshot has ended: none begins before. Zero if
    /// not set.
    #[must_use]
    pub fn min_pause(mut self, pause: Duration) -> Self {
        if !pause.is_zero() {
            need_time("SystemBuilder::min_pause");
        }
        self.settings.coordinator.limits.min_pause = pause;
        self
    }

    /// The stack of each node's thread, in bytes. The operating system's usual if not set (2 MiB in
    /// Rust); with thousands of nodes a smaller one saves address space, and memory where the stack
    /// is touched.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.settings.stack_size = Some(bytes);
        self
    }

    /// Has every node keep a log of its events, for a [trace](System::trace) of the run when it has
    /// ended. Takes a byte for most events, and a few for others, for as long as the system runs;
    /// the trace that is made of it in the end takes 40 bytes an event and more. `cargo bench
    /// --bench interference` says what it costs on your machine. A system that is
    /// [restored](Self::restore) keeps no log, since its run began earlier.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.settings.is_traced = true;
        self
    }

    /// As [`traced`](Self::traced), and keeps what `Debug` prints of each message and of the state
    /// after each event. A [space-time diagram](crate::diagram) of the run then has them as labels.
    /// Each node calls [`Process::state`] after each event, which a busy system feels: use it for
    /// short runs.
    #[must_use]
    pub fn traced_with_texts(mut self) -> Self
    where
        P::State: fmt::Debug,
        P::Message: fmt::Debug,
    {
        self.scribe = Some(Scribe::by_debug());
        self.traced()
    }

    /// Looks for states and messages that share memory with a process, as through an
    /// `Arc<Mutex<_>>`: for debugging. Each recorded value is compared with what it was when it was
    /// recorded, by what `Debug` prints of it, and a snapshot in which one has changed by its end
    /// fails with [`SnapshotError::SharedMemory`](crate::SnapshotError::SharedMemory), which names
    /// the node.
    ///
    /// A value that `Debug` shows in part is compared in that part. A value that did not change
    /// while the snapshot was under way is not found, nor, with [`MarkerPolicy::InOrder`], one that
    /// only the very next handler changes. Off if not called, and costs nothing then; on, every
    /// recorded value is printed twice.
    #[must_use]
    pub fn detect_shared_memory(mut self) -> Self
    where
        P::State: fmt::Debug,
        P::Message: fmt::Debug,
    {
        self.digests = Some(Digests::by_debug());
        self
    }

    /// How many ended snapshots the system remembers for [`System::history`] and
    /// [`System::find_snapshot`], with their outcomes and timings: 48 bytes per node. 16 if not
    /// set.
    #[must_use]
    pub fn history(mut self, snapshots: usize) -> Self {
        self.settings.coordinator.memory.outcomes = snapshots;
        self
    }

    /// How many of the last complete snapshots the [history](Self::history) keeps with their states
    /// and messages. None if not set: a snapshot then lives as long as somebody holds it, in a
    /// result, a [`PendingSnapshot`](crate::PendingSnapshot) or a
    /// [`Subscription`](crate::Subscription).
    ///
    /// A snapshot that is kept keeps every value in it alive. It takes the memory of all states and
    /// messages in flight, and a message that was recorded with a channel for its answer keeps that
    /// channel open, even where its node has failed.
    #[must_use]
    pub fn keep_snapshots(mut self, snapshots: usize) -> Self {
        self.settings.coordinator.memory.values = snapshots;
        self
    }
}

/// The start.
impl<P: Process> SystemBuilder<P> {
    /// Starts the system: calls `process` for each node in order, then starts the threads.
    ///
    /// # Errors
    /// If a setting could never work, or the operating system gives no thread; those that had
    /// started are joined. On Linux the system's limits are read before a process is made, and a
    /// topology that has no room is refused ([`SpawnError::NoRoomForThreads`]): with the usual
    /// limit of 65,530 memory maps, of which a thread takes four, some 16,000 nodes fit. A process
    /// that takes the maps meanwhile is still aborted by the standard library.
    pub fn spawn(self, mut process: impl FnMut(NodeId) -> P) -> Result<System<P>, SpawnError> {
        self.settings.check(&self.topology)?;
        thread_limits::check(self.topology.node_count())?;
        let start = |node| Ok((process(node), Box::new(NodeCore::start) as Start<P>));
        self.launch(SnapshotId::new(1)).start(None, start)
    }

    /// Starts the system from a snapshot, as if it had never stopped: calls `process` for each node
    /// in order, then starts the threads. Each process becomes what it was by
    /// [`Restore::on_restore`]; [`Process::on_start`] is not called. Counts of messages and the
    /// numbers of snapshots go on from where they were, and pending timers have the time that was
    /// left. The snapshots' ids are of a new [life](crate::SnapshotId::life), drawn at random, so
    /// that no id is given out twice, whichever snapshot a system goes on from.
    ///
    /// Messages that were in flight, those that waited for room and injected ones included, are
    /// handled before anything that is sent now: link by link, each link's messages in their order,
    /// the environment link last. **The order in which messages of different links had arrived is
    /// not kept**, since a snapshot records each link for itself. A node that had messages of
    /// several links waiting may so handle them in another order than it would have, as it may
    /// after any delay on a link.
    ///
    /// To leave out a message, or change a state, [edit](GlobalSnapshot::edit) the snapshot first.
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, NodeId, Process, Restore, System, Topology};
    /// /// Adds up what comes.
    /// struct Sum(u64);
    ///
    /// impl Process for Sum {
    ///     type State = u64;
    ///     type Message = u64;
    ///     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) { self.0 += number }
    ///     fn state(&self) -> u64 { self.0 }
    /// }
    ///
    /// impl Restore for Sum {
    ///     fn on_restore(&mut self, recorded: u64, _: &mut Context<'_, u64>) { self.0 = recorded }
    /// }
    ///
    /// let topology = Topology::ring(1)?;
    /// let system = System::builder(topology.clone()).spawn(|_| Sum(0))?;
    /// (1..=10).try_for_each(|number| system.inject(NodeId::new(0), number))?;
    /// let last = system.snapshot_and_stop()?; // some of the ten are added up, the others in flight
    ///
    /// let again = System::builder(topology).restore(&last, |_| Sum(0))?;
    /// while *again.snapshot()?.state(NodeId::new(0)) < 55 {}
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the snapshot does not fit the topology, with the node or link that does not; and as
    /// [`spawn`](Self::spawn).
    pub fn restore(
        mut self,
        snapshot: &GlobalSnapshot<P::State, P::Message>,
        mut process: impl FnMut(NodeId) -> P,
    ) -> Result<System<P>, RestoreError>
    where
        P: Restore,
        P::State: Clone,
    {
        snapshot.check_fits(&self.topology)?;
        self.settings.check(&self.topology)?;
        thread_limits::check(self.topology.node_count())?;
        self.settings.is_restored = true;
        let start = |node| {
            // A snapshot that fits has an image of each node.
            let image = snapshot.image(node)?;
            let start = |core: &mut NodeCore<P>| core.restore(image);
            Ok((process(node), Box::new(start) as Start<P>))
        };
        self.launch(first_id_after(snapshot.highest_id())).start(Some(snapshot), start)
    }

    fn launch(self, first_id: SnapshotId) -> Launch<P> {
        let SystemBuilder { topology, settings, digests, scribe, .. } = self;
        Launch { topology, settings, digests, scribe, first_id }
    }
}

/// A capacity; without end if it is the largest number.
fn limit(messages: usize) -> u64 {
    if messages == usize::MAX { u64::MAX } else { messages as u64 }
}

/// The id of the first snapshot in a new life of a system that has given out ids up to this one.
fn first_id_after(highest: SnapshotId) -> SnapshotId {
    let drawn = (random_number() >> 32) as u32 & SnapshotId::LAST_LIFE;
    let is_new = |life: &u32| ![0, highest.life()].contains(life);
    // Of three numbers in a row two at most are taken.
    let life = (0..3).map(|more| (drawn + more) & SnapshotId::LAST_LIFE).find(is_new);
    SnapshotId::new(highest.number() + 1).in_life(life.unwrap_or(1))
}

impl<P: Process> fmt::Debug for SystemBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemBuilder")
            .field("topology", &format_args!("{}", self.topology))
            .field("settings", &self.settings)
            .finish()
    }
}
