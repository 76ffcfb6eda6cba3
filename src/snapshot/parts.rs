//! The parts of a snapshot, and a snapshot that is made of parts.

use std::sync::Arc;

use thiserror::Error;

use super::{ChannelState, GlobalSnapshot, OutputState, PendingTimer, Timings, VerifyError};
use crate::driver::NodeFailure;
use crate::id::{LinkId, NodeId, SnapshotId};
use crate::topology::{NamedLink, NamedNode, Topology, counted};

/// The parts of a snapshot, for a store of your own. [`GlobalSnapshot::into_parts`] takes a
/// snapshot apart, and [`GlobalSnapshot::from_parts`] makes one again.
#[derive(Clone, Debug)]
pub struct SnapshotParts<S, M> {
    /// The snapshot's id.
    pub id: SnapshotId,
    /// The highest id begun by the time at which the snapshot was complete.
    pub highest_id: SnapshotId,
    /// The topology of the recorded system.
    pub topology: Arc<Topology>,
    /// The nodes that were asked to start the snapshot.
    pub initiators: Vec<NodeId>,
    /// All nodes that had not failed, by id.
    pub nodes: Vec<RecordedNode<S, M>>,
    /// The nodes that had failed, in the order in which they failed.
    pub failures: Vec<NodeFailure>,
    /// By id: the links of the topology, then the environment links.
    pub channels: Vec<ChannelState<M>>,
    /// The times at which the parts were recorded.
    pub timings: Timings,
    /// Whether the snapshot [was edited](GlobalSnapshot::is_edited).
    pub is_edited: bool,
}

/// One node as a snapshot recorded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedNode<S, M> {
    /// The node.
    pub node: NodeId,
    /// The node's state.
    pub state: S,
    /// Whether the node had stopped.
    pub stopped: bool,
    /// Whether the node had stopped and drained its in-links.
    pub drains: bool,
    /// The pending timers, by id.
    pub timers: Vec<PendingTimer>,
    /// The messages that the node had emitted.
    pub output: OutputState<M>,
}

impl<S, M> GlobalSnapshot<S, M> {
    /// Makes a snapshot of parts that were stored or sent. The parts are checked: the snapshot has
    /// each node and each link of its topology once, and obeys the [channel law](Self::verify).
    ///
    /// ```
    /// # use consistent_cut::{ChannelState, Context, GlobalSnapshot, Link};
    /// # use consistent_cut::{PartsError, Process, System, Topology};
    /// # struct Idle;
    /// # impl Process for Idle {
    /// #     type State = u64;
    /// #     type Message = u64;
    /// #     fn on_message(&mut self, _: Link, _: u64, _: &mut Context<'_, u64>) {}
    /// #     fn state(&self) -> u64 { 7 }
    /// # }
    /// # let system = System::builder(Topology::ring(2)?).spawn(|_| Idle)?;
    /// # let snapshot = system.snapshot_and_stop()?;
    /// let mut parts = (*snapshot).clone().into_parts();
    /// let again = GlobalSnapshot::from_parts(parts.clone())?;
    /// assert_eq!(again.to_string(), snapshot.to_string());
    ///
    /// // One message was sent, none was received, and none is in flight.
    /// let link = parts.channels[0].link();
    /// parts.channels[0] = ChannelState::new(link, 1, 0, Vec::new());
    /// assert!(matches!(GlobalSnapshot::from_parts(parts), Err(PartsError::Law(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The error names the first node or link at which the parts do not fit together.
    pub fn from_parts(parts: SnapshotParts<S, M>) -> Result<Self, PartsError> {
        parts.check_ids()?;
        parts.check_nodes()?;
        parts.check_links()?;
        let snapshot = GlobalSnapshot(parts);
        snapshot.verify()?;
        Ok(snapshot)
    }

    /// Takes the snapshot apart.
    #[must_use]
    pub fn into_parts(self) -> SnapshotParts<S, M> {
        self.0
    }

    /// The parts of the snapshot.
    #[must_use]
    pub fn parts(&self) -> &SnapshotParts<S, M> {
        &self.0
    }
}

impl<S, M> SnapshotParts<S, M> {
    fn check_ids(&self) -> Result<(), PartsError> {
        let (id, highest_id) = (self.id, self.highest_id);
        if id > highest_id {
            return Err(PartsError::IdTooHigh { id, highest_id });
        }
        match self.initiators.iter().find(|&&node| !self.topology.contains(node)) {
            Some(&node) => Err(self.unknown(node)),
            None => Ok(()),
        }
    }

    /// Checks that each node has one part: a recorded state or a failure.
    fn check_nodes(&self) -> Result<(), PartsError> {
        let recorded = self.nodes.iter().map(|recorded| recorded.node);
        let failed = self.failures.iter().map(|failure| failure.node.id);
        let timed = self.timings.nodes().iter().map(|timing| timing.node);
        let mut all = recorded.clone().chain(failed).chain(timed);
        if let Some(node) = all.find(|&node| !self.topology.contains(node)) {
            return Err(self.unknown(node));
        }
        let failed = self.failures.iter().map(|failure| &failure.node);
        for given in failed.filter(|node| node.name.is_some()) {
            let node = self.topology.named(given.id);
            if node != *given {
                return Err(PartsError::OtherName { node, given: given.clone() });
            }
        }
        for pair in self.nodes.windows(2) {
            if pair[0].node >= pair[1].node {
                return Err(PartsError::NodesOutOfOrder {
                    node: self.topology.named(pair[1].node),
                });
            }
        }
        let mut count = vec![0_u32; self.topology.node_count()];
        let failed = self.failures.iter().map(|failure| failure.node.id);
        recorded.chain(failed).for_each(|node| count[node.index()] += 1);
        match self.topology.nodes().find(|node| count[node.index()] != 1) {
            Some(node) if count[node.index()] == 0 => {
                Err(PartsError::NodeMissing { node: self.topology.named(node) })
            }
            Some(node) => Err(PartsError::NodeTwice { node: self.topology.named(node) }),
            None => self.nodes.iter().try_for_each(|recorded| self.check_node(recorded)),
        }
    }

    fn check_node(&self, recorded: &RecordedNode<S, M>) -> Result<(), PartsError> {
        let node = || self.topology.named(recorded.node);
        let in_order = recorded.timers.windows(2).all(|pair| pair[0].timer < pair[1].timer);
        let untaken = recorded.output.untaken().len();
        if !in_order {
            return Err(PartsError::TimersOutOfOrder { node: node() });
        }
        if recorded.drains && !recorded.stopped {
            return Err(PartsError::DrainsWhileRunning { node: node() });
        }
        if recorded.output.emitted() < untaken as u64 {
            let emitted = recorded.output.emitted();
            return Err(PartsError::EmittedTooFew { node: node(), emitted, untaken });
        }
        Ok(())
    }

    /// Checks that each link has one state, in its place.
    fn check_links(&self) -> Result<(), PartsError> {
        let expected = self.topology.link_count() + self.topology.node_count();
        if self.channels.len() != expected {
            let given = self.channels.len();
            return Err(PartsError::OtherLinks { expected, given });
        }
        let mut pairs = self.topology.all_links().zip(&self.channels);
        match pairs.find(|(link, channel)| channel.link() != *link) {
            Some((link, channel)) => {
                let (link, given) = (self.topology.named_link(link), channel.link().id);
                Err(PartsError::OtherLink { link, given })
            }
            None => Ok(()),
        }
    }

    fn unknown(&self, node: NodeId) -> PartsError {
        PartsError::UnknownNode { node, nodes: self.topology.node_count() }
    }
}

/// The reason why parts do not make a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PartsError {
    /// The snapshot's own id is higher than the highest id.
    #[error("{id} is above {highest_id}, the highest id given out: raise the highest id")]
    IdTooHigh {
        /// The snapshot's id.
        id: SnapshotId,
        /// The highest id.
        highest_id: SnapshotId,
    },
    /// A part is of a node that is not in the topology.
    #[error("{node} is not in the topology, which has {}: leave its parts out", counted(*.nodes, "node"))]
    UnknownNode {
        /// The node.
        node: NodeId,
        /// How many nodes there are.
        nodes: usize,
    },
    /// A failure gives its node another name than the topology does.
    #[error(
        "a failure is of {given}, and the topology has {node}: give the topology's name, or none"
    )]
    OtherName {
        /// The node, with the name that the topology gives it.
        node: NamedNode,
        /// The node, with the name that the failure gives it.
        given: NamedNode,
    },
    /// A node has no state and has not failed.
    #[error("{node} has neither a state nor a failure: give it one of the two")]
    NodeMissing {
        /// The first such node.
        node: NamedNode,
    },
    /// A node has a state and a failure, or two failures.
    #[error("{node} has more than one part: keep one state or one failure")]
    NodeTwice {
        /// The first such node.
        node: NamedNode,
    },
    /// The recorded nodes are not in the order of their ids, each once.
    #[error("{node} is out of order: put recorded nodes in the order of their ids, each once")]
    NodesOutOfOrder {
        /// The first such node.
        node: NamedNode,
    },
    /// The timers of a node are not in the order of their ids, each once.
    #[error("the timers of {node} are not in the order of their ids, each once: sort them")]
    TimersOutOfOrder {
        /// The node.
        node: NamedNode,
    },
    /// A node drains its in-links and has not stopped.
    #[error("{node} drains its in-links and has not stopped: mark it as stopped too")]
    DrainsWhileRunning {
        /// The node.
        node: NamedNode,
    },
    /// A node has more messages that were not taken than it has emitted.
    #[error("{node} has emitted {emitted} messages, and {untaken} were not taken: raise the count")]
    EmittedTooFew {
        /// The node.
        node: NamedNode,
        /// How many messages the node has emitted.
        emitted: u64,
        /// How many of these were not taken.
        untaken: usize,
    },
    /// The number of states of links is not the number of links.
    #[error(
        "there are states of {given} links, and the topology has {expected}, environment links included: give each link one state"
    )]
    OtherLinks {
        /// How many links there are.
        expected: usize,
        /// How many states of links are given.
        given: usize,
    },
    /// In the place of a link's state there is the state of another link.
    #[error(
        "in the place of {link} stands a state of {given}: sort the states by id, with the ends that the topology has"
    )]
    OtherLink {
        /// The first link whose state is not in its place.
        link: NamedLink,
        /// The link whose state is there. If it has the same number, its ends differ.
        given: LinkId,
    },
    /// A link breaks the channel law.
    #[error(transparent)]
    Law(#[from] VerifyError),
}
