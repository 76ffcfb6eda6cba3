//! Every channel, gauge and bell of a system.

use std::sync::Arc;

use super::settings::Capacities;
use crate::id::LinkId;
use crate::runtime::link::bell::Bell;
use crate::runtime::link::command::CommandPort;
use crate::runtime::link::gauge::Gauge;
use crate::runtime::link::receiver::{LinkReceiver, Receivers};
use crate::runtime::link::sender::{LinkSender, Senders};
use crate::runtime::node::port::{InEnvironment, NodePort, Outside};
use crate::sync::channel;
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
    pub(super) receivers: Receivers<M>,
    pub(super) senders: Senders<M>,
    pub(super) outside: Outside<M>,
    pub(super) bell: Arc<Bell>,
}

impl<M> Wiring<M> {
    /// Links are handed out by id, so that they stand at each node by slot. `counts` tells how many
    /// messages of a link were sent and received in an earlier life.
    pub(super) fn new(
        topology: &Topology,
        capacities: &Capacities,
        counts: impl Fn(LinkId) -> (u64, u64),
    ) -> Self {
        let gauge = |link: &Link, capacity| {
            let (sent, received) = counts(link.id);
            Gauge::new(capacity, sent, received)
        };
        let mut gauges: Vec<_> =
            topology.links().iter().map(|link| gauge(link, capacities.of(link))).collect();
        let environment = topology.nodes().filter_map(|node| topology.environment_link(node));
        let ends_of = |link: Link| {
            let degrees =
                (topology.in_links(link.target).len(), topology.out_links(link.target).len());
            Ends::new(&link, degrees, gauge(&link, u64::MAX))
        };
        let mut ends: Vec<Ends<M>> = environment.map(ends_of).collect();

        for (link, gauge) in topology.links().iter().zip(&gauges) {
            let (tx, rx) = channel();
            let back = ends[link.source.index()].port.commands.clone();
            let target = &mut ends[link.target.index()];
            let receiver = LinkReceiver::new(link.id, rx, Arc::clone(gauge), back);
            let (bell, mark) = (Arc::clone(&target.bell), target.receivers.add(receiver));
            let sender =
                LinkSender::new(tx, (bell, link.source == link.target), mark, Arc::clone(gauge));
            ends[link.source.index()].senders.add(sender);
        }
        gauges.extend(ends.iter().map(|ends| Arc::clone(&ends.port.gauge)));
        Wiring { ends, gauges }
    }
}

impl<M> Ends<M> {
    fn new(environment_link: &Link, (ins, outs): (usize, usize), gauge: Arc<Gauge>) -> Self {
        let (commands, commands_rx) = channel();
        let (environment, rx) = channel();
        let bell = Arc::new(Bell::new());
        let environment_rx = InEnvironment {
            id: environment_link.id,
            rx,
            gauge: Arc::clone(&gauge),
            is_touched: false,
        };
        Ends {
            port: NodePort {
                commands: CommandPort::new(commands, Arc::clone(&bell)),
                environment,
                gauge,
                bell: Arc::clone(&bell),
            },
            receivers: Receivers::new(ins),
            senders: Senders::new(outs),
            outside: Outside {
                commands: commands_rx,
                environment: environment_rx,
                is_shut_down: false,
            },
            bell,
        }
    }
}
