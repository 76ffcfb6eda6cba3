//! Every channel, gauge and bell of a system.

use std::sync::Arc;

use super::settings::Capacities;
use crate::id::LinkId;
use crate::protocol::Envelope;
use crate::runtime::link::bell::Bell;
use crate::runtime::link::channel::link_channel;
use crate::runtime::link::command::CommandPort;
use crate::runtime::link::gauge::Gauge;
use crate::runtime::link::receiver::{InLink, InLinks};
use crate::runtime::link::sender::OutLinks;
use crate::runtime::node::port::{InEnvironment, NodePort, Outside};
use crate::sync::{LEAST_ROOM, MOST_ROOM, channel};
use crate::topology::{Link, Topology};

/// What the nodes hold, and what observers look at.
pub(super) struct Wiring<M> {
    pub(super) ends: Vec<Ends<M>>,
    /// By link; behind the topology's links the environment links.
    pub(super) gauges: Vec<Arc<Gauge>>,
}

/// What one node holds of the system's wiring.
pub(super) struct Ends<M> {
    pub(super) port: NodePort<M>,
    pub(super) in_links: InLinks<M>,
    pub(super) out_links: OutLinks<M>,
    pub(super) outside: Outside<M>,
    pub(super) bell: Arc<Bell>,
}

impl<M> Wiring<M> {
    /// Links are handed out by id, so that they stand at each node by slot. `counts` tells how many messages of a link were sent
    /// and processed in an earlier life.
    pub(super) fn new(
        topology: &Topology,
        capacities: &Capacities,
        counts: impl Fn(LinkId) -> (u64, u64),
    ) -> Self {
        let gauge = |link: &Link, capacity| {
            let (sent, processed) = counts(link.id);
            Gauge::new(capacity, sent, processed)
        };
        let mut gauges: Vec<_> =
            topology.links().iter().map(|link| gauge(link, capacities.of(link))).collect();
        let environment = topology.nodes().filter_map(|node| topology.environment_link(node));
        let ends_of = |link: Link| {
            Ends::new(&link, topology.in_links(link.target).len(), gauge(&link, u64::MAX))
        };
        let mut ends: Vec<Ends<M>> = environment.map(ends_of).collect();

        let room = room_for::<M>(topology.link_count());
        for (link, gauge) in topology.links().iter().zip(&gauges) {
            let (tx, rx) = link_channel(room);
            let sender = ends[link.source.index()].port.commands.clone();
            let target = Arc::clone(&ends[link.target.index()].bell);
            let gauge = Arc::clone(gauge);
            let in_link = InLink { id: link.id, rx, gauge: Arc::clone(&gauge), sender };
            let mark = ends[link.target.index()].in_links.add(in_link);
            ends[link.source.index()].out_links.add(tx, target, mark, gauge);
        }
        gauges.extend(ends.iter().map(|ends| Arc::clone(&ends.port.gauge)));
        Wiring { ends, gauges }
    }
}

impl<M> Ends<M> {
    fn new(environment_link: &Link, in_degree: usize, gauge: Arc<Gauge>) -> Self {
        let (commands, commands_rx) = channel();
        let (environment, rx) = channel();
        let bell = Arc::new(Bell::new());
        let environment_rx = InEnvironment {
            id: environment_link.id,
            rx,
            gauge: Arc::clone(&gauge),
            bell: Arc::clone(&bell),
        };
        Ends {
            port: NodePort {
                commands: CommandPort::new(commands, Arc::clone(&bell)),
                environment,
                gauge,
                bell: Arc::clone(&bell),
            },
            in_links: InLinks::new(in_degree),
            out_links: OutLinks::new(),
            outside: Outside {
                commands: commands_rx,
                environment: environment_rx,
                is_shut_down: false,
            },
            bell,
        }
    }
}

/// The room of each link's quick channel. It takes its memory when the system starts, so with many links, or large
/// messages, there is less.
fn room_for<M>(links: usize) -> usize {
    const ALL_LINKS: usize = 64 << 20;
    let bytes = ALL_LINKS / links.max(1);
    // Each place has a stamp beside the envelope.
    (bytes / (size_of::<Envelope<M>>() + size_of::<usize>())).clamp(LEAST_ROOM, MOST_ROOM)
}
