//! The coordinator's way to the nodes.

use std::sync::Arc;

use crate::id::NodeId;
use crate::runtime::link::command::Command;
use crate::runtime::node::port::NodePort;
use crate::runtime::node::requests::Requests;

/// The nodes of a system, as the coordinator reaches them. Every command reaches its node in the
/// order of the calls.
pub(crate) trait Nodes {
    /// Whether a snapshot whose initiators no caller has named begins at every node. Otherwise it
    /// begins at as few nodes as possible.
    const BEGIN_EVERYWHERE: bool = false;

    /// Sends a command to a node. A node that has failed does not receive it; its event has come or
    /// will come.
    fn command(&self, node: NodeId, command: Command);

    /// Sends a command to every node.
    fn command_all(&self, command: Command);

    /// Callers that wait for room on an environment link look whether there will be any.
    fn let_callers_look(&self);

    /// Notes that a snapshot will answer the requests of a node's process so far. Called before any
    /// initiator is told to begin the snapshot.
    fn answer(&self, node: NodeId);
}

/// Nodes that have a thread each.
pub(crate) struct NodePorts<M> {
    pub(crate) ports: Vec<NodePort<M>>,
    /// Shared with the nodes.
    pub(crate) requests: Arc<Requests>,
}

impl<M> Nodes for NodePorts<M> {
    fn command(&self, node: NodeId, command: Command) {
        self.ports[node.index()].command(command);
    }

    fn command_all(&self, command: Command) {
        for port in &self.ports {
            port.command(command);
        }
    }

    fn let_callers_look(&self) {
        self.ports.iter().for_each(|port| port.entrance.look_again());
    }

    fn answer(&self, node: NodeId) {
        self.requests.answer(node);
    }
}
