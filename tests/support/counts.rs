//! The numbers of messages that a node has sent and received on each link, as its process itself
//! counts them.

use consistent_cut::{LinkId, NodeId, Topology};

#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(crate) struct Counts {
    /// By out-slot.
    pub(crate) sent: Vec<u64>,
    /// By in-slot; the environment link is the last.
    pub(crate) received: Vec<u64>,
}

impl Counts {
    pub(crate) fn new(node: NodeId, topology: &Topology) -> Self {
        Counts {
            sent: vec![0; topology.out_links(node).len()],
            received: vec![0; topology.in_links(node).len() + 1],
        }
    }

    /// Counts one more message sent on `link`, and returns its number, from 1.
    pub(crate) fn send(&mut self, topology: &Topology, link: LinkId) -> u64 {
        let sent = &mut self.sent[topology.out_slot(link).expect("a link of the topology")];
        *sent += 1;
        *sent
    }

    /// Counts one more message received on `link`, and returns the number that it must have.
    pub(crate) fn receive(&mut self, topology: &Topology, link: LinkId) -> u64 {
        let received = &mut self.received[topology.in_slot(link).expect("a link of the topology")];
        *received += 1;
        *received
    }

    /// Messages received, on all links together.
    pub(crate) fn handled(&self) -> u64 {
        self.received.iter().sum()
    }

    /// Messages received from outside.
    pub(crate) fn injected(&self) -> u64 {
        *self.received.last().expect("the environment link is always there")
    }

    /// Messages received from nodes.
    pub(crate) fn received_from_nodes(&self) -> u64 {
        self.handled() - self.injected()
    }
}
