//! The part of a snapshot from which one node goes on.

use std::fmt;

use super::{GlobalSnapshot, PendingTimer};
use crate::id::NodeId;
use crate::snapshot::RestoreError;
use crate::topology::{Difference, Renamed, Topology};

/// One node as a snapshot recorded it, with the node's ends of its links, for
/// [`NodeCore::restore`](crate::protocol::NodeCore::restore).
#[derive(Clone)]
pub struct NodeImage<S, M> {
    pub(crate) node: NodeId,
    pub(crate) state: S,
    pub(crate) stopped: bool,
    pub(crate) drains: bool,
    pub(crate) timers: Vec<PendingTimer>,
    /// For each out-link by slot: how many messages were sent, and how many of these the receiver
    /// had received.
    pub(crate) out_links: Vec<(u64, u64)>,
    /// For each in-link by slot, the environment link last: how many messages were received, and
    /// the messages in flight.
    pub(crate) in_links: Vec<(u64, Vec<M>)>,
    /// The number of messages that were emitted, and the number of these that were taken.
    pub(crate) output: (u64, u64),
    /// How many messages were injected.
    pub(crate) injected: u64,
}

impl<S: Clone, M: Clone> GlobalSnapshot<S, M> {
    /// The part of this snapshot from which `node` goes on. Messages in flight are kept link by
    /// link: the order of arrival of messages of different links is not recorded.
    ///
    /// # Errors
    /// If the node had failed, or is not in the snapshot's topology.
    pub fn image(&self, node: NodeId) -> Result<NodeImage<S, M>, RestoreError> {
        let topology = self.topology();
        let (Some(recorded), Some(environment)) =
            (self.recorded(node), topology.environment_link(node))
        else {
            return Err(match self.failure(node) {
                Some(failure) => RestoreError::NodeFailed { failure: failure.clone() },
                None => RestoreError::UnknownNode { node, nodes: topology.node_count() },
            });
        };
        let counts = |link| (self.channel(link).sent, self.channel(link).received);
        let in_flight = |link| (self.channel(link).received, self.channel(link).messages.clone());
        let in_links = topology.in_links(node).iter().chain([&environment]);
        Ok(NodeImage {
            node,
            state: recorded.state.clone(),
            stopped: recorded.stopped,
            drains: recorded.drains,
            timers: recorded.timers.clone(),
            output: (recorded.output.emitted(), recorded.output.taken()),
            out_links: topology.out_links(node).iter().map(|link| counts(link.id)).collect(),
            in_links: in_links.map(|link| in_flight(link.id)).collect(),
            injected: self.channel(environment.id).sent,
        })
    }
}

impl<S, M> GlobalSnapshot<S, M> {
    /// Checks that a system of this topology can go on from this snapshot: the topology has the
    /// same nodes and links by number, and no node had failed. If both topologies have names, each
    /// node must have the same name in both. A topology without names fits by number alone.
    ///
    /// # Errors
    /// The error names the first node or link that does not fit.
    pub fn check_fits(&self, topology: &Topology) -> Result<(), RestoreError> {
        match self.topology().difference(topology) {
            Some(Difference::Nodes(recorded, given)) => {
                return Err(RestoreError::OtherNodes { recorded, given });
            }
            Some(Difference::Link(recorded, given)) => {
                let (recorded, given) = (recorded.to_string(), given.to_string());
                return Err(RestoreError::OtherLink { recorded, given });
            }
            None => {}
        }
        if let Some(Renamed { node, names, others }) = self.topology().renamed(topology) {
            let [recorded, given] = names.map(str::to_owned);
            return Err(RestoreError::OtherName { node, recorded, given, others });
        }
        match self.failures().first() {
            Some(failure) => Err(RestoreError::NodeFailed { failure: failure.clone() }),
            None => Ok(()),
        }
    }
}

impl<S, M> fmt::Debug for NodeImage<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NodeImage").field("node", &self.node).finish_non_exhaustive()
    }
}
