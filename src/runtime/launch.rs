//! Makes the parts of a system, and starts its threads.

use std::sync::Arc;

use super::clock::Clock;
use super::own_thread::OwnThreads;
use super::settings::Settings;
use super::system::System;
use super::threads::Threads;
use super::wiring::{Ends, Wiring};
use crate::driver::SpawnError;
use crate::id::{NodeId, SnapshotId};
use crate::process::Process;
use crate::protocol::{CollectorCore, NodeCore, Scribe};
use crate::runtime::coordinator::client::{Client, Shared};
use crate::runtime::coordinator::nodes::NodePorts;
use crate::runtime::coordinator::registry::Registry;
use crate::runtime::coordinator::request::Event;
use crate::runtime::coordinator::thread::{Coordinator, Parts};
use crate::runtime::link::channel::full;
use crate::runtime::link::outlet::Outlet;
use crate::runtime::node::digest::Digests;
use crate::runtime::node::event::Tell;
use crate::runtime::node::pace::Pace;
use crate::runtime::node::questions::Questions;
use crate::runtime::node::requests::Requests;
use crate::runtime::node::thread::{NodeThread, Start};
use crate::snapshot::GlobalSnapshot;
use crate::sync::{Mutex, Sender, awaited_channel};
use crate::topology::Topology;

/// The parts from which a system is made.
pub(super) struct Launch<P: Process> {
    pub(super) topology: Arc<Topology>,
    pub(super) settings: Settings,
    pub(super) digests: Option<Digests<P::State, P::Message>>,
    pub(super) scribe: Option<Scribe<P::State, P::Message>>,
    /// The id of the first snapshot.
    pub(super) first_id: SnapshotId,
}

/// The parts that all nodes of a system share.
struct Common<P: Process> {
    tell: Tell<P::State, P::Message>,
    questions: Arc<Questions<P::Message>>,
    requests: Arc<Requests>,
    clock: Clock,
}

impl<P: Process> Launch<P> {
    /// Starts the system. If there is a snapshot, the system goes on from it. `start` makes the
    /// process of a node, and says how the node starts. It is a trait object, so that the many
    /// systems of a test share the code of their process.
    pub(super) fn start<E: From<SpawnError>>(
        self,
        from: Option<&GlobalSnapshot<P::State, P::Message>>,
        start: &mut dyn FnMut(NodeId) -> Result<(P, Start<P>), E>,
    ) -> Result<System<P>, E> {
        let clock = Clock::start();
        let (to_coordinator, events) = awaited_channel();
        let requests = Arc::new(Requests::new(self.topology.node_count()));
        let tell = tell(to_coordinator.clone());
        let client = Arc::new(self.client(to_coordinator));
        let questions = Arc::clone(&client.shared.questions);
        let common = Common { tell, questions, requests: Arc::clone(&requests), clock };
        let Wiring { ends, gauges, outlets } =
            Wiring::new(&self.topology, &self.settings.capacities, from);
        let ports: Vec<_> = ends.iter().map(|ends| ends.port.clone()).collect();

        let mut nodes = Vec::with_capacity(ends.len());
        for (node, ends) in self.topology.nodes().zip(ends) {
            let (process, start) = start(node)?;
            let outlet = Outlet::new(node, Arc::clone(&outlets));
            let thread = self.node(node, process, (ends, outlet), &common);
            // In a box: each move of it would take room on the stack of its thread.
            nodes.push((Box::new(thread), start));
        }
        let coordinator = Coordinator::new(Parts {
            topology: Arc::clone(&self.topology),
            shared: Arc::clone(&client.shared),
            nodes: NodePorts { ports: ports.clone(), requests },
            collector: self.collector(),
            on_failure: self.settings.coordinator.on_failure,
            digests: self.digests,
            clock,
        });

        let mut threads = Threads::new(self.settings.stack_size, client.own_threads);
        let started = threads.start(coordinator, events, nodes);
        let system = System {
            topology: self.topology,
            nodes: ports,
            gauges,
            outlets,
            inject_timeout: self.settings.inject_timeout,
            client,
            threads: Mutex::new(Some(threads)),
            logs: Mutex::new(self.settings.logs()),
        };
        // On an error the system is dropped, which ends every thread that did start.
        started?;
        Ok(system)
    }

    fn client(
        &self,
        coordinator: Sender<Event<P::State, P::Message>>,
    ) -> Client<P::State, P::Message> {
        let registry = Registry::new(self.first_id, &self.settings.coordinator);
        Client {
            shared: Arc::new(Shared::new(registry, Questions::new(self.first_id))),
            own_threads: OwnThreads::new(),
            coordinator,
            timeout: self.settings.coordinator.timeout,
        }
    }

    fn collector(&self) -> CollectorCore<P::State, P::Message> {
        let mut collector = CollectorCore::new(Arc::clone(&self.topology));
        for link in self.topology.links() {
            collector.set_capacity(link.id, self.settings.capacities.of(link));
        }
        collector
    }

    fn node(
        &self,
        node: NodeId,
        process: P,
        (ends, outlet): (Ends<P::Message>, Outlet<P::Message>),
        common: &Common<P>,
    ) -> NodeThread<P> {
        let Ends { receivers, senders, outside, bell, .. } = ends;
        let least = receivers.least_capacity().min(outside.environment.entrance.gauge().capacity());
        let pace = Pace::new(common.clock, least);
        NodeThread {
            node,
            topology: Arc::clone(&self.topology),
            core: self.core(node, process),
            receivers,
            senders,
            emptied: Vec::new(),
            outside,
            bell,
            tell: Arc::clone(&common.tell),
            outlet,
            questions: Arc::clone(&common.questions),
            requests: Arc::clone(&common.requests),
            digests: self.digests,
            clock: common.clock,
            pace,
            reports: Vec::new(),
        }
    }

    fn core(&self, node: NodeId, process: P) -> NodeCore<P> {
        let Launch { topology, settings, .. } = self;
        let mut core = NodeCore::new(node, Arc::clone(topology), process, settings.policy);
        core.keep_apart();
        for link in topology.out_links(node).iter().chain(topology.in_links(node)) {
            core.set_capacity(link.id, settings.capacities.of(link));
        }
        core.set_output_capacity(settings.capacities.output);
        core.limit_batches(full::<P::Message>());
        if settings.keeps_logs() {
            match self.scribe {
                None => core.keep_log(),
                Some(scribe) => core.keep_texts(scribe),
            }
        }
        core
    }
}

fn tell<S: Send + 'static, M: Send + 'static>(coordinator: Sender<Event<S, M>>) -> Tell<S, M> {
    Arc::new(move |event| {
        // See `Tell`.
        let _ = coordinator.send(Event::Node(event));
    })
}
