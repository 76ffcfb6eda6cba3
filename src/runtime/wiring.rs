//! Every channel, gauge and bell of a system.

use std::sync::Arc;

use super::bell::Bell;
use super::channel::link_channel;
use super::gauge::Gauge;
use super::link::{InLink, OutLinks};
use super::outside::{InEnvironment, NodePort, Outside};
use super::settings::Capacities;
use crate::id::LinkId;
use crate::protocol::Envelope;
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
    pub(super) in_links: Vec<InLink<M>>,
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
        let mut ends: Vec<Ends<M>> =
            environment.map(|link| Ends::new(&link, gauge(&link, u64::MAX))).collect();

        let most_room = most_room::<M>(topology.link_count());
        for (link, gauge) in topology.links().iter().zip(&gauges) {
            let (tx, rx) = link_channel(room_for(gauge.capacity(), most_room));
            let [source, target] =
                [link.source, link.target].map(|end| Arc::clone(&ends[end.index()].bell));
            let gauge = Arc::clone(gauge);
            ends[link.source.index()].out_links.add(tx, target, Arc::clone(&gauge));
            ends[link.target.index()].in_links.push(InLink {
                id: link.id,
                rx,
                gauge,
                bell: source,
            });
        }
        gauges.extend(ends.iter().map(|ends| Arc::clone(&ends.port.gauge)));
        Wiring { ends, gauges }
    }
}

impl<M> Ends<M> {
    fn new(environment_link: &Link, gauge: Arc<Gauge>) -> Self {
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
            port: NodePort { commands, environment, gauge, bell: Arc::clone(&bell) },
            in_links: Vec::new(),
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

/// The room of a link's quick channel: what the link may hold, and a little for what is over that.
fn room_for(capacity: u64, most: usize) -> usize {
    const OVER: usize = 64;
    usize::try_from(capacity).unwrap_or(most).saturating_add(OVER).min(most)
}

/// The room that a quick channel may have. It takes its memory when the system starts, so with many links, or large
/// messages, there is less.
fn most_room<M>(links: usize) -> usize {
    const ALL_LINKS: usize = 64 << 20;
    let bytes = ALL_LINKS / links.max(1);
    (bytes / size_of::<Envelope<M>>()).clamp(LEAST_ROOM, MOST_ROOM)
}
