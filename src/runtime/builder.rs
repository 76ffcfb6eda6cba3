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
use crate::snapshot::{GlobalSnapshot, RestoreError};
use crate::sync::{need_time, random_number};
use crate::topology::Topology;

/// Settings of a system, and its start. [`System::builder`] makes it.
pub struct SystemBuilder<P: Process> {
    topology: Arc<Topology>,
    settings: Settings,
    digests: Option<Digests<P::State, P::Message>>,
    scribe: Option<Scribe<P::State, P::Message>>,
    process: PhantomData<fn() -> P>,
}

/// Making a builder.
impl<P: Process> System<P> {
    /// Makes a builder for a system of this topology.
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

    /// The topology that the system will have, for processes that depend on names or links.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use consistent_cut::{Context, Link, Process, System, Topology};
    /// struct City(String);
    ///
    /// impl Process for City {
    ///     type State = String;
    ///     type Message = ();
    ///     fn on_message(&mut self, _: Link, (): (), _: &mut Context<'_, ()>) {}
    ///     fn state(&self) -> String { self.0.clone() }
    /// }
    ///
    /// let roads = Topology::from_named_links([("Oslo", "Rome"), ("Rome", "Oslo")])?;
    /// let builder = System::builder(roads);
    /// let topology = Arc::clone(builder.topology());
    /// let system = builder.spawn(|node| City(topology.label(node)))?;
    /// let rome = topology.node_named("Rome").expect("it was given");
    /// assert_eq!(system.snapshot()?.state(rome), "Rome");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// Sets when nodes handle markers. [`MarkerPolicy::Overtaking`] if not set.
    #[must_use]
    pub fn marker_policy(mut self, policy: MarkerPolicy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Sets how many messages each link holds: messages sent and not yet received. 65,536 if not
    /// set. A burst hardly ever reaches this bound, and a runaway sender of 64-byte messages takes
    /// at most 4 MiB per link. Set less if memory is short, or to slow a fast sender down early. A
    /// smaller capacity costs speed if nodes are always busy: with 1,024, a pipeline of eight had
    /// 0.6 of the speed (`cargo bench --bench goals -- pipeline`, 2 cores of an AMD EPYC).
    ///
    /// A handler's sends never block inside the handler. Messages without room wait at the sender,
    /// in order, and the sender handles no messages until they have left. Markers need no room.
    /// [`Context::room`](crate::Context::room) tells a handler how much room a link has. A cycle of
    /// full links is a deadlock, as in any system of bounded queues, and a snapshot shows it. A
    /// node that has stopped makes no room: its in-links fill, and nodes that keep sending to it
    /// wait, unless it [drains](crate::Context::stop_and_drain) its in-links.
    ///
    /// Snapshots respect the capacity: the system with these capacities can reach the state that a
    /// snapshot shows. An acknowledgement is a message too. On a link with a capacity the marker
    /// therefore also goes back to the sender, ahead of the acknowledgements that are given after
    /// the recording. A recorded link can hold more messages than its capacity, as in the running
    /// system: the messages beyond the capacity wait at the sender, and one handler sent them.
    #[must_use]
    pub fn capacity(mut self, messages: usize) -> Self {
        self.settings.capacities.others = limit(messages);
        self
    }

    /// Sets how many messages one link holds, whatever is set for the other links. All environment
    /// links have the [same capacity](Self::environment_capacity).
    #[must_use]
    pub fn link_capacity(mut self, link: LinkId, messages: usize) -> Self {
        self.settings.capacities.of.insert(link, limit(messages));
        self
    }

    /// Lets one link hold any number of messages, whatever is set for the other links. No [deadlock
    /// of full links](crate::property::find_deadlock_on_full_links) goes through this link. Memory
    /// grows if the link fills.
    #[must_use]
    pub fn link_unbounded(mut self, link: LinkId) -> Self {
        self.settings.capacities.of.insert(link, u64::MAX);
        self
    }

    /// Lets links hold any number of messages. No node then waits for room, and memory grows if a
    /// node sends faster than its neighbour handles. A [`link_capacity`](Self::link_capacity) that
    /// was set stays. For a single link there is [`link_unbounded`](Self::link_unbounded).
    #[must_use]
    pub fn unbounded(mut self) -> Self {
        self.settings.capacities.others = u64::MAX;
        self
    }

    /// Sets how many messages each environment link holds: messages injected and not yet received.
    /// 65,536 if not set; [`usize::MAX`] means no limit. A caller that injects more messages
    /// [waits](System::inject).
    #[must_use]
    pub fn environment_capacity(mut self, messages: usize) -> Self {
        self.settings.capacities.environment = limit(messages);
        self
    }

    /// Sets how long [`System::inject`] waits for room. A minute if not set; [`Duration::MAX`]
    /// means no limit.
    #[must_use]
    pub fn inject_timeout(mut self, timeout: Duration) -> Self {
        self.settings.inject_timeout = timeout;
        self
    }

    /// Sets how many messages each node may [emit](crate::Context::emit) before a caller
    /// [takes](System::outputs) some of them. 65,536 if not set; [`usize::MAX`] means no limit. A
    /// node that emits more handles no messages until some are taken.
    #[must_use]
    pub fn output_capacity(mut self, messages: usize) -> Self {
        self.settings.capacities.output = limit(messages);
        self
    }

    /// Sets what happens to the other nodes when a node panics. [`OnFailure::Stop`] if not set.
    #[must_use]
    pub fn on_failure(mut self, on_failure: OnFailure) -> Self {
        self.settings.coordinator.on_failure = on_failure;
        self
    }

    /// Sets how long a snapshot may take, counted from the request.
    /// [`SnapshotOptions`](crate::SnapshotOptions) override it for one snapshot. A minute if not
    /// set; [`Duration::MAX`] means no limit.
    #[must_use]
    pub fn snapshot_timeout(mut self, timeout: Duration) -> Self {
        need_time_for_timeout(timeout);
        self.settings.coordinator.timeout = timeout;
        self
    }

    /// Sets how many snapshots may be under way at once. 64 if not set. More snapshots may be asked
    /// for: they wait their turn. Of the snapshots that nodes
    /// [request](crate::Context::request_snapshot), only one is under way at a time.
    #[must_use]
    pub fn max_concurrent_snapshots(mut self, snapshots: usize) -> Self {
        self.settings.coordinator.limits.max_concurrent_snapshots = snapshots;
        self
    }

    /// Sets the least pause between the end of a snapshot and the beginning of the next. Zero if
    /// not set.
    #[must_use]
    pub fn min_pause(mut self, pause: Duration) -> Self {
        if !pause.is_zero() {
            need_time("SystemBuilder::min_pause");
        }
        self.settings.coordinator.limits.min_pause = pause;
        self
    }

    /// Sets the stack size of each node's thread, in bytes. Rust's default if not set: 2 MiB. With
    /// thousands of nodes a smaller stack saves address space, and saves memory where the stack is
    /// touched.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.settings.stack_size = Some(bytes);
        self
    }

    /// Makes every node keep a log of its events, for a [trace](System::trace) of the run after its
    /// end. The log takes one byte for most events and a few bytes for others, for as long as the
    /// system runs. The trace that is made from the log takes 40 bytes per event or more. `cargo
    /// bench --bench interference` measures the cost on your machine. A system that is
    /// [restored](Self::restore) keeps no log, since its run began earlier.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.settings.is_traced = true;
        self
    }

    /// Traces as [`traced`](Self::traced) does, and also keeps the `Debug` text of each message,
    /// and of the state after each event. A [space-time diagram](crate::diagram) of the run then
    /// shows these texts as labels. Each node calls [`Process::state`] after each event, which
    /// slows a busy system down: use it for short runs.
    #[must_use]
    pub fn traced_with_texts(mut self) -> Self
    where
        P::State: fmt::Debug,
        P::Message: fmt::Debug,
    {
        self.scribe = Some(Scribe::by_debug());
        self.traced()
    }

    /// Searches for states and messages that share memory with a process, for example through an
    /// `Arc<Mutex<_>>`. This is for debugging. The system compares the `Debug` text of each
    /// recorded value at its recording with the text at the snapshot's end. If a value has changed,
    /// the snapshot fails with [`SnapshotError::SharedMemory`](crate::SnapshotError::SharedMemory),
    /// which names the node.
    ///
    /// Only the part of a value that `Debug` prints is compared. A value that does not change while
    /// the snapshot is under way is not found. With [`MarkerPolicy::InOrder`], a value that only
    /// the very next handler changes is not found either. Off if not called, and then without cost.
    /// If on, every recorded value is printed twice.
    #[must_use]
    pub fn detect_shared_memory(mut self) -> Self
    where
        P::State: fmt::Debug,
        P::Message: fmt::Debug,
    {
        self.digests = Some(Digests::by_debug());
        self
    }

    /// Sets how many ended snapshots the system remembers for [`System::history`] and
    /// [`System::find_snapshot`], with their outcomes and timings: 48 bytes per node. 16 if not
    /// set.
    #[must_use]
    pub fn history(mut self, snapshots: usize) -> Self {
        self.settings.coordinator.memory.outcomes = snapshots;
        self
    }

    /// Sets how many of the last complete snapshots the [history](Self::history) keeps with their
    /// states and messages. Zero if not set: a snapshot then lives as long as a result, a
    /// [`PendingSnapshot`](crate::PendingSnapshot) or a [`Subscription`](crate::Subscription) holds
    /// it.
    ///
    /// A kept snapshot keeps every value in it alive. It takes the memory of all its states and
    /// messages in flight. A recorded message that contains a channel for its answer keeps this
    /// channel open, even if the message's node has failed.
    #[must_use]
    pub fn keep_snapshots(mut self, snapshots: usize) -> Self {
        self.settings.coordinator.memory.values = snapshots;
        self
    }
}

/// Starting a system.
impl<P: Process> SystemBuilder<P> {
    /// Starts the system: calls `process` for each node in order, then starts the threads.
    ///
    /// # Errors
    /// If a setting can never work, or if the operating system refuses a thread; the threads that
    /// had started are then joined. On Linux the system's limits are read before a process is made,
    /// and a topology that has no room is refused ([`SpawnError::NoRoomForThreads`]). A thread
    /// takes four memory maps. With the usual limit of 65,530 maps about 16,000 nodes fit. If the
    /// program takes up maps after this check, the standard library may still abort the program.
    pub fn spawn(self, mut process: impl FnMut(NodeId) -> P) -> Result<System<P>, SpawnError> {
        self.settings.check(&self.topology)?;
        thread_limits::check(self.topology.node_count())?;
        let mut start = |node| Ok((process(node), Box::new(NodeCore::start) as Start<P>));
        self.launch(SnapshotId::new(1)).start(None, &mut start)
    }

    /// Starts the system from a snapshot, as if it had never stopped: calls `process` for each node
    /// in order, then starts the threads. Each process takes over its recorded state by
    /// [`Restore::on_restore`]; [`Process::on_start`] is not called. The counts of messages and the
    /// numbers of snapshots continue from the snapshot. Pending timers have the time that was left.
    /// The ids of new snapshots belong to a new [life](crate::SnapshotId::life), drawn at random.
    /// Two systems therefore never give out the same id, whichever snapshots they go on from.
    ///
    /// Messages that were in flight are handled before any message that is sent now. They include
    /// messages that waited for room, and injected messages. They are handled link by link, each
    /// link in its order, the environment link last. **The order in which messages of different
    /// links had arrived is not kept**, since a snapshot records each link separately. A node that
    /// had messages of several links waiting may therefore handle them in another order. A delay on
    /// a link could have caused that order too.
    ///
    /// To leave out a message, or change a state, [edit](GlobalSnapshot::edit) the snapshot first.
    /// With the feature `checkpoint`, `restore_from` starts a system from a snapshot that was kept
    /// in a file.
    ///
    /// ```
    /// # use consistent_cut::{Context, Link, NodeId, Process, Restore, System, Topology};
    /// /// Adds up what comes.
    /// struct Sum(u64);
    ///
    /// impl Process for Sum {
    ///     type State = u64;
    ///     type Message = u64;
    ///     fn on_message(&mut self, _: Link, number: u64, _: &mut Context<'_, u64>) {
    ///         self.0 += number;
    ///     }
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
    /// // Some of the ten numbers are added up, and the others are in flight.
    /// let last = system.snapshot_and_stop()?;
    ///
    /// let again = System::builder(topology).restore(&last, |_| Sum(0))?;
    /// while *again.snapshot()?.state(NodeId::new(0)) < 55 {}
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the snapshot does not fit the topology: the error names the node or link that does not
    /// fit. Otherwise as [`spawn`](Self::spawn).
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
        let mut start = |node| {
            // A snapshot that fits has an image of each node.
            let image = snapshot.image(node)?;
            let start = |core: &mut NodeCore<P>| core.restore(image);
            Ok((process(node), Box::new(start) as Start<P>))
        };
        self.launch(first_id_after(snapshot.highest_id())).start(Some(snapshot), &mut start)
    }

    fn launch(self, first_id: SnapshotId) -> Launch<P> {
        let SystemBuilder { topology, settings, digests, scribe, .. } = self;
        Launch { topology, settings, digests, scribe, first_id }
    }
}

/// A capacity; no limit if it is the largest number.
fn limit(messages: usize) -> u64 {
    if messages == usize::MAX { u64::MAX } else { messages as u64 }
}

/// The id of the first snapshot in a new life of a system. The system has given out ids up to
/// `highest`.
pub(crate) fn first_id_after(highest: SnapshotId) -> SnapshotId {
    let drawn = (random_number() >> 32) as u32 & SnapshotId::LAST_LIFE;
    let is_new = |life: &u32| ![0, highest.life()].contains(life);
    // At most two of three consecutive numbers are taken.
    let life = (0..3).map(|more| (drawn + more) & SnapshotId::LAST_LIFE).find(is_new);
    SnapshotId::new(highest.number() + 1).in_life(life.unwrap_or(1))
}

impl<P: Process> Clone for SystemBuilder<P> {
    fn clone(&self) -> Self {
        let (topology, settings) = (Arc::clone(&self.topology), self.settings.clone());
        SystemBuilder { topology, settings, process: PhantomData, ..*self }
    }
}

impl<P: Process> fmt::Debug for SystemBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemBuilder")
            .field("topology", &format_args!("{}", self.topology))
            .field("settings", &self.settings)
            .finish()
    }
}
