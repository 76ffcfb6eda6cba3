//! Puts a system together: links, bells, threads.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::bell::Bell;
use super::channel::link_channel;
use super::clock::Clock;
use super::coordinator::{Coordinator, Desk};
use super::handle::System;
use super::link::{InLink, NodePort, OutLinks};
use super::node_thread::{InEnvironment, Inner, NodeThread, Outside};
use super::threads::Threads;
use crate::error::SpawnError;
use crate::id::NodeId;
use crate::process::Process;
use crate::protocol::{Envelope, MarkerPolicy, NodeCore};
use crate::sync::{LEAST_ROOM, MOST_ROOM, channel};
use crate::topology::Topology;

/// Settings of a system, and its start. Made by [`System::builder`].
pub struct SystemBuilder<P> {
    topology: Arc<Topology>,
    policy: MarkerPolicy,
    stack_size: Option<usize>,
    remembered: usize,
    process: PhantomData<fn() -> P>,
}

impl<P: Process> SystemBuilder<P> {
    pub(super) fn new(topology: Arc<Topology>) -> Self {
        SystemBuilder {
            topology,
            policy: MarkerPolicy::default(),
            stack_size: None,
            remembered: 16,
            process: PhantomData,
        }
    }

    /// When nodes handle markers. [`MarkerPolicy::Overtaking`] if not set.
    #[must_use]
    pub fn marker_policy(mut self, policy: MarkerPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// The stack of each node's thread, in bytes. The operating system's usual if not set (2 MiB in Rust); with
    /// thousands of nodes a smaller one saves address space, and memory where the stack is touched.
    #[must_use]
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// How many ended snapshots the system remembers for [`System::history`] and [`System::find_snapshot`].
    /// 16 if not set; each keeps its states and messages in memory.
    #[must_use]
    pub fn history(mut self, snapshots: usize) -> Self {
        self.remembered = snapshots;
        self
    }

    /// Starts the system: calls `process` for each node in order, then starts the threads.
    ///
    /// # Errors
    /// If the operating system gives no thread; those that had started are joined. Some limits of the operating
    /// system are not reported: on Linux a process that runs out of memory maps (`vm.max_map_count`, by default
    /// 65,530, of which a thread takes about four) is aborted by the standard library: at some 16,000 nodes.
    pub fn spawn(self, mut process: impl FnMut(NodeId) -> P) -> Result<System<P>, SpawnError> {
        let SystemBuilder { topology, policy, stack_size, .. } = self;
        let (coordinator, events) = channel();
        let desk = Arc::new(Desk::new(self.remembered));
        let clock = Clock::start();

        let mut ports = Vec::with_capacity(topology.node_count());
        let mut nodes = Vec::with_capacity(topology.node_count());
        for (node, ends) in topology.nodes().zip(wire(&topology)) {
            ports.push(ends.port);
            let inner = Inner {
                node,
                core: NodeCore::new(node, Arc::clone(&topology), process(node), policy),
                topology: Arc::clone(&topology),
                out_links: ends.out_links,
                outside: ends.outside,
                bell: ends.bell,
                coordinator: coordinator.clone(),
                clock,
            };
            nodes.push(NodeThread { in_links: ends.in_links, inner });
        }
        let collecting = Coordinator::new(
            events,
            Arc::clone(&topology),
            ports.clone(),
            Arc::clone(&desk),
            clock,
        );

        let mut threads = Threads::new(stack_size);
        let started = threads.start(collecting, nodes);
        let system = System::new(topology, coordinator, ports, desk, threads);
        // On an error the system is dropped, and with it every thread that did start.
        started.map(|()| system)
    }
}

/// What one node holds of the system's wiring.
struct Ends<M> {
    port: NodePort<M>,
    in_links: Vec<InLink<M>>,
    out_links: OutLinks<M>,
    outside: Outside<M>,
    bell: Arc<Bell>,
}

/// Makes every channel and bell. Links are handed out by id, so that they stand at each node by slot.
fn wire<M>(topology: &Topology) -> Vec<Ends<M>> {
    let mut ends: Vec<Ends<M>> = topology.nodes().map(|node| Ends::of(node, topology)).collect();
    let room = room_for::<M>(topology.link_count());
    for link in topology.links() {
        let (tx, rx) = link_channel(room);
        let target = Arc::clone(&ends[link.target.index()].bell);
        ends[link.source.index()].out_links.add(tx, target);
        ends[link.target.index()].in_links.push(InLink { id: link.id, rx });
    }
    ends
}

/// The room of each link's quick channel. It takes its memory when the system starts, so with many links, or large
/// messages, there is less.
fn room_for<M>(links: usize) -> usize {
    const ALL_LINKS: usize = 64 << 20;
    let bytes = ALL_LINKS / links.max(1);
    (bytes / size_of::<Envelope<M>>()).clamp(LEAST_ROOM, MOST_ROOM)
}

impl<M> Ends<M> {
    fn of(node: NodeId, topology: &Topology) -> Self {
        let (commands, commands_rx) = channel();
        let (environment, environment_rx) = channel();
        let bell = Arc::new(Bell::new());
        let environment_link = topology.environment_link(node);
        let id = environment_link.expect("every node of a topology has one").id;
        Ends {
            port: NodePort { commands, environment, bell: Arc::clone(&bell) },
            in_links: Vec::with_capacity(topology.in_links(node).len()),
            out_links: OutLinks::with_capacity(topology.out_links(node).len()),
            outside: Outside {
                commands: commands_rx,
                environment: InEnvironment { id, rx: environment_rx },
                is_shut_down: false,
            },
            bell,
        }
    }
}

impl<P> fmt::Debug for SystemBuilder<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SystemBuilder")
            .field("topology", &format_args!("{}", self.topology))
            .field("policy", &self.policy)
            .field("stack_size", &self.stack_size)
            .field("history", &self.remembered)
            .finish()
    }
}
