//! Every channel, gauge and bell of a system.

use std::sync::Arc;

use super::settings::Capacities;
use crate::runtime::link::bell::Bell;
use crate::runtime::link::command::CommandPort;
use crate::runtime::link::gauge::Gauge;
use crate::runtime::link::outlet::Outlets;
use crate::runtime::link::receiver::{LinkReceiver, Receivers};
use crate::runtime::link::sender::{LinkSender, Senders};
use crate::runtime::node::entrance::Entrance;
use crate::runtime::node::port::{InEnvironment, NodePort, Outside};
use crate::snapshot::{GlobalSnapshot, OutputState};
use crate::sync::channel;
use crate::topology::{Link, Topology};

/// The parts that the nodes hold, and the parts that observers look at.
pub(super) struct Wiring<M> {
    pub(super) ends: Vec<Ends<M>>,
    /// By link: the topology's links, and then the environment links.
    pub(super) gauges: Vec<Arc<Gauge>>,
    pub(super) outlets: Arc<Outlets<M>>,
}

/// The parts that one node holds.
pub(super) struct Ends<M> {
    pub(super) port: NodePort<M>,
    pub(super) receivers: Receivers<M>,
    pub(super) senders: Senders<M>,
    pub(super) outside: Outside<M>,
    pub(super) bell: Arc<Bell>,
}

impl<M> Wiring<M> {
    /// Makes the links in the order of their ids, so that each node has them by slot. If there is a
    /// snapshot, counts and emitted messages continue from it.
    pub(super) fn new<S>(
        topology: &Topology,
        capacities: &Capacities,
        from: Option<&GlobalSnapshot<S, M>>,
    ) -> Self
    where
        M: Clone,
    {
        let gauge = |link: &Link| {
            let channel = from.map(|snapshot| snapshot.channel(link.id));
            let (sent, received) = channel.map_or((0, 0), |link| (link.sent(), link.received()));
            Gauge::new(capacities.of(link), sent, received)
        };
        let mut gauges: Vec<_> = topology.links().iter().map(gauge).collect();
        let environment = topology.nodes().filter_map(|node| topology.environment_link(node));
        let ends_of = |link: Link| {
            let degrees =
                (topology.in_links(link.target).len(), topology.out_links(link.target).len());
            Ends::new(&link, degrees, gauge(&link))
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
        gauges.extend(ends.iter().map(|ends| Arc::clone(ends.port.entrance.gauge())));
        let bells = ends.iter().map(|ends| Arc::clone(&ends.bell));
        let outlets = Outlets::new(bells, capacities.output, |node| {
            let recorded = from.and_then(|snapshot| snapshot.output(node));
            recorded.cloned().unwrap_or_else(|| OutputState::new(0, Vec::new()))
        });
        Wiring { ends, gauges, outlets }
    }
}

impl<M> Ends<M> {
    fn new(environment_link: &Link, (ins, outs): (usize, usize), gauge: Arc<Gauge>) -> Self {
        let (commands, commands_rx) = channel();
        let (environment, rx) = channel();
        let bell = Arc::new(Bell::new());
        let entrance = Arc::new(Entrance::new(gauge));
        let environment_rx = InEnvironment {
            id: environment_link.id,
            rx,
            entrance: Arc::clone(&entrance),
            is_touched: false,
        };
        Ends {
            port: NodePort {
                commands: CommandPort::new(commands, Arc::clone(&bell)),
                environment,
                entrance,
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
